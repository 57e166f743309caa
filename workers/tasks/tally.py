"""What Celery and Flower show of a delivery: counts and codes, never a provider's words.

The rows have it all already; this only says it where operators look.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from celery.exceptions import Retry

from models.attempt import Ended


class Delayed(Exception):  # noqa: N818 - Flower shows the name as the reason of a RETRY
    """Why a task ended as RETRY."""


class Undelivered(Exception):  # noqa: N818 - Flower shows the name as the reason of a FAILURE
    """Why a task ended as FAILURE: every one of its notifications failed."""


@dataclass
class Tally:
    """How many ended how, with their codes; `when` is the earliest next try, `ended` the attempts that were noted."""

    accepted: int = 0
    retry: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    when: datetime | None = None
    ended: list[Ended] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """The numbers alone, without what is zero."""
        numbers = {
            "accepted": self.accepted,
            "retry": self.retry.total(),
            "failed": self.failed.total(),
            "unknown": self.unknown.total(),
        }
        return {name: number for name, number in numbers.items() if number}

    def total(self) -> int:
        """How many it counts."""
        return sum(self.counts().values())


def conclude(tally: Tally, total: int) -> dict[str, int]:
    """Turn the tally of so many in all into RETRY, FAILURE, or the counts of a SUCCESS.

    `elsewhere`: none of them was there, since others had taken them along, or they were over.

    Raises:
        Retry: some are to be tried again. It publishes nothing: the rows know when.
        Undelivered: all failed.
    """
    if tally.retry:
        accepted = f", accepted {tally.accepted}" if tally.accepted else ""
        raise later(f"{_codes(tally.retry)} of {total}{accepted}", tally.when)
    if tally.failed and tally.failed.total() == total:
        raise Undelivered(_codes(tally.failed))
    return tally.counts() or {"elsewhere": total}


def later(reason: str, when: datetime | None) -> Retry:
    """Make what shows a task as RETRY with this reason."""
    return Retry(exc=Delayed(reason), when=when)


def _codes(codes: Counter[str]) -> str:
    return ", ".join(f"{code} ×{number}" for code, number in codes.most_common())
