from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError
from typing_extensions import override

from api.schemas.sending import SendingIn
from config.vocabulary import Lane
from tests.api.schemas.conftest import Refusal

NOW = datetime.now(UTC)
SOON = timedelta(minutes=30)


class Bare(SendingIn):
    """A body with nothing but the common fields."""

    @property
    @override
    def type_name(self) -> str:
        return "bare"

    @override
    def sealed_body(self) -> dict[str, Any]:
        return {}

    @classmethod
    @override
    def recipient_in(cls, content: Mapping[str, Any]) -> str:
        return "nobody"


def dated(body: dict[str, Any]) -> dict[str, Any]:
    """Distances as the moments they mean when the test runs, which may be long after it was collected."""
    now = datetime.now(UTC)
    return {name: (now + value).isoformat() if isinstance(value, timedelta) else value for name, value in body.items()}


def test_everything_may_be_left_out() -> None:
    body = Bare.model_validate({})
    assert (body.lane, body.connection, body.send_at, body.expires_at, body.reference) == (Lane.NORMAL, *[None] * 4)


def test_the_list_of_common_fields_is_whole() -> None:
    assert set(SendingIn.model_fields) == SendingIn.COMMON


def test_json_texts_become_what_they_mean() -> None:
    seoul = (NOW + SOON).astimezone().isoformat()
    connection = "0193f2a4-7c1e-7d3a-9a55-1c0f5f0e8b11"
    body = Bare.model_validate({"connection": connection, "lane": "bulk", "send_at": seoul, "reference": "order-1042"})
    assert (body.connection, body.lane, body.send_at) == (UUID(connection), Lane.BULK, NOW + SOON)
    assert body.send_at is not None
    assert body.send_at.tzinfo is UTC


@pytest.mark.parametrize(
    ("body", "slugs"),
    [
        ({"send_at": timedelta(minutes=1)}, set()),
        ({"send_at": timedelta(days=183)}, set()),
        ({"send_at": timedelta(minutes=-4)}, set()),
        ({"send_at": timedelta(minutes=-6)}, {"moment_past"}),
        ({"send_at": timedelta(days=185)}, {"too_far_ahead"}),
        ({"send_at": "2026-12-24T09:00:00"}, {"invalid_moment"}),
        ({"send_at": "2026-12-24"}, {"invalid_moment"}),
        ({"send_at": "1798070400"}, {"invalid_moment"}),
        ({"send_at": "9999-12-31T23:59:59-12:00"}, {"invalid_moment"}),
        ({"send_at": "0001-01-01T00:00:00+14:00"}, {"invalid_moment"}),
        ({"send_at": "내일"}, {"invalid_moment"}),
        ({"send_at": 1798070400}, {"datetime_type"}),
        ({"send_at": NOW.replace(tzinfo=None)}, {"timezone_aware"}),
        ({"expires_at": timedelta(minutes=1)}, set()),
        ({"expires_at": timedelta(seconds=-1)}, {"moment_past"}),
        ({"expires_at": timedelta(days=367)}, {"too_far_ahead"}),
        ({"expires_at": "9999-12-31T23:59:59Z"}, {"too_far_ahead"}),
        ({"send_at": timedelta(hours=1), "expires_at": timedelta(hours=2)}, set()),
        ({"send_at": timedelta(hours=1), "expires_at": timedelta(hours=1)}, {"expires_before_send"}),
        ({"send_at": timedelta(minutes=-6), "expires_at": timedelta(hours=1)}, {"moment_past"}),
        ({"reference": "A" * 64}, set()),
        ({"reference": "A" * 65}, {"string_too_long"}),
        ({"reference": ""}, {"string_too_short"}),
        ({"reference": "order 1"}, {"invalid_reference"}),
        ({"reference": "주문"}, {"invalid_reference"}),
        ({"lane": "fast"}, {"enum"}),
        ({"connection": "mine"}, {"uuid_parsing"}),
        ({"colour": "red"}, {"extra_forbidden"}),
    ],
)
def test_common_fields(refusal: Refusal, body: dict[str, Any], slugs: set[str]) -> None:
    assert refusal(Bare, dated(body)) == slugs


def test_a_refusal_names_its_field_and_does_not_print_what_was_sent() -> None:
    with pytest.raises(ValidationError) as caught:
        Bare.model_validate({"send_at": "01012345678"})
    assert caught.value.errors()[0]["loc"] == ("send_at",)
    assert "send_at" in str(caught.value)
    assert "01012345678" not in str(caught.value)
