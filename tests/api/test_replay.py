"""A set of failed notifications is counted, then queued again once, with one audit line that is always true."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from api import replay
from api.schemas.decisions import ReplayIn, ReplayOut
from api.security.caller import Viewer
from config.vocabulary import Action, Channel, Lane, Role, State
from models import ledger
from models.audit import Audit
from models.ledger import Fence
from models.session import snapshot
from models.types import new_id, utc_now
from tests.rows import LEASE, a_row, read

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]

ME = Viewer(new_id(), Role.USER, new_id())
OPERATOR = Viewer(new_id(), Role.OPERATOR)


def failed(code: str = "1062", **changes: Any) -> UUID:  # noqa: ANN401 - columns
    return a_row(State.FAILED, **{"account_id": ME.account_id, "code": code, "wake_at": None, "tries": 9, **changes})


def ask(viewer: Viewer = ME, **body: Any) -> ReplayOut:  # noqa: ANN401 - JSON
    return replay.run(viewer, ReplayIn.model_validate(body), "r1", utc_now())


def states(ids: list[UUID]) -> Counter[State]:
    return Counter(read(each).status for each in ids)


def lines() -> list[Audit]:
    with snapshot() as session:
        return list(Audit.filter(session))


def test_counting_changes_nothing() -> None:
    ids = [failed(), failed(), failed("3050"), failed(sealed=None), failed(expires_at=utc_now())]
    a_row(State.UNKNOWN, account_id=ME.account_id)
    answer = ask()
    assert (answer.dry_run, answer.count, answer.by_code) == (True, 3, {"1062": 2, "3050": 1})
    assert (answer.skipped, answer.more) == (2, False)
    assert states(ids) == {State.FAILED: 5}
    assert lines() == []


def test_what_was_counted_is_queued_again_once() -> None:
    ids = [failed(), failed(expires_at=utc_now() + timedelta(hours=1)), failed(attempt=7)]
    gone = [failed(sealed=None), failed(expires_at=utc_now())]
    counted = ask(code="1062")
    later = failed()
    body: dict[str, Any] = {"code": "1062", "failed_before": counted.failed_before.isoformat(), "dry_run": False}
    answers = [ask(**body) for _ in range(2)]
    assert [(each.count, each.by_code, each.skipped) for each in answers] == [(3, {"1062": 3}, 2), (0, {}, 2)]
    assert [(read(each).status, read(each).tries, read(each).code) for each in ids] == [
        (State.QUEUED, 0, "replayed")
    ] * 3
    assert states([*gone, later]) == {State.FAILED: 3}
    said, again = lines()
    assert (said.action, said.notification_id, said.api_key_id) == (Action.REPLAY, None, ME.api_key_id)
    assert said.facts() == {"code": "1062", "failed_before": counted.failed_before.isoformat(), "count": 3}
    assert again.facts()["count"] == 0


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ({}, 4),
        ({"code": "3050"}, 1),
        ({"channel": "kakao"}, 1),
        ({"lane": "bulk"}, 1),
        ({"type": "LMS"}, 1),
        ({"created_from": "2026-02-01T00:00:00Z"}, 3),
        ({"created_to": "2026-02-01T00:00:00+09:00"}, 1),
        ({"channel": "kakao", "lane": "bulk"}, 0),
    ],
)
def test_every_filter_narrows(body: dict[str, Any], count: int) -> None:
    february = datetime(2026, 2, 1, tzinfo=UTC)
    ids = [
        failed("3050", created_at=february - timedelta(days=1)),
        failed(channel=Channel.KAKAO, created_at=february),
        failed(lane=Lane.BULK, created_at=february),
        failed(type="LMS", created_at=february),
    ]
    assert ask(**body).count == count
    assert ask(**body, dry_run=False).count == count
    assert states(ids)[State.QUEUED] == count


def test_one_replays_ones_own_and_an_operator_all() -> None:
    ids = [failed(), failed(account_id=new_id())]
    assert ask(dry_run=False).count == 1
    assert ask(OPERATOR, dry_run=False).count == 1
    assert states(ids) == {State.QUEUED: 2}
    assert [line.role for line in lines()] == [Role.USER, Role.OPERATOR]


@pytest.fixture
def slices_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "SLICE", 2)


@pytest.mark.usefixtures("slices_of_two")
@pytest.mark.parametrize("number", [0, 1, 2, 3, 4, 5])
def test_slices_leave_nobody_out(number: int) -> None:
    ids = [failed() for _ in range(number)]
    assert ask(dry_run=False).count == number
    assert states(ids)[State.QUEUED] == number
    [line] = lines()
    assert line.facts()["count"] == number


@pytest.mark.usefixtures("slices_of_two")
def test_a_request_has_a_most_and_says_that_there_is_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "MOST", 3)
    ids = [failed() for _ in range(5)]
    assert [(each.count, each.more) for each in (ask(dry_run=False) for _ in range(3))] == [
        (3, True),
        (2, False),
        (0, False),
    ]
    assert states(ids) == {State.QUEUED: 5}


@pytest.fixture
def second_slice_dies() -> Iterator[None]:
    commits: list[None] = []

    def die(_session: Session) -> None:
        commits.append(None)
        if len(commits) == 2:
            raise ConnectionAbortedError

    event.listen(Session, "before_commit", die)
    yield
    event.remove(Session, "before_commit", die)


@pytest.mark.usefixtures("slices_of_two")
def test_the_audit_is_true_of_a_replay_that_was_cut_short(request: pytest.FixtureRequest) -> None:
    ids = [failed() for _ in range(5)]
    request.getfixturevalue("second_slice_dies")
    with pytest.raises(ConnectionAbortedError):
        ask(dry_run=False)
    assert states(ids) == {State.QUEUED: 2, State.FAILED: 3}
    [line] = lines()
    assert line.facts()["count"] == 2


@pytest.mark.usefixtures("slices_of_two")
def test_what_fails_again_meanwhile_is_left_to_the_next_request(request: pytest.FixtureRequest) -> None:
    first, *rest = [failed() for _ in range(3)]
    began = utc_now()

    def fail_again(session: Session) -> None:
        if ledger.claim(session, [first], utc_now(), LEASE).held:
            ledger.fail(session, [Fence(first, 2)], utc_now(), "1062", spends=True)

    event.listen(Session, "before_commit", fail_again)
    request.addfinalizer(lambda: event.remove(Session, "before_commit", fail_again))
    body = ReplayIn.model_validate({"dry_run": False})
    assert replay.run(ME, body, "r1", began).count == 3
    assert read(first).status is State.FAILED
    assert states(rest) == {State.QUEUED: 2}
