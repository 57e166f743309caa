"""Throttles: whoever tries to get in again and again waits longer and longer, by account and by address.

A try counts before it is judged, so that many at once find no gap, and is forgiven if it succeeds. An account that
does not exist is throttled like any other. Nobody who is in already is touched. The counts are rows: they hold over
all processes and through a restart, whether Redis is there or not.
"""

import hmac
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_network
from typing import Final
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api.errors import ApiError, Code
from api.security.networks import Address
from config.settings import Secrets, settings
from models.session import transaction
from models.throttle import Throttle
from models.types import utc_now

IPV6_PREFIX: Final = 64
"""What one customer has of IPv6: whoever has one address there has all of them."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How often something may be tried.

    Attributes:
        free: tries without a wait.
        first: the wait after the next one; each further try doubles it.
        longest: no wait is longer.
        forgets: after so long without a try, all is forgotten.
        shared: many people may be behind it; success takes back one's own try, and forgives no other.
    """

    name: str
    free: int
    first: timedelta
    longest: timedelta
    forgets: timedelta
    shared: bool = False

    def of(self, whom: str | Address | None) -> "Gauge":
        """The same for one account (an e-mail address or an id) or one client's address."""
        if isinstance(whom, IPv6Address):
            whom = str(ip_network((whom, IPV6_PREFIX), strict=False))
        key = settings(Secrets).index_key.get_secret_value().encode()
        return Gauge(self, UUID(bytes=hmac.digest(key, f"throttle {self.name} {whom}".encode(), "sha256")[:16]))

    def wait(self, tries: int) -> timedelta:
        """How long nobody may try after so many tries."""
        if tries <= self.free:
            return timedelta(0)
        return min(self.first * (1 << min(tries - self.free - 1, 30)), self.longest)


@dataclass(frozen=True, slots=True)
class Gauge:
    """A rule for somebody; `row_id` says neither."""

    rule: Rule
    row_id: UUID


PASSWORD: Final = Rule("password", 5, timedelta(seconds=2), timedelta(minutes=15), timedelta(days=1))
"""Passwords of one account."""
LOGIN_FROM: Final = Rule("login from", 30, timedelta(seconds=2), timedelta(minutes=15), timedelta(days=1), shared=True)
"""Passwords from one address, of whatever accounts: behind some there are many people."""
REGISTER_FROM: Final = Rule(
    "register from", 10, timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), shared=True
)
"""New accounts from one address."""
MAIL_TO: Final = Rule("mail to", 3, timedelta(minutes=1), timedelta(hours=1), timedelta(days=1))
"""Codes mailed to one address."""
MAIL_FROM: Final = Rule("mail from", 20, timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), shared=True)
"""Codes asked for from one address."""


def take(*gauges: Gauge) -> None:
    """Count a try on each gauge, or on none.

    Raises:
        ApiError: one of them says to wait; `Retry-After` says how long.
    """
    try:
        waits = _take(gauges)
    except IntegrityError:
        # Two first tries at once: the row is there now.
        waits = _take(gauges)
    if waits > timedelta(0):
        seconds = math.ceil(waits.total_seconds())
        raise ApiError(
            Code.TOO_MANY_TRIES, detail=f"wait {seconds} seconds", headers={"Retry-After": str(max(seconds, 1))}
        )


def forgive(session: Session, *gauges: Gauge) -> None:
    """Forget the tries on these gauges, since the last one succeeded; of a shared one, that one alone."""
    for gauge in _in_order(gauges):
        row = session.get(Throttle, gauge.row_id, with_for_update=True)
        if row is not None and gauge.rule.shared:
            row.tries = max(row.tries - 1, 0)
        elif row is not None:
            session.delete(row)


def _in_order(gauges: Sequence[Gauge]) -> Sequence[Gauge]:
    """In one order, or two who need the same rows would wait for each other."""
    return sorted(gauges, key=lambda each: each.row_id)


def _take(gauges: Sequence[Gauge]) -> timedelta:
    with transaction() as session:
        rows = [(gauge.rule, _row(session, gauge)) for gauge in _in_order(gauges)]
        # Not before the rows are locked: whoever had them just now may have set a later moment.
        now = utc_now()
        longest = max((row.until - now for _, row in rows if row.until is not None), default=timedelta(0))
        if longest <= timedelta(0):
            for rule, row in rows:
                row.tries += 1
                row.until, row.forgotten_at = now + rule.wait(row.tries), now + rule.forgets
        return longest


def _row(session: Session, gauge: Gauge) -> Throttle:
    row, now = session.get(Throttle, gauge.row_id, with_for_update=True), utc_now()
    if row is None:
        return Throttle.create(session, id=gauge.row_id, forgotten_at=now + gauge.rule.forgets)
    if row.forgotten_at <= now:
        row.tries, row.until = 0, None
    return row
