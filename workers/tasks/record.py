"""Record what became of claimed notifications: one verb for each outcome, one attempt row each.

Runs inside the caller's transaction and commits nothing. It decides when to try again and what an Unknown
waits for; it knows no protocol.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple, TypeGuard, assert_never
from uuid import UUID

from sqlalchemy.orm import Session

from config.vocabulary import AfterSilence, Channel, Ending, State
from models import attempt, gate, ledger, renewal
from models.attempt import Ended
from models.connection import Connection
from models.gate import Probe
from models.ledger import Claimed
from models.locking import Fence
from workers.channels.registry import VENDORS
from workers.outcome import Accepted, Outcome, Rejected, Retry, Unknown
from workers.retry import next_try
from workers.tasks.policy import policy
from workers.tasks.tally import Tally

ASK_AFTER: Final = timedelta(seconds=10)
"""How long after a silence a vendor that can be asked is asked."""
REPORT_AFTER: Final = timedelta(minutes=5)
"""How long after it was sent a report may take before the vendor is asked for it."""
RENEWED_WITHIN: Final = timedelta(seconds=5)
"""How long a connection rests whose token is being renewed."""
OURS: Final = frozenset({State.SENDING, State.UNKNOWN})
"""Where a worker's own word counts: also if its lease ran out and the row was set aside meanwhile."""


class Heard(NamedTuple):
    """What a worker brings back.

    Attributes:
        outcomes: by notification id.
        reached: whether the provider was.
        started: the claim's moment.
        probe: the right to try the connection's gate, if it has it.
        connection: as it was claimed, with the credentials that were used.
    """

    outcomes: Mapping[str, Outcome]
    reached: bool
    started: datetime
    probe: Probe | None = None
    connection: Connection | None = None


def record(
    session: Session,
    channel: Channel,
    claimed: Sequence[Claimed],
    heard: Heard,
    now: datetime,
    chance: float,
) -> Tally:
    """Write every outcome: its verb, its attempt row, and what it means for the connection's gate.

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
    plans: dict[_Plan, list[Claimed]] = defaultdict(list)
    for each in claimed:
        outcome = heard.outcomes.get(str(each.fence.id))
        again = _again(channel, each, outcome, now, chance, reached=heard.reached)
        plans[_plan(channel, outcome, now, again, reached=heard.reached)].append(each)
    for plan, members in plans.items():
        done = _apply(session, plan, [each.fence for each in members], heard.outcomes, now)
        _count(tally, plan, len(done))
        if plan.noted:
            span = (heard.started, now)
            ended = [_ended(each.fence, plan, heard.outcomes, span) for each in members if each.fence.id in done]
            attempt.note(session, ended)
            tally.ended += ended
    _tell_gate(session, claimed[0].connection_id, heard, now)
    return tally


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is written for one outcome; notifications with equal plans share their statements.

    `noted`: whether it is worth a line among the attempts; being held back by ourselves is not.
    """

    ending: Ending
    code: str | None = None
    not_before: datetime | None = None
    wake_at: datetime | None = None
    spends: bool = True
    noted: bool = True


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
            reports = VENDORS[channel].read_reports is not None
            return _Plan(Ending.ACCEPTED, wake_at=now + REPORT_AFTER if reports else None)
        case Rejected(code):
            return _Plan(Ending.REJECTED, code)
        case Retry(code, closes=closes, spends=spends):
            spent = reached and spends and not closes
            return _Plan(Ending.RETRY, code, not_before=again, spends=spent, noted=spends)
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
            return ledger.requeue(session, fences, now, plan.not_before, code, spends=plan.spends, start=OURS)
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


def _ended(fence: Fence, plan: _Plan, outcomes: Mapping[str, Outcome], span: tuple[datetime, datetime]) -> Ended:
    outcome = outcomes.get(str(fence.id))
    refused = outcome.refused if isinstance(outcome, Accepted) else ()
    named = ",".join(f"{index}:{code}" for index, code in refused) or None
    return Ended(fence.id, fence.attempt, plan.ending, plan.code, *span, named)


def _tell_gate(session: Session, connection_id: UUID, heard: Heard, now: datetime) -> None:
    """Close, keep or open the connection's gate by what the provider said; silence on all counts against it."""
    connection = Connection.get(session, connection_id)
    outcomes = list(heard.outcomes.values())
    if connection is None:
        return
    closing = next((each for each in outcomes if isinstance(each, Retry) and each.closes), None)
    failing = next((each for each in outcomes if _is_failure(each)), None)
    if closing is not None:
        until = now + _rest(session, heard.connection or connection, closing, now)
        if heard.probe is not None:
            gate.pass_on(session, heard.probe, until, closing.code)
        gate.close(session, connection_id, until, closing.code)
    elif any(isinstance(each, Accepted) or (isinstance(each, Rejected) and heard.reached) for each in outcomes):
        gate.forget_failures(session, connection)
        if heard.probe is not None:
            gate.open_again(session, heard.probe)
    elif failing is not None:
        gate.count_failure(session, connection, now, failing.code, heard.probe)
    elif heard.probe is not None:
        # It never left (held back, cancelled, expired): the next one may try at once.
        gate.pass_on(session, heard.probe, now, connection.closed_reason or "")


def _rest(session: Session, used: Connection, closing: Retry, now: datetime) -> timedelta:
    """How long the connection rests; refused credentials are renewed, by us if we can, else by their owner."""
    if closing.reauth:
        if not _was_renewed_in_vain(used, closing, now) and renewal.ask(session, used, now):
            return RENEWED_WITHIN
        renewal.refused(session, used, closing.code)
    return gate.RESTS_FOR if closing.after is None else closing.after


def _was_renewed_in_vain(used: Connection, closing: Retry, now: datetime) -> bool:
    """Whether this gate closed for the same refusal, and the token that is refused now is a new one.

    More of them would not help, and who logs in again and again is locked out. A renewal that was put off is due within
    a turn, a new token never that soon.
    """
    return used.closed_reason == closing.code and used.renew_at is not None and used.renew_at > now + renewal.TURN


def _is_failure(outcome: Outcome) -> TypeGuard[Retry | Unknown]:
    return isinstance(outcome, Unknown) or (isinstance(outcome, Retry) and outcome.spends)
