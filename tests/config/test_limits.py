import pytest

from config.limits import DEFAULTS, Day, Limit, Limits, limit_of
from config.settings import settings
from config.vocabulary import Channel


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALRIM_ENV", "prod")
    settings.cache_clear()
    monkeypatch.setattr(settings, "cache_clear", settings.cache_clear)


@pytest.mark.parametrize("channel", Channel)
def test_every_channel_can_be_set(channel: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    assert limit_of(channel) == DEFAULTS[channel]
    monkeypatch.setenv(f"ALRIM_RATE_{channel.upper()}", "7.5")
    monkeypatch.setenv(f"ALRIM_PER_DAY_{channel.upper()}", "0")
    settings.cache_clear()
    assert limit_of(channel) == Limit(7.5, 0, DEFAULTS[channel].day)


def test_the_sandbox_has_no_limits_unless_somebody_sets_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALRIM_ENV", "test")
    settings.cache_clear()
    assert all(limit_of(channel).none for channel in Channel)
    monkeypatch.setenv("ALRIM_PER_DAY_KAKAO", "100")
    settings.cache_clear()
    assert limit_of(Channel.KAKAO) == Limit(0, 100, Day.KOREAN)


def test_a_share_is_never_more_than_its_part_and_never_no_limit() -> None:
    assert Limit(8, 500, Day.ROLLING).shared_by(8) == Limit(1, 62, Day.ROLLING)
    assert Limit(0, 5, Day.ROLLING).shared_by(8) == Limit(0, 1, Day.ROLLING)
    assert Limit(4, 0, Day.ROLLING).shared_by(8) == Limit(0.5, 0, Day.ROLLING)


def test_settings_name_every_channel() -> None:
    assert {f"{kind}_{channel}" for kind in ("rate", "per_day") for channel in Channel} <= set(Limits.model_fields)
