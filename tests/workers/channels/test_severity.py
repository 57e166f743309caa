from itertools import permutations

import pytest

from workers.channels.severity import worst
from workers.outcome import Outcome, Rejected, Retry, Unknown

RANKED: list[Outcome] = [Unknown("doubt"), Retry("connection", closes=True), Retry("later"), Rejected("never")]


@pytest.mark.parametrize("strongest", range(len(RANKED)))
def test_the_one_that_forbids_most_counts_in_any_order(strongest: int) -> None:
    assert {worst(order) for order in permutations(RANKED[strongest:])} == {RANKED[strongest]}


def test_of_equals_the_first() -> None:
    assert worst([Rejected("a"), Rejected("b")]) == Rejected("a")
