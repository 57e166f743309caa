"""What a delivery adds to the numbers, and that a label is never what somebody else chose."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from config.vocabulary import Channel, Ending, Lane, State
from models.attempt import Ended
from models.ledger import Claimed
from models.locking import Fence
from models.types import new_id, utc_now
from workers.metrics import meters
from workers.tasks.numbers import label, tell_tally, tell_times
from workers.tasks.tally import Tally

NOW = utc_now()
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    meters.cache_clear()
    yield
    meters.cache_clear()


@pytest.mark.parametrize(
    ("channel", "code", "said"),
    [
        (Channel.SOLAPI, "1062", "1062"),
        (Channel.SOLAPI, "9999", "other"),
        (Channel.KAKAO, "-532", "-532"),
        (Channel.GMAIL, "550-5.1.1", "550-5.1.1"),
        (Channel.GMAIL, "550", "550"),
        (Channel.SES, "MessageRejected", "MessageRejected"),
        (Channel.SES, "010-1234-5678", "other"),
        (Channel.SES, "http_503", "http_503"),
        (Channel.SES, "http_5030", "other"),
        (Channel.KAKAO, "expired", "expired"),
        (Channel.KAKAO, None, ""),
    ],
)
def test_a_code_that_is_not_listed_makes_no_series_of_its_own(channel: Channel, code: str | None, said: str) -> None:
    assert label(channel, code) == said


def claimed(attempt: int, tries: int, seconds: float) -> Claimed:
    """One that was to be sent so many seconds ago, and accepted just now."""
    fence = Fence(new_id(), attempt)
    return Claimed(fence, new_id(), new_id(), "SMS", tries, b"", None, NOW - seconds * SECOND)


def seen(name: str) -> dict[str, float]:
    families = [family for meter in (meters().departures, meters().arrivals) for family in meter.collect()]
    return {sample.name: sample.value for family in families for sample in family.samples if sample.name.endswith(name)}


def test_times_count_from_when_it_was_to_be_sent() -> None:
    first, again = claimed(1, 0, 7), claimed(2, 1, 100)
    departures = {str(each.fence.id): NOW for each in (first, again)}
    endings = [
        Ended(first.fence.id, 1, Ending.ACCEPTED, None, NOW, NOW + SECOND),
        Ended(again.fence.id, 2, Ending.RETRY, "http_503", NOW, NOW + SECOND),
    ]
    tell_times(Channel.SOLAPI, Lane.URGENT, [first, again], departures, endings)
    assert seen("departure_seconds_count") == {"alrim_departure_seconds_count": 1}
    assert seen("departure_seconds_sum") == {"alrim_departure_seconds_sum": pytest.approx(7)}
    assert seen("end_to_end_seconds_sum") == {"alrim_end_to_end_seconds_sum": pytest.approx(8)}


def test_a_tally_is_counted_by_outcome_and_code() -> None:
    tally = Tally(accepted=3)
    tally.failed.update({"1062": 2, "expired": 1, "nobody knows": 1})
    tally.unknown["timeout"] += 1
    tell_tally(Channel.SOLAPI, tally)
    [family] = meters().outcomes.collect()
    found = {tuple(each.labels.values()): each.value for each in family.samples if each.name.endswith("_total")}
    assert found == {
        ("solapi", State.SENT, ""): 3,
        ("solapi", State.FAILED, "1062"): 2,
        ("solapi", State.FAILED, "expired"): 1,
        ("solapi", State.FAILED, "other"): 1,
        ("solapi", State.UNKNOWN, "timeout"): 1,
    }
