"""Numbers: how what a task did is counted, once it is committed. It decides nothing; its labels are closed lists."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from config.vocabulary import Channel, Ending, Lane, State
from models.attempt import Ended
from models.ledger import Claimed
from models.notification import Notification
from models.types import moment_of
from workers.channels.registry import CODES
from workers.metrics import meters
from workers.tasks.tally import Tally

OTHER: Final = "other"
OURS: Final = re.compile(
    r"http_\d{3}|timeout|refused|dns|tls|reset|closed|connection_lost|unreachable|late|oversized|garbled|unsendable"
    r"|broken|malformed|no_code|unconfirmed|not_departed|expired|paced|daily_quota|lease_lost|unreadable"
    r"|connection_gone|credentials_unreadable|master_key_unknown|TooManyRequests"
)
"""Codes that no table lists: what we found ourselves, and the usual name of a 429."""
SMTP: Final = re.compile(r"\d{3}")


def label(channel: Channel, code: str | None) -> str:
    """Write a code as a label: a listed one as it is, all others as one, so that nobody's words make new series."""
    if not code:
        return ""
    return code if code in CODES[channel] or OURS.fullmatch(code) or SMTP.fullmatch(code) else OTHER


def tell_times(
    channel: Channel,
    lane: Lane,
    claimed: Sequence[Claimed],
    departures: Mapping[str, datetime],
    endings: Iterable[Ended],
) -> None:
    """Time a delivery: how long its notifications took to leave, and to be taken."""
    by_id = {each.fence.id: each for each in claimed}
    left = meters().departures.labels(channel, lane)
    for each in claimed:
        moment = departures.get(str(each.fence.id))
        if moment is not None and not each.tries:
            left.observe((moment - _since(each)).total_seconds())
    arrived = meters().arrivals.labels(channel, lane, State.SENT)
    for ended in endings:
        if ended.outcome is Ending.ACCEPTED:
            arrived.observe((ended.ended_at - _since(by_id[ended.notification_id])).total_seconds())


def tell_tally(channel: Channel, tally: Tally) -> None:
    """Count a delivery: its attempts, and what its notifications came to."""
    tell_attempts(channel, tally.ended)
    tell_outcomes(channel, State.SENT, {"": tally.accepted})
    tell_outcomes(channel, State.FAILED, tally.failed)
    tell_outcomes(channel, State.UNKNOWN, tally.unknown)


def tell_attempts(channel: Channel, endings: Iterable[Ended]) -> None:
    """Count how attempts ended."""
    kinds = Counter((each.outcome, label(channel, each.code)) for each in endings)
    for (outcome, code), number in kinds.items():
        meters().attempts.labels(channel, outcome, code).inc(number)


def tell_outcomes(channel: Channel, state: State, codes: Mapping[str, int] | Mapping[str | None, int]) -> None:
    """Count notifications that came to a state, by code."""
    for code, number in codes.items():
        if number:
            meters().outcomes.labels(channel, state, label(channel, code)).inc(number)


def tell_delivered(rows: Iterable[Notification], now: datetime) -> None:
    """Time notifications that were reported as delivered."""
    for row in rows:
        since = row.not_before if row.attempt == 1 else moment_of(row.id)
        meters().arrivals.labels(row.channel, row.lane, State.DELIVERED).observe((now - since).total_seconds())


def _since(claimed: Claimed) -> datetime:
    # A retry has moved the time at which it was to be sent; what was scheduled and retried counts from its acceptance.
    return claimed.not_before if claimed.fence.attempt == 1 else moment_of(claimed.fence.id)
