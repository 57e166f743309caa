import pytest

from config.settings import Api, Installation, Secrets, SettingsError, settings
from config.vocabulary import Env


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ENV", "DATABASE_URL", "BROKER_URL", "JWT_SECRET", "SEAL_KEYS", "INDEX_KEY", "TRUSTED_HOSTS"):
        monkeypatch.delenv(f"ALRIM_{name}", raising=False)
    settings.cache_clear()


def test_unset_means_prod() -> None:
    assert settings(Installation).env is Env.PROD


@pytest.mark.parametrize("env", ["dev", "prod", None])
def test_outside_local_nothing_has_a_default(env: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if env is not None:
        monkeypatch.setenv("ALRIM_ENV", env)
    with pytest.raises(SettingsError, match="ALRIM_DATABASE_URL"):
        settings(Installation).database()
    with pytest.raises(SettingsError, match="ALRIM_BROKER_URL"):
        settings(Installation).broker()


def test_local_is_embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALRIM_ENV", "local")
    assert settings(Installation).database().startswith("sqlite:////")
    assert settings(Installation).broker().startswith("redis+socket:///")


def test_a_missing_secret_names_itself() -> None:
    with pytest.raises(SettingsError, match="ALRIM_JWT_SECRET is not set"):
        settings(Secrets)


def test_a_short_secret_names_itself_and_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("JWT_SECRET", "INDEX_KEY"):
        monkeypatch.setenv(f"ALRIM_{name}", "too-short")
    monkeypatch.setenv("ALRIM_SEAL_KEYS", "1:" + "A" * 44)
    with pytest.raises(SettingsError, match="ALRIM_JWT_SECRET") as caught:
        settings(Secrets)
    assert "too-short" not in str(caught.value)


def test_a_previous_index_key_is_as_long_as_the_present_one_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("JWT_SECRET", "INDEX_KEY"):
        monkeypatch.setenv(f"ALRIM_{name}", "x" * 32)
    monkeypatch.setenv("ALRIM_SEAL_KEYS", "1:" + "A" * 44)
    assert settings(Secrets).index_key_previous is None
    for value, wrong in (("", False), ("too-short", True), ("very-secret" * 3, False)):
        monkeypatch.setenv("ALRIM_INDEX_KEY_PREVIOUS", value)
        settings.cache_clear()
        if wrong:
            with pytest.raises(SettingsError, match="ALRIM_INDEX_KEY_PREVIOUS") as caught:
                settings(Secrets)
            assert value not in str(caught.value)
        else:
            assert "very-secret" not in repr(settings(Secrets))


def test_a_wrong_env_names_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALRIM_ENV", "production")
    with pytest.raises(SettingsError, match="ALRIM_ENV"):
        settings(Installation)


def test_lists_are_comma_separated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALRIM_TRUSTED_HOSTS", "a.example.com, b.example.com ,")
    assert settings(Api).trusted_hosts == ("a.example.com", "b.example.com")


def test_secrets_are_not_in_the_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALRIM_DATABASE_URL", "mysql+pymysql://u:very-secret@db/x")
    assert "very-secret" not in repr(settings(Installation))
