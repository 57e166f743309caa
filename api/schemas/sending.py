"""What the three send bodies have in common: when, how urgently, through which connection, under which name.

A body knows how it is stored (`sealed_body`), what its type is called and who receives what is stored; the routes ask
only that.
It must not know accounts, rows or vendors.
"""

from abc import abstractmethod
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar, Final
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)

from api.schemas.problems import Slug, problem
from api.schemas.text import named
from config.vocabulary import Lane
from models.types import utc_now

SIX_MONTHS: Final = timedelta(days=184)
"""No six months of any calendar are longer."""
A_YEAR: Final = timedelta(days=366)
GRACE: Final = timedelta(minutes=5)
"""How long ago `send_at` may be, meaning now: clocks differ, and a request that is repeated because its answer was lost
must get its first answer and not a refusal, even when its moment has come in between."""

_VISIBLE: Final = range(0x21, 0x7F)


def _parsed_moment(value: object, info: ValidationInfo) -> object:
    """Read ISO 8601 only: pydantic would take a number, too, and guess whether it means seconds or milliseconds."""
    if not isinstance(value, str):
        return value
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    detail = f"{named(info)} is not an ISO 8601 date and time with its zone, such as 2026-12-24T09:00:00+09:00"
    raise problem(Slug.INVALID_MOMENT, named(info), detail)


def check_reference(value: str) -> str:
    """Check that a reference can be compared in the database.

    Raises:
        PydanticCustomError: `invalid_reference`.
    """
    if not value.isascii() or any(ord(character) not in _VISIBLE for character in value):
        detail = "reference may hold visible ASCII characters only, no spaces"
        raise problem(Slug.INVALID_REFERENCE, "reference", detail)
    return value


MomentIn = Annotated[AwareDatetime, BeforeValidator(_parsed_moment)]


class StrictIn(BaseModel):
    """A piece of a body: unknown fields are refused, nothing is converted, nothing is changed afterwards."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class CommonIn(StrictIn):
    """When, how urgently, through which connection, under which name: the same for one message and for a batch."""

    COMMON: ClassVar[set[str]] = {"connection", "lane", "send_at", "expires_at", "reference"}

    connection: Annotated[UUID, Field(strict=False)] | None = Field(
        default=None,
        description="Which of your connections sends it; your only or default one of the channel if absent.",
    )
    lane: Annotated[Lane, Field(strict=False)] = Lane.NORMAL
    send_at: MomentIn | None = Field(
        default=None, description="Not before this moment (ISO 8601 with zone), at most six months ahead."
    )
    expires_at: MomentIn | None = Field(
        default=None, description="Not after this moment (ISO 8601 with zone): it fails as `expired` instead."
    )
    reference: Annotated[str, Field(min_length=1, max_length=64), AfterValidator(check_reference)] | None = Field(
        default=None, description="Your own name for it, searchable and stored in the clear: no personal data."
    )

    @field_validator("send_at")
    @classmethod
    def _near_ahead(cls, value: datetime | None) -> datetime | None:
        ahead = None if value is None else value - utc_now()
        if ahead is not None and ahead <= -GRACE:
            raise problem(Slug.MOMENT_PAST, "send_at", "send_at is in the past; leave it out to send now")
        if ahead is not None and ahead > SIX_MONTHS:
            raise problem(Slug.TOO_FAR_AHEAD, "send_at", "send_at is more than six months (184 days) ahead")
        return value

    @field_validator("expires_at")
    @classmethod
    def _after_sending(cls, value: datetime | None, info: ValidationInfo) -> datetime | None:
        if value is None:
            return None
        ahead, send_at = value - utc_now(), info.data.get("send_at")
        if ahead <= timedelta(0):
            raise problem(Slug.MOMENT_PAST, "expires_at", "expires_at is in the past: nothing would be sent")
        if ahead > A_YEAR:
            raise problem(Slug.TOO_FAR_AHEAD, "expires_at", "expires_at is more than a year (366 days) ahead")
        if send_at is not None and value <= send_at:
            detail = "expires_at is not later than send_at: nothing would be sent"
            raise problem(Slug.EXPIRES_BEFORE_SEND, "expires_at", detail)
        return value


class SendingIn(CommonIn):
    """The body of one message, which knows how it is stored."""

    @property
    @abstractmethod
    def type_name(self) -> str:
        """The channel's own type of this message, as the row keeps it."""

    @abstractmethod
    def sealed_body(self) -> dict[str, Any]:
        """The content as the channel composes from it: JSON values, only what is set."""

    @classmethod
    @abstractmethod
    def recipient_in(cls, content: Mapping[str, Any]) -> str:
        """The one text that stands for the recipient in the searchable hash, from what is sealed.

        So that the hash can be made anew from what is stored, whoever accepted it and when.
        """
