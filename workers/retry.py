"""When to try again, as a pure function of what has happened so far.

Exponential with jitter, one schedule a channel; a provider's `Retry-After` is honoured and never shortened.
It knows no clock and no randomness of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from config.vocabulary import Channel
from workers.outcome import Retry

JITTER: Final = 0.2
MOST_DOUBLINGS: Final = 12
"""Every schedule has reached its longest wait by then."""


LOSSES: Final = 5
"""So many claims may be lost before the wait after a further one grows; a message that kills its worker must rest."""
FIRST_REST: Final = timedelta(seconds=2)
LONGEST_REST: Final = timedelta(minutes=10)
SOONEST_QUESTION: Final = timedelta(seconds=10)
LONGEST_SILENCE: Final = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Schedule:
    """How one channel retries.

    Attributes:
        first: the wait after the first failed try; each further one waits `factor` times as long.
        longest: no wait is longer, save one that the provider asked for.
        budget: tries in all; the last failed one ends the notification.
    """

    first: timedelta
    factor: float
    longest: timedelta
    budget: int


SCHEDULES: Final[Mapping[Channel, Schedule]] = {
    # 2 s, 6 s, 18 s, 54 s, 2.7 m, 8 m, 15 m …: a text is usually wanted within the hour.
    Channel.SOLAPI: Schedule(timedelta(seconds=2), 3, timedelta(minutes=15), budget=9),
    Channel.KAKAO: Schedule(timedelta(seconds=2), 3, timedelta(minutes=15), budget=9),
    # Mail servers greylist for minutes and throttle for hours.
    Channel.GMAIL: Schedule(timedelta(seconds=5), 4, timedelta(hours=2), budget=10),
    Channel.SES: Schedule(timedelta(seconds=2), 4, timedelta(hours=1), budget=10),
}


def next_try(
    channel: Channel, tries: int, outcome: Retry, now: datetime, chance: float, rounds: int | None = None
) -> datetime | None:
    """When to try again, or None if the budget is spent.

    Args:
        channel: whose schedule counts.
        tries: requests that reached the provider, this one included.
        outcome: why it was not sent; one that closes the connection spends no budget.
        now: the present moment.
        rounds: how often it was claimed, by which the wait grows; `tries` if not said. A provider that cannot be
            reached spends no budget, but is asked less and less often.
        chance: a random number from 0 to 1, for the jitter of ±20 %.
    """
    if outcome.closes:
        # The connection's gate holds it back, not a time of its own: whoever opens the gate early finds it ready.
        return now
    if not outcome.spends:
        return now + (outcome.after or timedelta())
    schedule = SCHEDULES[channel]
    if tries >= schedule.budget:
        return None
    exponent = min(max(tries if rounds is None else rounds, 1) - 1, MOST_DOUBLINGS)
    wait = min(schedule.first * schedule.factor**exponent, schedule.longest)
    wait *= 1 + JITTER * (2 * chance - 1)
    return now + (wait if outcome.after is None else max(wait, outcome.after))


def after_loss(attempt: int) -> timedelta:
    """How long a notification rests whose worker died with it before it left, after its `attempt`-th claim."""
    over = attempt - LOSSES
    return timedelta() if over <= 0 else min(FIRST_REST * 2 ** min(over, MOST_DOUBLINGS), LONGEST_REST)


def next_question(since: timedelta, give_up: timedelta) -> timedelta | None:
    """How long to wait before a vendor is asked again about something that left `since` ago; None: no more.

    As long again as it has been already, so that a day takes a dozen questions.
    """
    if since >= give_up:
        return None
    return min(max(since, SOONEST_QUESTION), LONGEST_SILENCE)
