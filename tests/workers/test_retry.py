from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.vocabulary import Channel
from workers.outcome import Retry
from workers.retry import SCHEDULES, after_loss, next_question, next_try

NOW = datetime(2026, 11, 24, tzinfo=UTC)
MIDDLE = 0.5


def wait(channel: Channel, tries: int, outcome: Retry, chance: float = MIDDLE) -> float | None:
    at = next_try(channel, tries, outcome, NOW, chance)
    return None if at is None else (at - NOW).total_seconds()


def test_every_channel_has_a_schedule() -> None:
    assert set(SCHEDULES) == set(Channel)


@pytest.mark.parametrize(
    ("channel", "tries", "seconds"),
    [
        (Channel.SOLAPI, 1, 2),
        (Channel.SOLAPI, 2, 6),
        (Channel.SOLAPI, 4, 54),
        (Channel.SOLAPI, 8, 900),
        (Channel.SOLAPI, 9, None),
        (Channel.GMAIL, 1, 5),
        (Channel.GMAIL, 3, 80),
        (Channel.GMAIL, 9, 7200),
        (Channel.GMAIL, 10, None),
    ],
)
def test_waits_grow_and_the_budget_ends_them(channel: Channel, tries: int, seconds: float | None) -> None:
    assert wait(channel, tries, Retry("503")) == seconds


@pytest.mark.parametrize(("chance", "seconds"), [(0, 1.6), (0.5, 2.0), (1, 2.4)])
def test_jitter_is_a_fifth(chance: float, seconds: float) -> None:
    assert wait(Channel.SOLAPI, 1, Retry("503"), chance) == pytest.approx(seconds)


def test_retry_after_is_honoured_and_never_shortens() -> None:
    assert wait(Channel.SOLAPI, 1, Retry("429", after=timedelta(seconds=30))) == 30
    assert wait(Channel.SOLAPI, 4, Retry("429", after=timedelta(seconds=1))) == 54


def test_a_closed_connection_spends_no_budget() -> None:
    spent = SCHEDULES[Channel.SOLAPI].budget + 5
    assert wait(Channel.SOLAPI, spent, Retry("402", after=timedelta(hours=1), closes=True)) == 0


def test_what_we_hold_back_spends_no_budget_and_waits_as_long_as_we_said() -> None:
    spent = SCHEDULES[Channel.SOLAPI].budget + 5
    assert wait(Channel.SOLAPI, spent, Retry("paced", after=timedelta(seconds=3), spends=False)) == 3


def test_a_message_that_kills_its_workers_rests_longer_and_longer() -> None:
    waits = [after_loss(attempt).total_seconds() for attempt in range(1, 25)]
    assert waits[:5] == [0] * 5
    assert waits[5:8] == [4, 8, 16]
    assert waits[-1] == 600


@pytest.mark.parametrize(("since", "pause"), [(0, 10), (9, 10), (60, 60), (86_000, 21_600), (86_400, None)])
def test_questions_become_rare_and_end(since: int, pause: int | None) -> None:
    expected = None if pause is None else timedelta(seconds=pause)
    assert next_question(timedelta(seconds=since), timedelta(days=1)) == expected


@given(
    st.sampled_from(Channel),
    st.integers(min_value=1, max_value=20),
    st.floats(min_value=0, max_value=1),
    st.integers(min_value=0, max_value=100_000),
)
def test_never_sooner_than_the_provider_asked(channel: Channel, tries: int, chance: float, after: int) -> None:
    seconds = wait(channel, tries, Retry("x", after=timedelta(seconds=after)), chance)
    assert seconds is None or seconds >= after
    assert (seconds is None) == (tries >= SCHEDULES[channel].budget)
