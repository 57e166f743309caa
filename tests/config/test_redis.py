import pytest

from config.redis import Sentinels, address
from config.settings import Installation, SettingsError


@pytest.mark.parametrize(
    ("url", "where"),
    [
        ("redis://one:6379/0", "redis://one:6379/0"),
        ("rediss://one/0", "rediss://one/0"),
        ("redis+socket:///run/r.sock?virtual_host=2", "unix:///run/r.sock?db=2"),
        ("redis+socket:///run/r.sock", "unix:///run/r.sock?db=0"),
        ("amqp://one;amqp://two", None),
        ("sentinel://one", Sentinels([("one", 26379)], "main", 0, None, None)),
        (
            "sentinel://me:p%40ss@one:1/3;sentinel://two:2/3",
            Sentinels([("one", 1), ("two", 2)], "main", 3, "me", "p@ss"),
        ),
    ],
)
def test_where_a_redis_is(url: str, where: object) -> None:
    assert address(url, "main") == where


@pytest.mark.parametrize(
    "url", ["sentinel://:secret@one;two:26379", "sentinel://", "sentinel://:secret@one;redis://two"]
)
def test_a_wrong_address_names_the_setting_and_shows_nothing_of_itself(url: str) -> None:
    with pytest.raises(ValueError, match="ALRIM_BROKER_URL") as caught:
        address(url, "main")
    assert "secret" not in str(caught.value)


def test_sentinels_without_a_masters_name_stop_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALRIM_BROKER_URL", "sentinel://one")
    with pytest.raises(SettingsError, match="ALRIM_REDIS_SENTINEL_MASTER"):
        Installation().broker()
    monkeypatch.setenv("ALRIM_REDIS_SENTINEL_MASTER", "main")
    assert Installation().broker() == "sentinel://one"
