"""Record what became of claimed notifications: one verb for each outcome, one attempt row each.

Runs inside the caller's transaction and commits nothing. It decides when to try again and what an Unknown
waits for; it knows no protocol.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple, assert_never
from uuid import UUID

import structlog
from sqlalchemy import delete, insert, tuple_
from sqlalchemy.orm import Session

from config.settings import Worker, settings
from config.vocabulary import AfterSilence, Channel, Ending, State
from models import ledger
from models.attempt import Attempt
from models.connection import Connection
from models.ledger import Claimed, Fence
from models.types import new_id
from workers.outcome import Accepted, Outcome, Rejected, Retry, Unknown
from workers.retry import next_try

log = structlog.get_logger()

ASK_AFTER: Final = timedelta(seconds=10)
"""How long after a silence a vendor that can be asked is asked."""


@dataclass
class Tally:
    """How many ended how, with their codes: what Flower shows."""

    accepted: int = 0
    retry: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    when: datetime | None = None

    def counts(self) -> dict[str, int]:
        """The numbers alone, without what is zero."""
        numbers = {
            "accepted": self.accepted,
            "retry": self.retry.total(),
            "failed": self.failed.total(),
            "unknown": self.unknown.total(),
        }
        return {name: number for name, number in numbers.items() if number}


class Heard(NamedTuple):
    """What a worker brings back: outcomes by notification id, whether the provider was reached, the claim's moment."""

    outcomes: Mapping[str, Outcome]
    reached: bool
    started: datetime


def policy(channel: Channel) -> AfterSilence:
    """What this installation does with a message of this channel that may or may not have left."""
    worker = settings(Worker)
    match channel:
        case Channel.SOLAPI:
            return AfterSilence.ASK
        case Channel.KAKAO:
            return worker.after_silence_kakao
        case Channel.GMAIL | Channel.SES:
            return worker.after_silence_mail
        case _:
            assert_never(channel)


def record(
    session: Session,
    channel: Channel,
    claimed: Sequence[Claimed],
    heard: Heard,
    now: datetime,
    chance: float,
) -> Tally:
    """Write every outcome: its verb, its attempt row, and the connection's rest if one asks for it.

    A claimed notification without an outcome never departed; it goes back to the queue at once. A row that
    somebody else holds by now is not changed and counts nowhere.

    Args:
        session: the caller's transaction.
        channel: whose schedule and policy count.
        claimed: what this worker holds, all of one connection.
        heard: what the worker brings back.
        now: the present moment.
        chance: a random number from 0 to 1, for the retry's jitter.
    """
    tally = Tally()
    outcomes, span = heard.outcomes, (heard.started, now)
    plans: dict[_Plan, list[Claimed]] = defaultdict(list)
    for each in claimed:
        outcome = outcomes.get(str(each.fence.id))
        again = _again(channel, each, outcome, now, chance, reached=heard.reached)
        plans[_plan(channel, outcome, now, again, reached=heard.reached)].append(each)
    for plan, members in plans.items():
        done = _apply(session, plan, [each.fence for each in members], outcomes, now)
        _count(tally, plan, len(done))
        rows = [_attempt(each.fence, plan, outcomes, span) for each in members if each.fence.id in done]
        if rows:
            _write_attempts(session, rows)
    _rest(session, claimed[0].connection_id, list(plans), now)
    return tally


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is written for one outcome; notifications with equal plans share their statements."""

    ending: Ending
    code: str | None = None
    not_before: datetime | None = None
    wake_at: datetime | None = None
    spends: bool = True
    closes: bool = False


def _again(
    channel: Channel, claimed: Claimed, outcome: Outcome | None, now: datetime, chance: float, *, reached: bool
) -> datetime | None:
    retry = outcome if isinstance(outcome, Retry) else Retry("")
    return next_try(channel, claimed.tries + int(reached), retry, now, chance, rounds=claimed.fence.attempt)


def _plan(channel: Channel, outcome: Outcome | None, now: datetime, again: datetime | None, *, reached: bool) -> _Plan:
    match outcome:
        case None:
            return _Plan(Ending.RETRY, "not_departed", not_before=now, spends=False)
        case Accepted():
            return _Plan(Ending.ACCEPTED)
        case Rejected(code):
            return _Plan(Ending.REJECTED, code)
        case Retry(code, closes=closes):
            return _Plan(Ending.RETRY, code, not_before=again, spends=reached and not closes, closes=closes)
        case Unknown(code):
            return _plan_unknown(channel, code, now, again)
        case _:
            assert_never(outcome)


def _plan_unknown(channel: Channel, code: str, now: datetime, again: datetime | None) -> _Plan:
    held = _Plan(Ending.UNKNOWN, code)
    match policy(channel):
        case AfterSilence.ASK:
            return _Plan(Ending.UNKNOWN, code, wake_at=now + ASK_AFTER)
        case AfterSilence.HOLD:
            return held
        case AfterSilence.RESEND:
            return held if again is None else _Plan(Ending.RETRY, code, not_before=again)
        case _ as never:
            assert_never(never)


def _apply(
    session: Session, plan: _Plan, fences: Sequence[Fence], outcomes: Mapping[str, Outcome], now: datetime
) -> set[UUID]:
    code = plan.code or ""
    match plan.ending:
        case Ending.ACCEPTED:
            return ledger.sent(session, {fence: _provider_id(outcomes, fence) for fence in fences}, now, plan.wake_at)
        case Ending.RETRY if plan.not_before is not None:
            held = frozenset({State.SENDING})
            return ledger.requeue(session, fences, now, plan.not_before, code, spends=plan.spends, start=held)
        case Ending.RETRY | Ending.REJECTED:
            return ledger.fail(session, fences, now, code, spends=True)
        case Ending.UNKNOWN:
            return ledger.park(session, fences, now, code, plan.wake_at)
        case Ending.LOST:
            raise ValueError("a worker that says what happened is not lost")
        case _:
            assert_never(plan.ending)


def _provider_id(outcomes: Mapping[str, Outcome], fence: Fence) -> str | None:
    outcome = outcomes[str(fence.id)]
    return outcome.provider_id if isinstance(outcome, Accepted) else None


def _count(tally: Tally, plan: _Plan, number: int) -> None:
    code = plan.code or ""
    if not number:
        return
    if plan.ending is Ending.ACCEPTED:
        tally.accepted += number
    elif plan.ending is Ending.UNKNOWN:
        tally.unknown[code] += number
    elif plan.not_before is not None:
        tally.retry[code] += number
        tally.when = min(plan.not_before, tally.when or plan.not_before)
    else:
        tally.failed[code] += number


def _write_attempts(session: Session, rows: Sequence[dict[str, object]]) -> None:
    # A lease that ran out under a live worker has left a row that says `lost`; what the worker says counts more.
    keys = [(row["notification_id"], row["attempt"]) for row in rows]
    session.execute(
        delete(Attempt).where(tuple_(Attempt.notification_id, Attempt.attempt).in_(keys)),
        execution_options={"synchronize_session": False},
    )
    session.execute(insert(Attempt), rows)


def _attempt(
    fence: Fence, plan: _Plan, outcomes: Mapping[str, Outcome], span: tuple[datetime, datetime]
) -> dict[str, object]:
    outcome = outcomes.get(str(fence.id))
    refused = outcome.refused if isinstance(outcome, Accepted) else ()
    return {
        "id": new_id(),
        "notification_id": fence.id,
        "attempt": fence.attempt,
        "outcome": plan.ending,
        "code": plan.code,
        "refused": ",".join(f"{index}:{code}" for index, code in refused) or None,
        "started_at": span[0],
        "ended_at": span[1],
        "created_at": span[1],
        "updated_at": span[1],
    }


def _rest(session: Session, connection_id: UUID, plans: Sequence[_Plan], now: datetime) -> None:
    closing = next((plan for plan in plans if plan.closes), None)
    connection = Connection.get(session, connection_id)
    if connection is None:
        return
    if closing is not None:
        connection.closed_until, connection.closed_reason = closing.not_before, closing.code
        log.warning("connection.closed", connection=str(connection_id), code=closing.code)
    elif (
        connection.closed_until is not None
        and connection.closed_until <= now
        and any(plan.ending is Ending.ACCEPTED for plan in plans)
    ):
        connection.closed_until, connection.closed_reason = None, None
        log.info("connection.opened", connection=str(connection_id), at=now.isoformat())
