"""Kakao's daily message quotas: by sender, by receiver, by pair of both, from midnight to midnight in Korea.

The order of the checks and the codes are Kakao's (quota page of its developer documentation). It must know no
request and no message.
"""

from collections import Counter
from datetime import date, datetime, timedelta, timezone
from typing import Final

SENDER, RECEIVER, PAIR = -532, -533, -536

_KST: Final = timezone(timedelta(hours=9))


class Quota:
    """Counters of one day.

    Args:
        limits: messages a sender, a receiver, a pair; None is unlimited.
    """

    def __init__(self, limits: tuple[int, int, int] | None) -> None:
        self._limits = limits
        self._day: date | None = None
        self._used: Counter[tuple[str, ...]] = Counter()

    def take(self, sender: str, receiver: str | None, now: datetime) -> int | None:
        """Count one message, or give the code of the quota it would exceed.

        A message to oneself has no receiver and counts for its sender alone.
        """
        if self._limits is None:
            return None
        if (today := now.astimezone(_KST).date()) != self._day:
            self._day = today
            self._used.clear()
        keys: list[tuple[str, ...]] = [("sender", sender)]
        if receiver is not None:
            keys += [("receiver", receiver), ("pair", sender, receiver)]
        for key, limit, code in zip(keys, self._limits, (SENDER, RECEIVER, PAIR), strict=False):
            if self._used[key] >= limit:
                return code
        self._used.update(keys)
        return None
