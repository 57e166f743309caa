"""What a person can say about notifications, and what comes of it.

`after_attempt` and `failed_before` name what the person has seen, so that a request that comes twice does nothing
the second time. It must not know rows.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.notifications import NotificationWithAttemptsOut
from api.schemas.sending import IsoMoment, StrictIn
from config.vocabulary import Channel, Lane

AfterAttempt = Annotated[
    int, Field(ge=0, le=2**31 - 1, description="The notification's `attempt`, as it was when you decided.")
]


class ResendIn(StrictIn):
    """Send it again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"after_attempt": 1}]})

    after_attempt: AfterAttempt


class ResolveIn(StrictIn):
    """Say what became of a notification that may or may not have been sent."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"as": "sent", "after_attempt": 1}, {"as": "resend", "after_attempt": 1}]}
    )

    said: Literal["sent", "failed", "resend"] = Field(alias="as")
    after_attempt: AfterAttempt


class ReplayIn(StrictIn):
    """Which failed notifications to send again; all given ones must hold."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"code": "1062", "channel": "solapi"}, {"code": "1062", "dry_run": False}]}
    )

    code: str | None = Field(None, pattern=r"^[\x21-\x7e]{1,64}$")
    channel: Annotated[Channel, Field(strict=False)] | None = None
    lane: Annotated[Lane, Field(strict=False)] | None = None
    type: str | None = Field(None, pattern=r"^[\x21-\x7e]{1,16}$")
    created_from: IsoMoment | None = None
    created_to: IsoMoment | None = None
    failed_before: IsoMoment | None = Field(
        None, description="Now, if absent. Give what the count answered, to send again just those, once."
    )
    dry_run: bool = Field(True, description="Only count.")  # noqa: FBT003 - a field's default


class CancelOut(NotificationWithAttemptsOut):
    """The notification, and which of the two happened."""

    cancelled: bool = Field(description="False: it was too late, a worker had it already or it had ended.")


class DecisionOut(NotificationWithAttemptsOut):
    """The notification after the decision."""

    changed: bool = Field(description="False: this same decision had been made before, and nothing was done now.")


class ReplayOut(BaseModel):
    """How many, by their codes."""

    dry_run: bool
    count: int = Field(description="Counted: how many would be sent again. Otherwise: how many are queued again.")
    by_code: dict[str, int]
    skipped: int = Field(description="Failed ones that match but cannot be sent: expired, or their content is erased.")
    more: bool = Field(description="Over 100,000 match, the most of one request: repeat it for the next.")
    failed_before: datetime
