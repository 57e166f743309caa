"""What a notification looks like from outside: its state and its timeline, never its recipient or content."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from config.vocabulary import Action, Channel, Ending, Lane, Role, State


class AcceptedOut(BaseModel):
    """A notification that is stored and will be sent."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "0193f2a4-7c1e-7d3a-9a55-1c0f5f0e8b11",
                    "status": "queued",
                    "channel": "solapi",
                    "is_test": False,
                    "created_at": "2026-11-24T00:45:00.123456Z",
                }
            ]
        }
    )

    id: UUID
    status: State
    channel: Channel
    is_test: bool = Field(description="Sent by a test key: it goes to the sandbox, to nobody.")
    created_at: datetime


class AttemptOut(BaseModel):
    """One attempt: when, and how it ended."""

    attempt: int
    outcome: Ending
    code: str | None = Field(description="A stable word or the vendor's code; never the vendor's free text.")
    refused: list[str] = Field(description="Recipients that were refused while others were accepted: `index:code`.")
    started_at: datetime
    ended_at: datetime


class NotificationOut(BaseModel):
    """A notification as the row remembers it."""

    id: UUID
    status: State
    channel: Channel
    type: str
    lane: Lane
    created_at: datetime
    updated_at: datetime
    not_before: datetime = Field(description="The earliest moment of the next claim.")
    expires_at: datetime | None
    reference: str | None
    provider_id: str | None
    code: str | None = Field(description="Why it is where it is: the last failure's or delay's code.")
    attempt: int
    tries: int
    connection_id: UUID
    is_test: bool = Field(description="Sent by a test key: it goes to the sandbox, to nobody.")
    departed_at: datetime | None = Field(description="When it passed the point after which it may have left.")
    group_id: str | None = Field(description="The provider's handle by which a departed one can be asked about.")


class DecisionOut(BaseModel):
    """What somebody decided about it."""

    action: Action
    by: Role = Field(description="Its account (`user`) or an operator.")
    detail: str = Field(description="JSON: what was chosen.")
    at: datetime


class WaitingOut(BaseModel):
    """Why a queued one does not leave: its connection is closed."""

    reason: str = Field(description="The provider's code, `daily_quota`, or what it last failed with.")
    until: datetime = Field(description="When the first message may try again.")


class NotificationWithAttemptsOut(NotificationOut):
    """A notification and its timeline."""

    attempts: list[AttemptOut]
    decisions: list[DecisionOut]
    waiting: WaitingOut | None


class NotificationPageOut(BaseModel):
    """One page of a list, newest first; `next_cursor` is null on the last one."""

    items: list[NotificationOut]
    next_cursor: str | None
