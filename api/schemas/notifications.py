"""What a notification looks like from outside: its state and its timeline, never its recipient or content."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from config.vocabulary import Action, Channel, Ending, Lane, State


class AcceptedOut(BaseModel):
    """A notification that is stored and will be sent."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "0193f2a4-7c1e-7d3a-9a55-1c0f5f0e8b11",
                    "status": "queued",
                    "channel": "solapi",
                    "created_at": "2026-11-24T00:45:00.123456Z",
                }
            ]
        }
    )

    id: UUID
    status: State
    channel: Channel
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
    account_id: UUID
    connection_id: UUID = Field(description="The provider account through which it leaves.")
    status: State
    channel: Channel
    type: str
    lane: Lane
    created_at: datetime
    updated_at: datetime
    not_before: datetime = Field(description="The earliest moment of the next claim.")
    expires_at: datetime | None
    reference: str | None
    departed_at: datetime | None = Field(
        description="When the request began that may have delivered it; of this attempt."
    )
    group_id: str | None = Field(description="SOLAPI's group of this attempt.")
    provider_id: str | None
    code: str | None = Field(description="Why it is where it is: the last failure's or delay's code.")
    attempt: int
    tries: int


class DecisionLineOut(BaseModel):
    """What somebody decided about a notification."""

    action: Action
    by: str = Field(description="`operator`, or the id of the account that it belongs to.")
    at: datetime


class WaitingOut(BaseModel):
    """Why a queued notification is not sent now: its connection is closed, for this reason, until this moment."""

    reason: str
    until: datetime


class NotificationWithAttemptsOut(NotificationOut):
    """A notification, its timeline, and what people decided about it."""

    attempts: list[AttemptOut]
    decisions: list[DecisionLineOut]
    waiting: WaitingOut | None = Field(description="Only of a queued one whose connection is closed.")


class NotificationPageOut(BaseModel):
    """One page of a list, newest first; `next_cursor` is null on the last one."""

    items: list[NotificationOut]
    next_cursor: str | None
