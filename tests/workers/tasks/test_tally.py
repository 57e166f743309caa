import pytest
from celery.exceptions import Retry

from models.types import utc_now
from workers.tasks.tally import Tally, Undelivered, conclude


def test_success_is_counts() -> None:
    assert conclude(Tally(accepted=2), 2) == {"accepted": 2}


def test_nothing_to_count_is_elsewhere() -> None:
    assert conclude(Tally(), 3) == {"elsewhere": 3}


def test_some_failures_are_still_a_success() -> None:
    mixed = Tally(accepted=1)
    mixed.failed["-502"] += 1
    assert conclude(mixed, 2) == {"accepted": 1, "failed": 1}


def test_failures_only_are_a_failure_with_their_code() -> None:
    failed = Tally()
    failed.failed["-502"] += 2
    with pytest.raises(Undelivered, match="-502 ×2"):
        conclude(failed, 2)


def test_anything_to_try_again_is_a_retry_with_its_reason_and_time() -> None:
    delayed = Tally(accepted=997, when=utc_now())
    delayed.retry["429"] += 3
    with pytest.raises(Retry) as caught:
        conclude(delayed, 1000)
    assert "429 ×3 of 1000, accepted 997" in str(caught.value.exc)
    assert caught.value.when == delayed.when
