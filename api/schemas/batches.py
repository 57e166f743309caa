"""Bodies of batches: one message with variables and its recipients, and what a batch looks like from outside."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from api.schemas.problems import Slug, problem
from api.schemas.sending import CommonIn
from api.schemas.text import LINE
from config.vocabulary import BatchState, Channel, Lane, State

MOST_RECIPIENTS: Final = 10_000
MOST_MESSAGE: Final = 64 * 1024
BESIDE: Final = CommonIn.COMMON | {"provider"}
"""What stands beside the message, since it is the same for all."""
EACH_ITS_OWN: Final = frozenset({"to", "cc", "bcc", "receiver_uuids"})
TOO_HEAVY: Final = frozenset({"image", "attachments"})
"""What would be stored once for every recipient."""

EXAMPLES: Final[list[JsonValue]] = [
    {
        "channel": "solapi",
        "message": {"from": "02-1234-5678", "text": "[알림] #{name} 님, 주문 #{order}이(가) 발송되었습니다."},
        "recipients": [
            {"to": "010-0000-0001", "variables": {"name": "홍길동", "order": "A-1042"}, "reference": "order-1042"},
            {"to": "010-0000-0005", "variables": {"name": "김하늘", "order": "A-1043"}, "reference": "order-1043"},
        ],
        "distinct_by": "to",
    },
    {"channel": "gmail", "message": {"subject": "#{month} 이용 내역", "text": "#{name} 님, #{amount}원입니다."}},
]


def _light(message: dict[str, Any]) -> dict[str, Any]:
    for names, detail in (
        (BESIDE, "stands beside message, not in it"),
        (EACH_ITS_OWN, "is each recipient's own: it stands in recipients"),
        (TOO_HEAVY, "is too large to be stored once for every recipient: use imageId, or a link"),
    ):
        found = sorted(names & message.keys())
        if found:
            raise problem(Slug.NOT_IN_BATCH, f"message.{found[0]}", f"message.{found[0]} {detail}")
    if len(str(message).encode("utf-8", "replace")) > MOST_MESSAGE:
        detail = f"message is larger than {MOST_MESSAGE // 1024} KiB, which every recipient would store"
        raise problem(Slug.TEXT_TOO_LONG, "message", detail)
    return message


class BatchIn(CommonIn):
    """One message to many, each with its own variables; without `recipients` they are uploaded afterwards."""

    model_config = ConfigDict(json_schema_extra={"examples": EXAMPLES})

    channel: Annotated[Channel, Field(strict=False)]
    lane: Annotated[Lane, Field(strict=False)] = Lane.BULK
    message: Annotated[dict[str, Any], AfterValidator(_light)] = Field(
        description="As in a single request of the channel, without its recipient. Texts may hold `#{name}`."
    )
    recipients: Annotated[list[Any], Field(min_length=1, max_length=MOST_RECIPIENTS)] | None = Field(
        default=None,
        description="`{to, variables?, reference?}` each; `to` is a number, a mail address, or a friend's uuid (Kakao;"
        " oneself if absent). Whichever is wrong is reported and the others go.",
    )
    all_or_nothing: bool = Field(default=False, description="Accept none if any recipient is wrong.")
    distinct_by: Annotated[str, Field(min_length=1, max_length=100), LINE] | None = Field(
        default=None, description="`to`, `reference` or a variable: of recipients that have the same, the first goes."
    )


class RejectOut(BaseModel):
    """Why a recipient was not accepted."""

    number: int = Field(description="Which recipient, from 1.")
    line: int | None = Field(description="Where it ends in the uploaded file, from 1.")
    field: str
    code: str
    detail: str


class BatchOut(BaseModel):
    """A batch and how far it is."""

    id: UUID
    status: BatchState
    channel: Channel
    lane: Lane
    is_test: bool = Field(description="Sent by a test key: it goes to the sandbox, to nobody.")
    reference: str | None
    created_at: datetime
    not_before: datetime
    expires_at: datetime | None
    ended_at: datetime | None
    all_or_nothing: bool
    distinct_by: str | None
    rows_read: int = Field(description="Recipients that have been read; an upload that broke off goes on after them.")
    accepted: int
    rejected: int
    counts: dict[State, int] = Field(description="Its notifications by state; those that are zero are left out.")
    rate: float | None = Field(description="Notifications handled a second since it last began; null before.")
    seconds_left: float | None = Field(description="Until all are handled, at this rate; null where nobody can say.")


class BatchAcceptedOut(BatchOut):
    """A batch that takes or has taken its recipients."""

    errors: list[RejectOut] = Field(description="The first 50 rejects; `…/rejects` has the others.")
    upload: str | None = Field(description="Where to PUT the recipients, while it is receiving.")


class BatchPageOut(BaseModel):
    """One page of batches, newest first."""

    items: list[BatchOut]
    next_cursor: str | None


class RejectPageOut(BaseModel):
    """One page of rejects, in order; `next_after` continues it."""

    items: list[RejectOut]
    next_after: int | None
