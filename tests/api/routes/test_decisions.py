"""Each decision from each state, once and twice, by owner, operator and stranger, on both databases."""

import json
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import Response

from api.routes.decisions import START
from config.vocabulary import Action, State
from models import ledger
from models.audit import Audit
from models.notification import Notification
from models.session import snapshot, transaction
from models.types import new_id, utc_now
from tests.api.conftest import Person, Start
from tests.api.signing import sign
from tests.rows import LEASE, a_row, read

RACES = 100
LIST = "/api/services/notifications"
BODIES: dict[Action, tuple[str, dict[str, object]]] = {
    Action.RESEND: ("resend", {}),
    Action.RESOLVE_SENT: ("resolve", {"as": "sent"}),
    Action.RESOLVE_FAILED: ("resolve", {"as": "failed"}),
    Action.RESOLVE_RESEND: ("resolve", {"as": "resend"}),
}
TO = {
    Action.RESEND: State.QUEUED,
    Action.RESOLVE_SENT: State.SENT,
    Action.RESOLVE_FAILED: State.FAILED,
    Action.RESOLVE_RESEND: State.QUEUED,
}


@pytest.fixture
def owner(start: Start, database_url: str) -> Person:
    return Person(start(database_url), "owner@example.com").register()


def own_row(owner: Person, state: State, **changes: object) -> UUID:
    values: dict[str, Any] = {"account_id": owner.account_id(), "attempt": 3, "tries": 3, "wake_at": None, **changes}
    return a_row(state, **values)


def decide(person: Person, action: Action, row_id: UUID, after_attempt: int = 3) -> Response:
    word, body = BODIES[action]
    return person.ask("POST", f"{LIST}/{row_id}/{word}", {**body, "after_attempt": after_attempt})


def cancel(person: Person, row_id: UUID) -> Response:
    return person.ask("POST", f"{LIST}/{row_id}/cancel")


def lines() -> list[Audit]:
    with snapshot() as session:
        return list(Audit.filter(session))


def facts(row_id: UUID) -> tuple[object, ...]:
    row = read(row_id)
    return tuple(getattr(row, column.key) for column in Notification.__table__.columns)


def test_a_queued_one_is_cancelled_and_stays_so(owner: Person) -> None:
    row_id = own_row(owner, State.QUEUED)
    answers = [cancel(owner, row_id) for _ in range(2)]
    assert [(each.status_code, each.json()["cancelled"], each.json()["status"]) for each in answers] == [
        (200, True, "cancelled")
    ] * 2
    assert read(row_id).wake_at is None
    [line] = lines()
    assert (line.action, line.notification_id, line.account_id) == (Action.CANCEL, row_id, owner.account_id())
    assert [each["action"] for each in answers[1].json()["decisions"]] == ["cancel"]


def test_what_is_no_longer_queued_is_not_cancelled(owner: Person) -> None:
    for state in set(State) - {State.QUEUED, State.CANCELLED}:
        row_id = own_row(owner, state)
        before, answer = facts(row_id), cancel(owner, row_id)
        assert (answer.status_code, answer.json()["cancelled"], answer.json()["status"]) == (200, False, state)
        assert facts(row_id) == before
    assert lines() == []


def claims(row_id: UUID, after: float) -> bool:
    time.sleep(after)
    with transaction() as session:
        return bool(ledger.claim(session, [row_id], utc_now(), LEASE).held)


def test_of_cancel_and_claim_exactly_one_wins(owner: Person) -> None:
    wait, ended = 0.002, Counter[State]()
    with ThreadPoolExecutor(1) as worker:
        for _ in range(RACES):
            row_id = own_row(owner, State.QUEUED)
            claiming = worker.submit(claims, row_id, wait)
            cancelled, claimed = cancel(owner, row_id).json()["cancelled"], claiming.result()
            assert cancelled is not claimed
            assert read(row_id).status is (State.SENDING if claimed else State.CANCELLED)
            # Whoever lost gets a little more time, so that the two stay neck and neck.
            wait *= 1.1 if claimed else 0.9
            ended[read(row_id).status] += 1
    assert min(ended[State.SENDING], ended[State.CANCELLED]) > RACES // 10


@pytest.mark.parametrize("action", START)
def test_a_decision_is_made_from_its_states_only(owner: Person, action: Action) -> None:
    for state in State:
        row_id = own_row(owner, state)
        before, answer = facts(row_id), decide(owner, action, row_id)
        if state in START[action]:
            assert (answer.status_code, answer.json()["changed"]) == (200, True)
            assert answer.json()["status"] == read(row_id).status == TO[action]
        else:
            assert (answer.status_code, answer.json()["code"]) == (409, "4090005")
            assert f"it is {state} after attempt 3" in answer.json()["detail"]
            assert facts(row_id) == before
    assert [(line.action, line.facts()) for line in lines()] == [(action, {"after_attempt": 3})] * len(START[action])


@pytest.mark.parametrize("action", START)
def test_the_same_decision_again_does_nothing(owner: Person, action: Action) -> None:
    row_id = own_row(owner, State.UNKNOWN)
    first, before = decide(owner, action, row_id), facts(row_id)
    again = decide(owner, action, row_id)
    assert (again.status_code, again.json()) == (200, {**first.json(), "changed": False})
    assert facts(row_id) == before
    assert len(lines()) == 1


@pytest.mark.parametrize("action", START)
def test_a_decision_about_another_attempt_is_refused(owner: Person, action: Action) -> None:
    row_id = own_row(owner, State.UNKNOWN)
    before = facts(row_id)
    for attempt in (2, 4):
        answer = decide(owner, action, row_id, attempt)
        assert (answer.status_code, answer.json()["code"]) == (409, "4090005")
    assert facts(row_id) == before
    assert lines() == []


def test_a_resent_one_begins_anew(owner: Person) -> None:
    began = utc_now()
    row_id = own_row(owner, State.UNKNOWN, departed_at=began, group_id="G4V1", code="timeout")
    answer = decide(owner, Action.RESEND, row_id).json()
    assert (answer["tries"], answer["attempt"], answer["group_id"], answer["departed_at"]) == (0, 3, None, None)
    row = read(row_id)
    assert row.wake_at == row.not_before
    assert began <= row.not_before <= utc_now()


def test_how_an_unknown_one_is_settled(owner: Person) -> None:
    failed, sent = (own_row(owner, State.UNKNOWN, code="timeout", wake_at=utc_now()) for _ in range(2))
    assert decide(owner, Action.RESOLVE_FAILED, failed).json()["code"] == "resolved_failed"
    assert decide(owner, Action.RESOLVE_SENT, sent).json()["code"] is None
    assert [(read(each).tries, read(each).wake_at) for each in (failed, sent)] == [(3, None)] * 2


@pytest.mark.parametrize(
    ("gone", "code"),
    [({"expires_at": utc_now() - timedelta(seconds=1)}, "4090006"), ({"sealed": None}, "4090007")],
)
def test_what_could_not_be_sent_is_not_sent_again(owner: Person, gone: dict[str, Any], code: str) -> None:
    row_id = own_row(owner, State.UNKNOWN, **gone)
    for action in (Action.RESEND, Action.RESOLVE_RESEND):
        answer = decide(owner, action, row_id)
        assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert read(row_id).status is State.UNKNOWN
    assert decide(owner, Action.RESOLVE_SENT, row_id).status_code == 200


ASKS: list[Callable[[Person, UUID], Response]] = [
    cancel,
    *(lambda person, row_id, action=action: decide(person, action, row_id) for action in START),
]


@pytest.mark.parametrize("ask", ASKS)
def test_another_persons_is_as_good_as_none(owner: Person, ask: Callable[[Person, UUID], Response]) -> None:
    stranger = Person(owner.client, "stranger@example.com").register()
    row_id = own_row(owner, State.UNKNOWN)
    before = facts(row_id)
    assert [ask(stranger, each).json()["code"] for each in (row_id, new_id())] == ["4040002"] * 2
    assert facts(row_id) == before


def test_an_operator_decides_about_everybodys(owner: Person) -> None:
    operator = Person(owner.client, "operator@example.com").register().become_operator()
    row_id = own_row(owner, State.UNKNOWN)
    assert decide(operator, Action.RESOLVE_FAILED, row_id).status_code == 200
    assert decide(owner, Action.RESEND, row_id).status_code == 200
    seen = owner.ask("GET", f"{LIST}/{row_id}").json()["decisions"]
    assert [(each["action"], each["by"]) for each in seen] == [
        ("resolve_failed", "operator"),
        ("resend", str(owner.account_id())),
    ]


def test_a_key_decides_and_is_named_in_the_audit(owner: Person) -> None:
    key_id, key = owner.make_key()
    row_id = own_row(owner, State.FAILED)
    path, body = f"{LIST}/{row_id}/resend", json.dumps({"after_attempt": 3}).encode()
    assert owner.client.deliver(sign(key, "POST", path, body)).json()["code"] == "4000004"
    answers = [owner.client.deliver(sign(key, "POST", path, body, name="once"), **{"X-Request-Id": "r1"})]
    answers += [owner.client.deliver(sign(key, "POST", path, body, name="twice"))]
    assert [(each.status_code, each.json()["changed"]) for each in answers] == [(200, True), (200, False)]
    [line] = lines()
    assert (line.api_key_id, line.request_id) == (UUID(key_id), "r1")
    assert owner.client.deliver(sign(key, "POST", f"{LIST}/{row_id}/cancel", name="c")).json()["cancelled"] is True


def test_of_many_requests_at_once_one_resends(owner: Person) -> None:
    row_id = own_row(owner, State.FAILED)
    sent = owner.sent("POST", f"{LIST}/{row_id}/resend", {"after_attempt": 3})
    answers = owner.client.deliver_all([sent] * 8)
    assert {each.status_code for each in answers} == {200}
    assert sum(each.json()["changed"] for each in answers) == 1
    assert len(lines()) == 1


@pytest.mark.parametrize(
    ("word", "body", "code"),
    [
        ("resend", {}, "4220002"),
        ("resend", {"after_attempt": -1}, "4220001"),
        ("resend", {"after_attempt": "3"}, "4220001"),
        ("resend", {"after_attempt": 3, "x": 1}, "4220003"),
        ("resolve", {"as": "lost", "after_attempt": 3}, "4220108"),
        ("resolve", {"after_attempt": 3}, "4220002"),
    ],
)
def test_a_body_that_says_nothing_clear_is_refused(
    person: Person, word: str, body: dict[str, object], code: str
) -> None:
    row_id = own_row(person, State.UNKNOWN)
    assert person.ask("POST", f"{LIST}/{row_id}/{word}", body).json()["code"] == code
