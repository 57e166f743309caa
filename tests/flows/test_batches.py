"""Batches as an application meets them: everyone once, the wrong ones named, held back when somebody says so."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from tests.flows.batch_client import BATCHES, BatchClient, as_csv, as_ndjson, people
from tests.flows.client import Client
from tests.flows.stack import Stack

Write = Callable[[list[dict[str, Any]]], bytes]
TOMORROW = (datetime.now(UTC) + timedelta(days=1)).isoformat()
WRONG = {"to": "010-12", "variables": {"name": "김", "order": "B-1"}}


@pytest.fixture(scope="module")
def batches(stack: Stack) -> BatchClient:
    return BatchClient(Client.register(stack.api))


def inbox(stack: Stack, order: str) -> list[str]:
    entries = requests.get(f"{stack.sandbox}/inbox.json", timeout=10).json()
    return [entry["to"] for entry in entries if f"주문 {order}-" in (entry["text"] or "")]


def test_everyone_gets_a_text_of_his_own_once(stack: Stack, batches: BatchClient) -> None:
    made = batches.made(recipients=people(250, "ONE"), reference="shipping-7")
    assert (made["status"], made["accepted"], made["rejected"], made["errors"]) == ("running", 250, 0, [])
    seen = batches.over(made["id"])
    assert seen["status"] == "finished"
    assert sum(seen["counts"].values()) == 250
    assert set(seen["counts"]) <= {"sent", "delivered"}
    assert seen["rate"] > 0
    assert sorted(inbox(stack, "ONE")) == [f"010{20000100 + number}" for number in range(250)]


def test_a_wrong_recipient_is_named_and_the_others_go(stack: Stack, batches: BatchClient) -> None:
    nameless = {"to": "01020000101", "variables": {"order": "TWO-9"}}
    made = batches.made(recipients=[*people(2, "TWO"), WRONG, nameless, "nobody"])
    assert (made["accepted"], made["rejected"]) == (2, 3)
    assert [(each["number"], each["field"]) for each in made["errors"]] == [(3, "to"), (4, "variables.name"), (5, "")]
    batches.over(made["id"])
    assert len(inbox(stack, "TWO")) == 2
    page = batches.ask("GET", made["id"], "/rejects").json()
    assert page["items"] == made["errors"]


def test_all_or_nothing_sends_nothing_and_says_why(stack: Stack, batches: BatchClient) -> None:
    answer = batches.make(key="all-1", recipients=[*people(2, "THREE"), WRONG], all_or_nothing=True)
    assert (answer.status_code, answer.json()["code"]) == (422, "4220121")
    assert [each["field"] for each in answer.json()["errors"]] == ["recipients.3.to"]
    again = batches.make(key="all-1", recipients=[*people(2, "THREE"), WRONG], all_or_nothing=True)
    assert again.json()["errors"] == answer.json()["errors"]
    assert inbox(stack, "THREE") == []


def test_a_repeated_request_accepts_nobody_twice(stack: Stack, batches: BatchClient) -> None:
    first = batches.make(key="again-1", recipients=people(20, "FOUR")).json()
    again = batches.make(key="again-1", recipients=people(20, "FOUR"))
    assert (again.json()["id"], again.headers["Idempotent-Replayed"]) == (first["id"], "true")
    other = batches.make(key="again-1", recipients=people(21, "FOUR"))
    assert (other.status_code, other.json()["code"]) == (422, "4220004")
    batches.over(first["id"])
    assert len(inbox(stack, "FOUR")) == 20


def test_of_recipients_with_the_same_key_the_first_goes(stack: Stack, batches: BatchClient) -> None:
    twice = [*people(3, "FIVE"), {"to": "010-2000-0101", "variables": {"name": "또", "order": "FIVE-x"}}]
    made = batches.made(recipients=twice, distinct_by="to")
    assert (made["accepted"], made["rejected"]) == (3, 1)
    [double] = made["errors"]
    assert (double["number"], double["field"], double["code"]) == (4, "to", "4220122")
    batches.over(made["id"])
    assert len(inbox(stack, "FIVE")) == 3


@pytest.mark.parametrize(
    ("kind", "write"), [("text/csv", as_csv), ("application/x-ndjson", as_ndjson)], ids=["csv", "ndjson"]
)
def test_an_upload_goes_on_where_it_broke_off(stack: Stack, batches: BatchClient, kind: str, write: Write) -> None:
    made = batches.made()
    assert (made["status"], made["upload"]) == ("receiving", f"{BATCHES}/{made['id']}/recipients")
    order = f"SIX{kind[0]}"
    everyone = people(2_500, order)
    whole = write([*everyone[:700], WRONG, *everyone[700:]])
    path = f"{BATCHES}/{made['id']}/recipients"
    url, headers = batches.client.signed("PUT", path, whole)

    def broken() -> Iterator[bytes]:
        yield whole[: len(whole) // 2]
        raise ConnectionAbortedError

    with pytest.raises((ConnectionAbortedError, requests.ConnectionError)):
        requests.put(url, data=broken(), headers={**headers, "Content-Type": kind}, timeout=30)
    answer = batches.upload(made["id"], whole, kind)
    assert answer.status_code == 200, answer.text
    taken = answer.json()
    assert (taken["rows_read"], taken["accepted"], taken["rejected"]) == (2_501, 2_500, 1)
    [wrong] = taken["errors"]
    assert (wrong["number"], wrong["line"], wrong["field"]) == (701, 701 + (kind == "text/csv"), "to")
    assert batches.upload(made["id"], whole, kind).json()["accepted"] == 2_500
    assert batches.over(made["id"])["counts"].keys() <= {"sent", "delivered"}
    arrived = inbox(stack, order)
    assert len(arrived) == len(set(arrived)) == 2_500


def test_another_file_than_before_is_refused(batches: BatchClient) -> None:
    made = batches.made(all_or_nothing=True)
    assert batches.upload(made["id"], as_csv(people(3))).status_code == 200
    other = batches.upload(made["id"], as_csv(people(4)))
    assert (other.status_code, other.json()["code"]) == (409, "4090005")


def test_an_upload_that_is_not_what_was_signed_sends_nothing(stack: Stack, batches: BatchClient) -> None:
    made = batches.made()
    body = as_csv(people(5, "SEVEN"))
    path = f"{BATCHES}/{made['id']}/recipients"
    url, headers = batches.client.signed("PUT", path, body)
    changed = body.replace(b"01020000101", b"01020000109")
    answer = requests.put(url, data=changed, headers={**headers, "Content-Type": "text/csv"}, timeout=30)
    assert (answer.status_code, answer.json()["code"]) == (401, "4010008")
    assert batches.look(made["id"])["status"] == "refused"
    assert inbox(stack, "SEVEN") == []


def test_a_paused_batch_waits_and_goes_on(stack: Stack, batches: BatchClient) -> None:
    made = batches.made()
    batches.upload(made["id"], as_csv(people(100, "EIGHT")))
    paused = batches.made(recipients=people(3, "NINE"), send_at=TOMORROW)
    assert paused["status"] == "running"
    held = batches.ask("POST", paused["id"], "/pause")
    assert (held.status_code, held.json()["status"]) == (200, "paused")
    assert batches.ask("POST", paused["id"], "/pause").json()["status"] == "paused"
    assert batches.ask("POST", paused["id"], "/resume").json()["status"] == "running"
    assert batches.ask("POST", paused["id"], "/cancel").json()["status"] in {"cancelling", "cancelled"}
    seen = batches.over(paused["id"])
    assert (seen["status"], seen["counts"]) == ("cancelled", {"cancelled": 3})
    assert batches.ask("POST", paused["id"], "/resume").status_code == 409
    batches.over(made["id"])
    assert inbox(stack, "NINE") == []


def test_progress_is_told_as_it_happens(batches: BatchClient) -> None:
    made = batches.made(recipients=people(50, "TEN"))
    url, headers = batches.client.signed("GET", f"{BATCHES}/{made['id']}/events")
    with requests.get(url, headers=headers, stream=True, timeout=40) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = [line for line in answer.iter_lines(decode_unicode=True) if line]
    assert lines[0] == "event: progress"
    assert lines[-2] == "event: end"
    assert json.loads(lines[-1].removeprefix("data: "))["status"] == "finished"


def test_nobody_sees_anothers_batch(stack: Stack, batches: BatchClient) -> None:
    made = batches.made(recipients=people(1, "ELEVEN"))
    stranger = BatchClient(Client.register(stack.api))
    for method, rest in (("GET", ""), ("GET", "/rejects"), ("GET", "/events"), ("POST", "/pause"), ("POST", "/cancel")):
        assert stranger.ask(method, made["id"], rest).status_code == 404
    assert stranger.upload(made["id"], as_csv(people(1))).status_code == 404
    url, headers = stranger.client.signed("GET", BATCHES)
    assert requests.get(url, headers=headers, timeout=10).json()["items"] == []
    batches.over(made["id"])
