"""The ledger: every way a notification can change state, and no other place changes one.

Each verb is one guarded step: it locks the rows that are where the verb may start from and still at the
attempt the caller holds, changes those and says which they were. A row that moved on is left alone. Verbs
never commit: `with transaction() as session:` stands where the call stands. Nothing here knows a provider.
Everybody finds and locks rows by their ids. By an index of states, which the planner likes when few rows are in one,
a row's entry there would be locked before the row, and two who meet at a row would wait for each other.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CursorResult, Row, update
from sqlalchemy.orm import Session

from config.vocabulary import State
from models import batch_ledger, cases, gathering, locking
from models.gathering import Others
from models.lifecycle import FROM, Verb
from models.locking import Fence
from models.notification import Notification
from models.plans import by_index
from models.writing import Change, change, change_one, write

RING_AFTER: Final = timedelta(seconds=5)
WRITING: Final = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class Claimed:
    """A notification in the hands of a worker, as it was when claimed."""

    fence: Fence
    account_id: UUID
    connection_id: UUID
    type: str
    tries: int
    sealed: bytes | None
    request_id: str | None
    not_before: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """What a claim found: those now held, and how many were failed instead since they had expired."""

    held: list[Claimed]
    expired: int


def accept(values: Mapping[str, Any], now: datetime, not_before: datetime | None = None) -> dict[str, Any]:
    """Complete a new row's values as queued; `api.intake` writes it."""
    earliest = not_before or now
    return {
        **values,
        "status": State.QUEUED,
        "attempt": 0,
        "tries": 0,
        "not_before": earliest,
        "wake_at": earliest + RING_AFTER,
        "created_at": now,
        "updated_at": now,
    }


def claim(
    session: Session,
    ids: Sequence[UUID],
    now: datetime,
    lease: timedelta,
    most: int | None = None,
    others: Others | None = None,
) -> Claim:
    """Take queued notifications that are due for the length of a lease: at most `most` of `ids`, and `others` too.

    Rows locked by somebody else are skipped, so two workers with the same ids share them. An expired one is
    failed here with code `expired`; those whose batch holds them back are left queued, for whoever resumes it.
    """
    asked = {"ids": ids, "now": now, "most": len(ids) if most is None else most}
    waiting = session.execute(locking.WAITING, asked).all()
    if others is not None:
        waiting = [*waiting, *gathering.lock(session, others, ids, now)]
    found = batch_ledger.claimable(session, waiting)
    _expire(session, found, now)
    held = [_in_hands(each) for each in found if not _is_late(each, now)]
    taken = [each.fence.id for each in held]
    write(session, taken, Change(now, {"status": State.SENDING, "wake_at": now + lease}, {"attempt": 1}))
    return Claim(held, len(found) - len(held))


def depart(
    session: Session,
    fences: Sequence[Fence],
    now: datetime,
    lease: timedelta,
    group_id: str | None = None,
    *,
    all_or_none: bool = False,
) -> set[UUID]:
    """Pass the point of no return with those that are still ours, and renew their lease.

    Demands an unexpired lease: a late worker never departs. One that has expired as a message is failed with
    code `expired`. With `all_or_none`, either every one departs or none does. Commit, then send at once.
    """
    departure = Change(now, {"departed_at": now, "group_id": group_id, "wake_at": now + lease})
    if len(fences) == 1 and change_one(session, fences[0], FROM[Verb.DEPART], departure, ready=True):
        return {fences[0].id}
    if locking.are_ready(session, fences, FROM[Verb.DEPART], now):
        ready = {fence.id for fence in fences}
    else:
        held = locking.read(session, fences, FROM[Verb.DEPART])
        _expire(session, held, now)
        ready = {each.id for each in held if not _is_late(each, now) and each.wake_at > now}
    if all_or_none and len(ready) < len(fences):
        return set()
    write(session, ready, departure)
    return ready


def sent(
    session: Session,
    fences: Mapping[Fence, str | None],
    now: datetime,
    wake_at: datetime | None = None,
    *,
    spends: bool = True,
) -> set[UUID]:
    """Record that the provider took them; the mapping's values are the provider's ids.

    `wake_at` is when to ask for the report, on channels that have reports. `spends` is false where the try was
    counted already, as it was for what is `unknown`.
    """
    known = {fence.id: name for fence, name in fences.items() if name is not None}
    named = {"provider_id": cases.by_id(known, "provider_id")} if known else {}
    values = {"status": State.SENT, "wake_at": wake_at, "code": None, **named}
    return change(session, [*fences], FROM[Verb.SENT], Change(now, values, {"tries": int(spends)}))


def requeue(  # noqa: PLR0913 - the whole guard of the verb stands in its call
    session: Session,
    fences: Sequence[Fence],
    now: datetime,
    not_before: datetime,
    code: str | None,
    *,
    spends: bool,
    start: frozenset[State] = FROM[Verb.REQUEUE],
    fresh: bool = False,
) -> set[UUID]:
    """Put them back in the queue, to be claimed at `not_before` or later.

    `spends`: whether this try counts against the budget. `start`: only a person's resend may start from `failed`.
    `fresh`: the budget begins anew.
    """
    values = {
        "status": State.QUEUED,
        "not_before": not_before,
        "wake_at": not_before,
        "departed_at": None,
        "group_id": None,
        "code": code,
    }
    it = Change(now, {**values, "tries": 0}) if fresh else Change(now, values, {"tries": int(spends)})
    return change(session, fences, start, it)


def fail(session: Session, fences: Sequence[Fence], now: datetime, code: str, *, spends: bool) -> set[UUID]:
    """End them: they never will be sent. `spends` says whether the provider was asked."""
    values = {"status": State.FAILED, "wake_at": None, "code": code}
    return change(session, fences, FROM[Verb.FAIL], Change(now, values, {"tries": int(spends)}))


def park(
    session: Session, fences: Sequence[Fence], now: datetime, code: str, wake_at: datetime | None = None
) -> set[UUID]:
    """Set aside what may or may not have been sent; `wake_at` is when the provider can be asked, if it can."""
    values = {"status": State.UNKNOWN, "wake_at": wake_at, "code": code}
    return change(session, fences, FROM[Verb.PARK], Change(now, values, {"tries": 1}))


def confirm(session: Session, fences: Sequence[Fence], now: datetime, failure: str | None = None) -> set[UUID]:
    """Record the provider's report: delivered, or failed with the carrier's code."""
    values = {"status": State.FAILED if failure else State.DELIVERED, "wake_at": None, "code": failure}
    return change(session, fences, FROM[Verb.CONFIRM], Change(now, values))


def cancel(session: Session, ids: Collection[UUID], now: datetime) -> int:
    """Cancel notifications that nobody has claimed and count them; for the others it was too late."""
    statement = (
        update(Notification)
        .where(Notification.id.in_(ids), Notification.status.in_(FROM[Verb.CANCEL]))
        .values(status=State.CANCELLED, wake_at=None, updated_at=now)
    )
    changed: CursorResult[Any] = session.execute(  # type: ignore[assignment]
        by_index(statement), execution_options=WRITING
    )
    return changed.rowcount


def _in_hands(row: Row[*tuple[Any, ...]]) -> Claimed:
    known = (row.account_id, row.connection_id, row.type, row.tries, row.sealed, row.request_id, row.not_before)
    return Claimed(Fence(row.id, row.attempt + 1), *known)


def _is_late(row: Row[*tuple[Any, ...]], now: datetime) -> bool:
    return row.expires_at is not None and row.expires_at <= now


def _expire(session: Session, rows: Iterable[Row[*tuple[Any, ...]]], now: datetime) -> None:
    late = [row.id for row in rows if _is_late(row, now)]
    write(session, late, Change(now, {"status": State.FAILED, "wake_at": None, "code": "expired"}))
