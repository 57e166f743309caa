"""Decisions over HTTP on both databases: what each does, that repeating it does nothing, and who wins a race."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from api import decisions
from config.vocabulary import Action, Channel, Role, State
from models import ledger
from models.account import Account
from models.audit import Audit
from models.session import snapshot, transaction
from models.types import new_id, utc_now
from tests.api.conftest import Person, Start
from tests.rows import LEASE, a_connection, a_row, read

PATH = "/api/services/notifications"
CONFLICT = "4090005"
RACES = 80


@pytest.fixture
def person(start: Start, database_url: str) -> Person:
    return Person(start(database_url), "user@example.com").register()


@pytest.fixture
def account(person: Person) -> UUID:
    with snapshot() as session:
        return Account.filter(session, Account.email == person.email)[0].id


def operator(person: Person) -> Person:
    other = Person(person.client, "operator@example.com").register()
    with transaction() as session:
        session.execute(update(Account).where(Account.email == other.email).values(role=Role.OPERATOR))
    return other


def audit() -> list[tuple[Action, Role, UUID | None, dict[str, object]]]:
    with snapshot() as session:
        lines = sorted(Audit.filter(session), key=lambda line: line.id)
        return [(line.action, line.role, line.notification_id, json.loads(line.detail)) for line in lines]


def test_a_queued_one_is_cancelled_and_says_so_each_time(person: Person, account: UUID) -> None:
    row_id = a_row(State.QUEUED, account_id=account)
    for _ in range(2):
        answer = person.ask("POST", f"{PATH}/{row_id}/cancel")
        assert (answer.status_code, answer.json()["cancelled"], answer.json()["status"]) == (200, True, "cancelled")
    assert audit() == [(Action.CANCEL, Role.USER, row_id, {})]
    assert [line["action"] for line in person.ask("GET", f"{PATH}/{row_id}").json()["decisions"]] == ["cancel"]


@pytest.mark.parametrize("state", [State.SENDING, State.SENT, State.FAILED, State.UNKNOWN])
def test_too_late_to_cancel_changes_nothing_and_says_so(person: Person, account: UUID, state: State) -> None:
    row_id = a_row(state, account_id=account)
    answer = person.ask("POST", f"{PATH}/{row_id}/cancel").json()
    assert (answer["cancelled"], answer["status"], audit()) == (False, state, [])


def claims(row_id: UUID, after: float) -> bool:
    time.sleep(after)
    with transaction() as session:
        return bool(ledger.claim(session, [row_id], utc_now(), LEASE).held)


def test_of_cancel_and_claim_exactly_one_wins(person: Person, account: UUID) -> None:
    wait, won = 0.002, {True: 0, False: 0}
    with ThreadPoolExecutor(1) as worker:
        for _ in range(RACES):
            row_id = a_row(State.QUEUED, account_id=account)
            claiming = worker.submit(claims, row_id, wait)
            cancelled = person.ask("POST", f"{PATH}/{row_id}/cancel").json()["cancelled"]
            claimed = claiming.result()
            assert cancelled is not claimed
            assert read(row_id).status is (State.SENDING if claimed else State.CANCELLED)
            # Whoever lost gets a little more time, so that the two stay neck and neck.
            wait *= 1.1 if claimed else 0.9
            won[claimed] += 1
    assert min(won.values()) > RACES // 10


@pytest.mark.parametrize("state", [State.FAILED, State.UNKNOWN])
def test_resend_queues_it_again_once_with_a_new_budget(person: Person, account: UUID, state: State) -> None:
    row_id = a_row(state, account_id=account, attempt=3, tries=9, code="503", group_id="G1", departed_at=utc_now())
    changed = [person.ask("POST", f"{PATH}/{row_id}/resend", {"after_attempt": 3}).json()["changed"] for _ in range(2)]
    row = read(row_id)
    assert (changed, row.status, row.tries, row.group_id, row.departed_at) == (
        [True, False],
        State.QUEUED,
        0,
        None,
        None,
    )
    assert audit() == [(Action.RESEND, Role.USER, row_id, {"after_attempt": 3})]
    with transaction() as session:
        ledger.claim(session, [row_id], utc_now(), LEASE)
    assert person.ask("POST", f"{PATH}/{row_id}/resend", {"after_attempt": 3}).json()["changed"] is False
    assert read(row_id).status is State.SENDING


@pytest.mark.parametrize(
    ("state", "changes", "word"),
    [
        (State.SENT, {}, "sent"),
        (State.CANCELLED, {}, "cancelled"),
        (State.QUEUED, {}, "queued"),
        (State.FAILED, {"attempt": 2}, "after attempt 2"),
        (State.FAILED, {"attempt": 4}, "after attempt 4"),
        (State.FAILED, {"attempt": 3, "expires_at": utc_now()}, "expires_at"),
        (State.FAILED, {"attempt": 3, "sealed": None}, "content"),
    ],
)
def test_what_cannot_be_sent_again_says_why(
    person: Person, account: UUID, state: State, changes: dict[str, object], word: str
) -> None:
    row_id = a_row(state, due=True, **{"account_id": account, "attempt": 3, **changes})
    answer = person.ask("POST", f"{PATH}/{row_id}/resend", {"after_attempt": 3})
    assert (answer.status_code, answer.json()["code"]) == (409, CONFLICT)
    assert word in answer.json()["detail"]
    assert (read(row_id).status, audit()) == (state, [])


@pytest.mark.parametrize(
    ("as_", "state", "code"),
    [("sent", State.SENT, None), ("failed", State.FAILED, "resolved_failed"), ("resend", State.QUEUED, None)],
)
def test_an_operator_settles_an_unknown_one_and_it_is_written_down_who(
    person: Person, account: UUID, as_: str, state: State, code: str | None
) -> None:
    row_id = a_row(State.UNKNOWN, account_id=account, channel=Channel.KAKAO, code="timeout", tries=1)
    boss = operator(person)
    [listed] = boss.ask("GET", f"{PATH}?status=unknown").json()["items"]
    assert (listed["id"], listed["code"], listed["attempt"]) == (str(row_id), "timeout", 1)
    body = {"as": as_, "after_attempt": 1}
    answers = [boss.ask("POST", f"{PATH}/{row_id}/resolve", body).json() for _ in range(2)]
    assert [answer["changed"] for answer in answers] == [True, False]
    assert (read(row_id).status, read(row_id).code) == (state, code)
    assert audit() == [(Action.RESOLVE, Role.OPERATOR, row_id, body)]
    [decision] = answers[1]["decisions"]
    assert (decision["action"], decision["by"], json.loads(decision["detail"])) == ("resolve", "operator", body)


@pytest.mark.parametrize(
    ("state", "as_", "attempt"),
    [
        (State.DELIVERED, "failed", 1),
        (State.DELIVERED, "sent", 1),
        (State.FAILED, "failed", 1),
        (State.QUEUED, "resend", 1),
        (State.UNKNOWN, "sent", 2),
    ],
)
def test_only_an_unknown_one_is_resolved(person: Person, account: UUID, state: State, as_: str, attempt: int) -> None:
    row_id = a_row(state, account_id=account, attempt=attempt)
    answer = person.ask("POST", f"{PATH}/{row_id}/resolve", {"as": as_, "after_attempt": 1})
    assert (answer.status_code, answer.json()["code"]) == (409, CONFLICT)
    assert f"it is {state} after attempt {attempt}" in answer.json()["detail"]
    assert (read(row_id).status, audit()) == (state, [])


@pytest.mark.parametrize("act", ["cancel", "resend", "resolve"])
def test_somebody_elses_is_not_there(person: Person, act: str) -> None:
    row_id = a_row(State.FAILED)
    body = {"cancel": None, "resend": {"after_attempt": 1}, "resolve": {"as": "sent", "after_attempt": 1}}[act]
    assert person.ask("POST", f"{PATH}/{row_id}/{act}", body).status_code == 404


def test_replay_counts_first_and_then_sends_those_again(person: Person, account: UUID) -> None:
    mine = {"account_id": account, "updated_at": utc_now() - timedelta(seconds=1)}
    dead = [a_row(State.FAILED, due=True, **mine, code="http_503") for _ in range(3)]
    other_code = a_row(State.FAILED, due=True, **mine, code="1062")
    others = [a_row(State.FAILED, due=True, code="http_503"), a_row(State.SENT, due=True, **mine)]
    gone = [
        a_row(State.FAILED, due=True, **mine, code="http_503", **no)
        for no in ({"sealed": None}, {"expires_at": utc_now()})
    ]
    body = {"code": "http_503", "channel": "solapi"}
    counted = person.ask("POST", f"{PATH}/replay", body).json()
    before = counted.pop("failed_before")
    assert counted == {"dry_run": True, "count": 3, "by_code": {"http_503": 3}, "skipped": 2, "more": False}
    assert {read(each).status for each in dead} == {State.FAILED}
    done = [
        person.ask("POST", f"{PATH}/replay", {**body, "dry_run": False, "failed_before": before}).json()["count"]
        for _ in range(2)
    ]
    assert done == [3, 0]
    assert {read(each).status for each in dead} == {State.QUEUED}
    assert [read(each).status for each in (other_code, *others, *gone)] == [
        State.FAILED,
        State.FAILED,
        State.SENT,
        State.FAILED,
        State.FAILED,
    ]
    assert audit()[0] == (
        Action.REPLAY,
        Role.USER,
        None,
        {**body, "failed_before": before, "dry_run": False, "count": 3},
    )


def test_what_waits_for_its_connection_says_so(person: Person, account: UUID) -> None:
    until = utc_now() + LEASE
    closed = a_connection(closed_until=until, closed_reason="NotEnoughBalance")
    waiting = a_row(State.QUEUED, account_id=account, connection_id=closed)
    free = a_row(State.QUEUED, account_id=account, connection_id=new_id())
    said = person.ask("GET", f"{PATH}/{waiting}").json()["waiting"]
    assert (said["reason"], said["until"]) == ("NotEnoughBalance", until.isoformat().replace("+00:00", "Z"))
    assert person.ask("GET", f"{PATH}/{free}").json()["waiting"] is None


@pytest.mark.parametrize("narrowed", ["code", "type", "reference"])
def test_a_word_that_no_column_can_hold_is_refused(person: Person, narrowed: str) -> None:
    answer = person.ask("GET", f"{PATH}?{narrowed}=홍")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, narrowed)
    if narrowed != "reference":
        assert person.ask("POST", f"{PATH}/replay", {narrowed: "홍"}).status_code == 422
    assert person.ask("GET", f"{PATH}?{narrowed}=x").json()["items"] == []


def test_a_moment_to_come_is_taken_as_now(person: Person, account: UUID) -> None:
    a_row(State.FAILED, account_id=account, updated_at=utc_now() - LEASE)
    said = person.ask("POST", f"{PATH}/replay", {"failed_before": "2100-01-01T00:00:00Z"}).json()
    assert said["count"] == 1
    assert said["failed_before"] < "2100"


def test_a_count_says_whether_one_request_is_enough(
    person: Person, account: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decisions, "MOST", 2)
    said = []
    for _ in range(3):
        a_row(State.FAILED, account_id=account, updated_at=utc_now() - LEASE)
        said.append(person.ask("POST", f"{PATH}/replay", {}).json()["more"])
    assert said == [False, False, True]
