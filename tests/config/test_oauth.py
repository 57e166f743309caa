from collections.abc import Callable, Iterator

import pytest

from config.oauth import OAuthApp, google_app, kakao_app
from config.settings import settings

Say = Callable[[str, str], None]


@pytest.fixture(autouse=True)
def say(monkeypatch: pytest.MonkeyPatch) -> Iterator[Say]:
    """An installation in production without an app; what is yielded says one more setting."""

    def one_more(name: str, value: str) -> None:
        monkeypatch.setenv(f"ALRIM_{name}", value)
        settings.cache_clear()

    for name in ("GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET", "GOOGLE_BASE_URL", "KAKAO_REST_API_KEY"):
        monkeypatch.delenv(f"ALRIM_{name}", raising=False)
    one_more("ENV", "prod")
    yield one_more
    settings.cache_clear()


def test_without_an_app_nobody_can_consent() -> None:
    assert google_app() is None
    assert kakao_app() is None


def test_googles_app_is_at_googles_own_three_addresses(say: Say) -> None:
    say("GOOGLE_CLIENT_ID", "app")
    say("GOOGLE_CLIENT_SECRET", "hush")
    app = google_app()
    assert app == OAuthApp(
        "app",
        "hush",
        "https://accounts.google.com/o/oauth2/v2/auth",
        "https://oauth2.googleapis.com/token",
        "https://openidconnect.googleapis.com/v1/userinfo",
    )
    assert "hush" not in repr(app)


@pytest.mark.parametrize(("env", "port"), [("local", "8025"), ("test", "18025")])
def test_googles_app_of_the_sandbox(say: Say, env: str, port: str) -> None:
    say("ENV", env)
    say("SANDBOX_PORT", port)
    base = f"http://127.0.0.1:{port}/google"
    assert google_app() == OAuthApp("sandbox", "sandbox", f"{base}/auth", f"{base}/token", f"{base}/userinfo")


def test_one_address_stands_for_googles_three(say: Say) -> None:
    say("GOOGLE_CLIENT_ID", "app")
    say("GOOGLE_BASE_URL", "https://google.example/x/")
    assert google_app() == OAuthApp(
        "app", "", *(f"https://google.example/x/{path}" for path in ("auth", "token", "userinfo"))
    )


def test_kakaos_app_says_where_a_token_tells_whose_it_is(say: Say) -> None:
    say("KAKAO_REST_API_KEY", "app")
    app = kakao_app()
    assert app is not None
    assert app.profile_url == "https://kapi.kakao.com/v2/user/me"
