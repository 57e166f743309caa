"""What Prometheus reads of a running installation: the API's numbers, the worker's over its children, and beat's."""

import os
import signal
import socket
from collections import defaultdict
from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.flows.client import Client
from tests.flows.stack import Stack, wait_for

pytestmark = pytest.mark.flow

Numbers = dict[str, float]


def read(text: str) -> Numbers:
    """The sums of everything that has these words in its name and labels."""
    found: dict[str, float] = defaultdict(float)
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[" ".join([sample.name, *sorted(sample.labels.values())])] += sample.value
    return dict(found)


def of_process(stack: Stack, name: str) -> Numbers:
    with socket.socket(socket.AF_UNIX) as caller:
        caller.settimeout(10)
        caller.connect(str(stack.directory / f"health.{name}.sock"))
        caller.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        head, _, body = caller.makefile("rb").read().partition(b"\r\n\r\n")
    assert b" 200 " in head
    return read(body.decode())


def of_api(stack: Stack) -> Numbers:
    return read(requests.get(f"{stack.api}/metrics", timeout=5).text)


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_message_is_counted_on_its_way(stack: Stack, client: Client) -> None:
    before, done = of_api(stack), of_process(stack, "worker")
    body = {"to": ["numbers@example.com"], "subject": "s", "text": "t", "provider": "ses", "lane": "urgent"}
    sent = client.settled(client.send("email", body))
    assert sent["status"] == "sent"
    refused = client.settled(client.send("solapi", {"to": "01012340002", "from": "0212345678", "text": "x"}))
    assert refused["status"] == "failed"

    now = of_api(stack)
    for name in (
        "alrim_accepted_total ses urgent",
        "alrim_accepted_total normal solapi",
        "alrim_http_request_seconds_count /api/services/email/send 202 POST",
    ):
        assert now[name] == before.get(name, 0) + 1, name

    def grown(name: str) -> float:
        return of_process(stack, "worker").get(name, 0) - done.get(name, 0)

    expected = (
        "alrim_attempts_total  accepted ses",
        "alrim_outcomes_total  sent ses",
        f"alrim_outcomes_total {refused['code']} failed solapi",
        "alrim_departure_seconds_count ses urgent",
        "alrim_end_to_end_seconds_count sent ses urgent",
    )
    wait_for("the numbers", lambda: all(grown(name) >= 1 for name in expected), 10)
    assert grown("alrim_provider_call_seconds_count ses yes") >= 1


def test_a_killed_child_takes_no_number_along(stack: Stack, client: Client) -> None:
    client.settled(client.send("email", {"to": ["k@example.com"], "subject": "s", "text": "t", "provider": "ses"}))
    main = stack.processes["worker"].pid
    name = "alrim_outcomes_total  sent ses"
    counted, old = of_process(stack, "worker")[name], children(main)
    for pid in old:
        os.kill(pid, signal.SIGKILL)
    wait_for("new children", lambda: len(children(main)) == len(old) and not {*children(main)} & {*old})
    assert of_process(stack, "worker")[name] == counted


def test_beat_tells_of_the_whole_installation(stack: Stack) -> None:
    found = of_process(stack, "beat")
    assert found["alrim_broker_away"] == found["alrim_database_away"] == 0
    assert found["alrim_queue_messages logs"] >= 0
    assert found["alrim_waiting_notifications due normal solapi"] >= 0
    assert found["alrim_oldest_waiting_seconds normal solapi"] >= 0
    assert found["alrim_job_overdue tidy"] == 0
    assert found["alrim_beat_last_ring_timestamp_seconds sweep"] > 0
