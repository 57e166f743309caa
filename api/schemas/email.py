"""The body of `email/send`: a mail in parts, from which a channel composes it.

Nothing that can break out of a header gets past here, and every address is pure ASCII. It must not know SMTP or SES
beyond how many recipients each takes.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, JsonValue, model_validator
from typing_extensions import override

from api.schemas.attachment import AttachmentIn
from api.schemas.mailbox import AnyMailboxIn, MailboxIn
from api.schemas.problems import Slug, problem
from api.schemas.sending import SendingIn
from api.schemas.text import HEADER, STORABLE
from config.vocabulary import Channel

TYPE: Final = "mail"
GMAIL_RECIPIENTS: Final = 100
SES_RECIPIENTS: Final = 50
SUBJECT_BYTES: Final = 998
ATTACHMENTS: Final = 20
ATTACHED_BYTES: Final = 5 * 1024 * 1024

EXAMPLES: Final[list[JsonValue]] = [
    {
        "to": "customer@example.com",
        "subject": "주문이 접수되었습니다",
        "text": "홍길동 님, 주문 A-1042가 접수되었습니다.",
    },
    {
        "to": [{"email": "customer@example.com", "name": "홍길동"}],
        "cc": ["sales@example.com"],
        "reply_to": {"email": "help@example.com", "name": "고객센터"},
        "subject": "11월 이용 내역서",
        "text": "이용 내역서를 첨부합니다.",
        "html": "<p>이용 내역서를 <b>첨부</b>합니다.</p>",
        "attachments": [{"filename": "내역서.txt", "content_type": "text/plain", "content": "7JWM66a8"}],
        "provider": "gmail",
        "reference": "invoice-2026-11",
    },
]


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _subject(value: str) -> str:
    length = len(value.encode())
    if length > SUBJECT_BYTES:
        detail = f"subject is {length:,} bytes long in UTF-8; it may have {SUBJECT_BYTES}"
        raise problem(Slug.SUBJECT_TOO_LONG, "subject", detail)
    return value


def _small_enough(attachments: list[AttachmentIn]) -> list[AttachmentIn]:
    size = sum(attachment.size for attachment in attachments)
    if size > ATTACHED_BYTES:
        detail = f"attachments are {size:,} bytes together; a mail carries at most {ATTACHED_BYTES:,} (5 MiB)"
        raise problem(Slug.ATTACHMENTS_TOO_LARGE, "attachments", detail)
    return attachments


_Content = Annotated[str, Field(min_length=1, max_length=1_000_000), STORABLE]
_Others = Annotated[list[AnyMailboxIn], Field(max_length=GMAIL_RECIPIENTS)]


class EmailIn(SendingIn):
    """A mail through Gmail or SES."""

    model_config = ConfigDict(json_schema_extra={"examples": EXAMPLES})

    to: Annotated[
        list[AnyMailboxIn],
        Field(min_length=1, max_length=GMAIL_RECIPIENTS),
        BeforeValidator(_listed, json_schema_input_type=str | list[str | MailboxIn]),
    ]
    cc: _Others = Field(default=[])
    bcc: _Others = Field(default=[])
    reply_to: AnyMailboxIn | None = None
    subject: Annotated[str, Field(min_length=1), HEADER, AfterValidator(_subject)]
    text: _Content | None = Field(default=None, description="At least one of text and html.")
    html: _Content | None = None
    attachments: Annotated[list[AttachmentIn], Field(max_length=ATTACHMENTS), AfterValidator(_small_enough)] = Field(
        default=[], description="At most 5 MiB together, before base64."
    )
    provider: Literal[Channel.GMAIL, Channel.SES] | None = Field(
        default=None, description="Gmail if absent, SES if the account has only that."
    )

    @model_validator(mode="after")
    def _sendable(self) -> Self:
        if self.text is None and self.html is None:
            raise problem(Slug.CONTENT_MISSING, "text", "text and html are both missing: a mail has at least one")
        count = len(self.to) + len(self.cc) + len(self.bcc)
        # Without a provider it may become SES's, which is not decided here.
        limit = GMAIL_RECIPIENTS if self.provider is Channel.GMAIL else SES_RECIPIENTS
        if count > limit:
            detail = (
                f"to, cc and bcc hold {count} recipients; at most {SES_RECIPIENTS} are taken, "
                f"or {GMAIL_RECIPIENTS} with provider gmail"
            )
            raise problem(Slug.TOO_MANY_RECIPIENTS, "to", detail)
        return self

    @property
    @override
    def type_name(self) -> str:
        """Always `mail`."""
        return TYPE

    @override
    def sealed_body(self) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude_none=True, exclude={*self.COMMON, "provider"})

    @classmethod
    @override
    def recipient_in(cls, content: Mapping[str, Any]) -> str:
        """The first address of `to`, in lower case."""
        first: str = content["to"][0]["email"]
        return first.lower()
