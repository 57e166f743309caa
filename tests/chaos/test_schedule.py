"""A schedule is repeatable, complete, and never strikes what is down."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.chaos.schedule import KILLS, OTHERS, TARGETS, Action, Event, count, kills_in, plan

seeds = st.integers(0, 2**32)
kills = st.integers(6, 150)


@given(seeds, kills, st.floats(20, 600))
def test_it_is_what_was_asked_for(seed: int, wanted: int, seconds: float) -> None:
    events = plan(seed, wanted, seconds)
    assert events == plan(seed, wanted, seconds)
    assert kills_in(events) == wanted
    assert set(count(events)) == set(Action)
    assert [event.at for event in events] == sorted(event.at for event in events)
    assert all(event.target in TARGETS[event.action] for event in events)


@given(seeds, kills, st.floats(20, 600))
def test_nothing_is_struck_while_it_is_down(seed: int, wanted: int, seconds: float) -> None:
    up_at: dict[str, float] = {}
    for event in plan(seed, wanted, seconds):
        assert event.at >= up_at.get(event.target, 0)
        up_at[event.target] = event.at + event.down


def test_another_seed_is_another_schedule() -> None:
    assert plan(1, 20, 60) != plan(2, 20, 60)


def test_it_stays_near_the_time_it_was_given() -> None:
    assert plan(1, 100, 300)[-1].at <= 330


@pytest.mark.parametrize("action", Action)
def test_only_a_sigkill_counts(action: Action) -> None:
    assert kills_in([Event(0, action, "x", 0)]) == int(action in KILLS)
    assert (action in KILLS) is not (action in OTHERS)
