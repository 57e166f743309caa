from datetime import UTC, datetime, timedelta

from sandbox.kakao_quota import PAIR, RECEIVER, SENDER, Quota

# 14:59 UTC is one minute before midnight in Korea.
NOW = datetime(2026, 11, 24, 14, 59, tzinfo=UTC)


def test_each_limit_has_its_code() -> None:
    quota = Quota((5, 3, 2))
    assert [quota.take("me", "a", NOW) for _ in range(3)] == [None, None, PAIR]
    assert [quota.take("you", "a", NOW) for _ in range(2)] == [None, RECEIVER]
    assert [quota.take("me", None, NOW) for _ in range(4)] == [None, None, None, SENDER]


def test_a_day_ends_at_midnight_in_korea() -> None:
    quota = Quota((1, 1, 1))
    assert quota.take("me", None, NOW) is None
    assert quota.take("me", None, NOW + timedelta(seconds=59)) == SENDER
    assert quota.take("me", None, NOW + timedelta(seconds=60)) is None


def test_no_limit_counts_nothing() -> None:
    quota = Quota(None)
    assert {quota.take("me", "a", NOW) for _ in range(1000)} == {None}
