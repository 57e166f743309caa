import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import jwt
import pytest

from api.errors import ApiError, Code
from api.security.tokens import Access, RefreshToken, issue, read
from config.settings import settings

SECRET = "j" * 32
ACCOUNT, SESSION = uuid4(), uuid4()


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in {"JWT_SECRET": SECRET, "INDEX_KEY": "i" * 32, "SEAL_KEYS": "1:" + "A" * 44}.items():
        monkeypatch.setenv(f"ALRIM_{name}", value)
    settings.cache_clear()
    yield
    settings.cache_clear()


def claims(**changes: str | int | None) -> dict[str, Any]:
    known = jwt.decode(issue(ACCOUNT, SESSION, datetime.now(UTC)), SECRET, ["HS256"], audience="alrim-api")
    return {name: value for name, value in {**known, **changes}.items() if value is not None}


def test_a_token_names_its_account_for_an_hour() -> None:
    assert read(issue(ACCOUNT, SESSION, datetime.now(UTC))) == Access(ACCOUNT, SESSION)
    assert read(issue(ACCOUNT, SESSION, datetime.now(UTC) - timedelta(minutes=59))) == Access(ACCOUNT, SESSION)
    found = claims()
    assert found["exp"] - found["iat"] == 3600
    assert found.keys() == {"exp", "iat", "iss", "aud", "jti", "sub", "sid"}
    assert claims()["jti"] != found["jti"]


def test_an_old_token_says_that_it_has_expired() -> None:
    with pytest.raises(ApiError) as refused:
        read(issue(ACCOUNT, SESSION, datetime.now(UTC) - timedelta(minutes=61)))
    assert refused.value.code is Code.TOKEN_EXPIRED


def _part(values: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def forged() -> dict[str, str]:
    good = claims()
    return {
        "nothing": "",
        "no token": "a.b.c",
        "another's secret": jwt.encode(good, "x" * 32, "HS256"),
        "another algorithm": jwt.encode(good, SECRET * 2, "HS512"),
        "no algorithm": f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(good)}.",
        "another audience": jwt.encode(claims(aud="other"), SECRET, "HS256"),
        "another issuer": jwt.encode(claims(iss="other"), SECRET, "HS256"),
        "a subject that is no id": jwt.encode(claims(sub="root"), SECRET, "HS256"),
        "a login that is no id": jwt.encode(claims(sid=7), SECRET, "HS256"),
        "issued in the future": jwt.encode(claims(iat=good["iat"] + 600), SECRET, "HS256"),
        **{f"without {name}": jwt.encode(claims(**{name: None}), SECRET, "HS256") for name in good},
    }


def test_what_this_installation_did_not_issue_is_refused() -> None:
    for name, token in forged().items():
        with pytest.raises(ApiError) as refused:
            read(token)
        assert refused.value.code is Code.TOKEN_INVALID, name


def test_a_refresh_token_survives_the_wire_and_is_stored_as_its_hash() -> None:
    token = RefreshToken.new(ACCOUNT)
    again = RefreshToken.parse(token.text)
    assert again == token
    assert again.matches(sha256(token.text.encode()).digest())
    assert not RefreshToken.new(ACCOUNT).matches(token.digest)
    assert token.secret not in repr(token)
    assert len(base64.urlsafe_b64decode(token.secret + "=")) == 32


@pytest.mark.parametrize("text", ["", ".", "x", "no-id.secret", "é.é"])
def test_what_is_no_refresh_token_is_refused(text: str) -> None:
    with pytest.raises(ApiError) as refused:
        RefreshToken.parse(text)
    assert refused.value.code is Code.REFRESH_TOKEN_INVALID
