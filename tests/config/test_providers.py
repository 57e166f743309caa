from collections.abc import Iterator

import pytest

from config.providers import addresses, installation_credentials
from config.settings import settings
from config.vocabulary import Channel


@pytest.fixture(autouse=True)
def said(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in {
        "ENV": "prod",
        "GMAIL_USER": "alrim@example.com",
        "GMAIL_PASSWORD": "app password",
        "GOOGLE_CLIENT_ID": "app",
        "GOOGLE_CLIENT_SECRET": "hush",
    }.items():
        monkeypatch.setenv(f"ALRIM_{name}", value)
    settings.cache_clear()
    yield
    settings.cache_clear()


def test_a_gmail_connection_is_told_where_its_token_is_renewed_and_as_whom() -> None:
    known = addresses(Channel.GMAIL)
    assert (known["client_id"], known["client_secret"]) == ("app", "hush")
    assert known["token_url"] == "https://oauth2.googleapis.com/token"
    assert (known["host"], known["port"], known["tls"]) == ("smtp.gmail.com", "465", "implicit")


def test_the_installations_own_gmail_keeps_its_password() -> None:
    assert installation_credentials()[Channel.GMAIL] == {
        "user": "alrim@example.com",
        "password": "app password",
        "host": "smtp.gmail.com",
        "port": "465",
        "tls": "implicit",
    }
