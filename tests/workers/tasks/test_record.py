"""Every outcome becomes its verb, its attempt row and its count, on real databases."""

from datetime import timedelta
from uuid import UUID

import pytest

from config.vocabulary import Channel, Ending, State
from models import gate, ledger
from models.attempt import Attempt
from models.gate import Probe
from models.ledger import Claimed
from models.notification import Notification
from models.session import transaction
from models.types import utc_now
from tests import rows
from tests.rows import LEASE, a_connection, a_row, attempts_of, gate_of
from workers.outcome import Accepted, Outcome, Rejected, Retry, Unknown
from workers.retry import SCHEDULES
from workers.tasks.record import REPORT_AFTER, Heard, record
from workers.tasks.tally import Tally

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]


def claim(number: int, channel: Channel = Channel.SOLAPI, tries: int = 0, **gate: object) -> list[Claimed]:
    connection = a_connection(channel, **gate)
    ids = [
        a_row(State.QUEUED, connection_id=connection, channel=channel, tries=tries, attempt=0) for _ in range(number)
    ]
    with transaction() as session:
        return ledger.claim(session, ids, utc_now(), LEASE).held


def settle(
    claimed: list[Claimed],
    outcomes: dict[str, Outcome],
    channel: Channel = Channel.SOLAPI,
    *,
    reached: bool = True,
    probe: Probe | None = None,
) -> Tally:
    heard = Heard(outcomes, reached, utc_now(), probe)
    with transaction() as session:
        return record(session, channel, claimed, heard, utc_now(), 0.5)


def read(row_id: UUID) -> tuple[Notification, list[Attempt]]:
    return rows.read(row_id), attempts_of(row_id)


@pytest.mark.parametrize(
    ("channel", "outcome", "state", "ending", "counts"),
    [
        (Channel.SOLAPI, Accepted("M4V1"), State.SENT, Ending.ACCEPTED, {"accepted": 1}),
        (Channel.SOLAPI, Rejected("1062"), State.FAILED, Ending.REJECTED, {"failed": 1}),
        (Channel.SOLAPI, Retry("503"), State.QUEUED, Ending.RETRY, {"retry": 1}),
        (Channel.SOLAPI, Unknown("timeout"), State.UNKNOWN, Ending.UNKNOWN, {"unknown": 1}),
        (Channel.KAKAO, Unknown("timeout"), State.UNKNOWN, Ending.UNKNOWN, {"unknown": 1}),
    ],
)
def test_an_outcome_is_written(
    channel: Channel, outcome: Outcome, state: State, ending: Ending, counts: dict[str, int]
) -> None:
    [claimed] = claim(1, channel)
    tally = settle([claimed], {str(claimed.fence.id): outcome}, channel)
    row, [attempt] = read(claimed.fence.id)
    assert (row.status, row.tries, attempt.outcome, attempt.attempt) == (state, 1, ending, 1)
    assert tally.counts() == counts


def test_only_a_vendor_that_can_be_asked_is_asked() -> None:
    [solapi], [kakao] = claim(1), claim(1, Channel.KAKAO)
    settle([solapi], {str(solapi.fence.id): Unknown("timeout")})
    settle([kakao], {str(kakao.fence.id): Unknown("timeout")}, Channel.KAKAO)
    assert read(solapi.fence.id)[0].wake_at is not None
    assert read(kakao.fence.id)[0].wake_at is None


def test_a_spent_budget_ends_it() -> None:
    [claimed] = claim(1, tries=SCHEDULES[Channel.SOLAPI].budget - 1)
    tally = settle([claimed], {str(claimed.fence.id): Retry("503")})
    row, _ = read(claimed.fence.id)
    assert (row.status, row.code, tally.counts()) == (State.FAILED, "503", {"failed": 1})


def test_a_provider_that_is_not_reached_spends_nothing_and_is_asked_less_often() -> None:
    [claimed] = claim(1)
    row, _ = read(claimed.fence.id)
    for attempt in range(1, 12):
        settle([claimed], {str(claimed.fence.id): Retry("refused")}, reached=False)
        row, _ = read(claimed.fence.id)
        assert (row.status, row.tries, row.attempt) == (State.QUEUED, 0, attempt)
        with transaction() as session:
            [claimed] = ledger.claim(session, [claimed.fence.id], row.not_before, LEASE).held
    assert row.not_before - utc_now() > timedelta(minutes=10)


def test_a_worker_that_outlived_its_lease_still_says_what_it_knows() -> None:
    late, other = claim(2)
    with transaction() as session:
        ledger.park(session, [late.fence], utc_now(), "lease_lost")
        Attempt.create(
            session,
            notification_id=late.fence.id,
            attempt=1,
            outcome=Ending.LOST,
            started_at=utc_now(),
            ended_at=utc_now(),
        )
    settle([late, other], {str(each.fence.id): Accepted("M4V1") for each in (late, other)})
    for each in (late, other):
        row, [attempt] = read(each.fence.id)
        assert (row.status, attempt.outcome) == (State.SENT, Ending.ACCEPTED)


def test_what_expired_at_departure_stays_failed() -> None:
    [claimed] = claim(1)
    with transaction() as session:
        ledger.fail(session, [claimed.fence], utc_now(), "expired", spends=False)
    settle([claimed], {})
    assert read(claimed.fence.id)[0].status is State.FAILED


def test_no_outcome_means_not_departed_and_at_once_again() -> None:
    [claimed] = claim(1)
    settle([claimed], {})
    row, _ = read(claimed.fence.id)
    assert (row.status, row.tries, row.code) == (State.QUEUED, 0, "not_departed")


def test_a_closing_outcome_closes_the_connection_and_spends_nothing() -> None:
    one, two = claim(2)
    settle([one, two], {str(each.fence.id): Retry("402", timedelta(minutes=5), closes=True) for each in (one, two)})
    row, _ = read(one.fence.id)
    until, reason, _ = gate_of(one.connection_id)
    assert until is not None
    assert (until - row.updated_at, reason) == (timedelta(minutes=5), "402")
    assert (row.status, row.tries, row.not_before) == (State.QUEUED, 0, row.updated_at)


def test_an_older_success_does_not_open_what_was_closed_since() -> None:
    one, two = claim(2)
    settle([one], {str(one.fence.id): Retry("402", timedelta(minutes=5), closes=True)})
    settle([two], {str(two.fence.id): Accepted("M4V1")})
    assert gate_of(one.connection_id)[1] == "402"


@pytest.mark.parametrize(
    ("outcome", "open_again"),
    [
        (Accepted("M4V1"), True),
        (Rejected("1062"), True),
        (Retry("402", timedelta(hours=1), closes=True), False),
        (Retry("http_503"), False),
        (Unknown("timeout"), False),
        (Retry("paced", timedelta(seconds=3), spends=False), False),
    ],
)
def test_only_a_probe_that_got_through_opens_the_gate(outcome: Outcome, *, open_again: bool) -> None:
    now = utc_now()
    [claimed] = claim(1, closed_until=now + LEASE, closed_reason="402")
    probe = Probe(claimed.connection_id, now + LEASE)
    settle([claimed], {str(claimed.fence.id): outcome}, probe=probe)
    until, _, _ = gate_of(claimed.connection_id)
    assert (until is None) == open_again
    assert until != probe.until


def test_rounds_without_an_answer_close_the_gate_and_one_answer_forgets_them() -> None:
    almost = gate.PATIENCE - 1
    claimed = claim(2 * gate.PATIENCE)
    connection = claimed[0].connection_id
    for each in claimed[:almost]:
        settle([each], {str(each.fence.id): Retry("http_503")})
    assert gate_of(connection) == (None, None, almost)
    settle([claimed[almost]], {str(claimed[almost].fence.id): Accepted("M4V1")})
    assert gate_of(connection) == (None, None, 0)
    for each in claimed[gate.PATIENCE :]:
        settle([each], {str(each.fence.id): Retry("refused")}, reached=False)
    until, reason, failures = gate_of(connection)
    assert until is not None
    assert utc_now() < until < utc_now() + gate.FIRST_REST
    assert (reason, failures) == ("refused", gate.PATIENCE)


def test_what_we_hold_back_ourselves_spends_nothing_and_is_no_attempt() -> None:
    [claimed] = claim(1)
    settle([claimed], {str(claimed.fence.id): Retry("paced", timedelta(seconds=3), spends=False)})
    row, attempts = read(claimed.fence.id)
    assert (row.status, row.tries, attempts) == (State.QUEUED, 0, [])
    assert row.not_before - row.updated_at == timedelta(seconds=3)


def test_a_worker_whose_lease_ran_out_can_still_say_that_nothing_left() -> None:
    [claimed] = claim(1, Channel.KAKAO)
    with transaction() as session:
        ledger.park(session, [claimed.fence], utc_now(), "lease_lost")
    settle([claimed], {str(claimed.fence.id): Retry("refused")}, Channel.KAKAO, reached=False)
    assert read(claimed.fence.id)[0].status is State.QUEUED


def test_what_was_sent_where_reports_come_is_looked_at_again() -> None:
    [solapi], [kakao] = claim(1), claim(1, Channel.KAKAO)
    settle([solapi], {str(solapi.fence.id): Accepted("M4V1")})
    settle([kakao], {str(kakao.fence.id): Accepted()}, Channel.KAKAO)
    row, _ = read(solapi.fence.id)
    assert row.wake_at == row.updated_at + REPORT_AFTER
    assert read(kakao.fence.id)[0].wake_at is None


def test_a_row_that_somebody_else_holds_counts_nowhere() -> None:
    [claimed] = claim(1)
    with transaction() as session:
        ledger.requeue(session, [claimed.fence], utc_now(), utc_now(), "lease_lost", spends=False)
        ledger.claim(session, [claimed.fence.id], utc_now(), LEASE)
    tally = settle([claimed], {str(claimed.fence.id): Accepted("M4V1")})
    row, attempts = read(claimed.fence.id)
    assert (row.status, row.attempt, attempts, tally.counts()) == (State.SENDING, 2, [], {})


def test_refused_recipients_are_named_by_index() -> None:
    [claimed] = claim(1, Channel.GMAIL)
    settle([claimed], {str(claimed.fence.id): Accepted(refused=((1, "550-5.1.1"),))}, Channel.GMAIL)
    assert read(claimed.fence.id)[1][0].refused == "1:550-5.1.1"


def test_a_message_alone_outlives_an_outage() -> None:
    assert all(schedule.budget > gate.PATIENCE for schedule in SCHEDULES.values())
