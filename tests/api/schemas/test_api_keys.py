from datetime import UTC, datetime
from uuid import uuid4

import pytest
from pydantic import ValidationError

from api.schemas.api_keys import ApiKeyChangeIn, ApiKeyIn, ApiKeyMadeOut, WhitelistIn
from config.vocabulary import KeyKind, KeyStatus


def test_a_key_needs_nothing_said() -> None:
    made = ApiKeyIn()
    assert (made.user_memo, made.legacy_signing, made.whitelist) == ("", False, [])
    assert ApiKeyChangeIn().model_dump(exclude_none=True) == {}


@pytest.mark.parametrize(
    ("text", "stored"),
    [("203.0.113.7", "203.0.113.7/32"), ("::ffff:203.0.113.7", "203.0.113.7/32"), ("::1", "::1/128")],
)
def test_a_network_is_stored_as_a_cidr(text: str, stored: str) -> None:
    assert WhitelistIn(network=text).network == stored


@pytest.mark.parametrize("text", ["", "localhost", "203.0.113.7/24", "x" * 50, "\0"])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        WhitelistIn(network=text)


def test_the_longest_network_fits_its_column() -> None:
    longest = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"
    assert len(WhitelistIn(network=longest).network) <= 49


def test_a_secret_key_is_not_shown_by_its_model() -> None:
    made = ApiKeyMadeOut(
        id=uuid4(),
        access_key="a" * 60,
        user_memo="",
        legacy_signing=False,
        kind=KeyKind.LIVE,
        read_only=False,
        channels=[],
        expires_at=None,
        previous_until=None,
        last_used_at=None,
        last_used_from=None,
        status=KeyStatus.ACTIVE,
        whitelist=[],
        created_at=datetime.now(UTC),
        secret_key="s" * 40,
    )
    assert "s" * 40 not in repr(made)
    assert made.model_dump()["secret_key"] == "s" * 40
