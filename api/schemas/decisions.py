"""Bodies and answers of decisions about notifications: cancel, resend, resolve, replay."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from api.schemas.notifications import NotificationWithAttemptsOut
from api.schemas.sending import MomentIn, StrictIn
from api.schemas.text import VISIBLE
from config.vocabulary import Channel, Lane


class As(StrEnum):
    """What a person knows, or decides, of an unknown notification."""

    SENT = "sent"
    FAILED = "failed"
    RESEND = "resend"


class ResendIn(StrictIn):
    """Which attempt is to be followed by another: repeated, it finds that attempt over and changes nothing."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"after_attempt": 1}]})

    after_attempt: int = Field(ge=0, description="The notification's `attempt` as you last saw it.")


class ResolveIn(StrictIn):
    """What became of an unknown notification."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"as": "sent", "after_attempt": 1}]})

    as_: Annotated[As, Field(strict=False, alias="as", description="`sent`, `failed`, or `resend` at the risk of two.")]
    after_attempt: int = Field(ge=0, description="The notification's `attempt` as you last saw it.")


class ReplayIn(StrictIn):
    """Which failed notifications are to be sent again; all given conditions must hold."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"code": "http_503", "created_from": "2026-11-24T09:00:00+09:00", "dry_run": True}]
        }
    )

    code: str | None = Field(default=None, max_length=64, pattern=VISIBLE)
    channel: Annotated[Channel, Field(strict=False)] | None = None
    lane: Annotated[Lane, Field(strict=False)] | None = None
    type: str | None = Field(default=None, max_length=16, pattern=VISIBLE)
    created_from: MomentIn | None = None
    created_to: MomentIn | None = None
    failed_before: MomentIn | None = Field(
        default=None, description="Only what failed before this moment, as a count has answered it; now if absent."
    )
    dry_run: bool = Field(default=True, description="Count only; `false` sends them again.")


class CancelledOut(NotificationWithAttemptsOut):
    """The notification, and which of the two happened."""

    cancelled: bool = Field(description="False: it was too late, a worker had it already; its state says how it is.")


class DecidedOut(NotificationWithAttemptsOut):
    """The notification, and whether this request changed it."""

    changed: bool = Field(description="False: the same was decided before, nothing happened now.")


class ReplayOut(StrictIn):
    """How many failed notifications match, or were queued again."""

    dry_run: bool
    count: int
    by_code: dict[str, int]
    skipped: int = Field(description="Matching ones that cannot be sent any more: expired, or their content deleted.")
    failed_before: datetime = Field(
        description="Sent back with `dry_run: false`, it means the notifications that were counted, also when repeated."
    )
    more: bool = Field(description="Whether more than this request takes (100,000) are left.")
