"""Which of several outcomes counts when a notification that was refused for everyone has only one state.

Kakao and mail servers judge recipients one by one. The module knows no vendor and no code.
"""

from collections.abc import Iterable

from workers.outcome import Outcome, Retry, Unknown


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Pick the outcome that forbids most.

    Doubt first, since a blind resend could reach somebody twice; then what concerns the whole connection; then
    what waiting can mend; `Rejected` only if nobody can be reached. Of equals, the first.
    """
    return max(outcomes, key=_rank)


def _rank(outcome: Outcome) -> int:
    match outcome:
        case Unknown():
            return 3
        case Retry(closes=True):
            return 2
        case Retry():
            return 1
        case _:
            return 0
