"""Connections on the wire: credentials go in and never come out again."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from api.schemas.accounts import EmailAddress, In, examples, without_nul
from config.vocabulary import Channel, ConnectionStatus

Secret = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[\x21-\x7e]+$")]
"""What a provider's console shows: visible ASCII."""
ConnectionName = Annotated[str, Field(max_length=100), AfterValidator(without_nul)]


class SolapiCredentialsIn(In):
    """An API key of SOLAPI's console."""

    channel: Literal[Channel.SOLAPI]
    api_key: Secret = Field(repr=False)
    api_secret: Secret = Field(repr=False)


def _closed_up(text: str) -> str:
    # Google shows an app password in four groups.
    return text.replace(" ", "").replace("\u00a0", "")


class GmailCredentialsIn(In):
    """A Gmail address and an app password (https://support.google.com/accounts/answer/185833)."""

    channel: Literal[Channel.GMAIL]
    user: EmailAddress = Field(repr=False)
    password: Annotated[str, AfterValidator(_closed_up)] = Field(min_length=1, max_length=300, repr=False)


class SesCredentialsIn(In):
    """An IAM key that may ses:SendEmail and ses:GetAccount, and the verified address that mails come from."""

    channel: Literal[Channel.SES]
    access_key_id: Secret = Field(repr=False)
    secret_access_key: Secret = Field(repr=False)
    # The region becomes part of a host's name: nothing else may stand in it.
    region: str = Field(default="ap-northeast-2", pattern=r"^[a-z]{2}(-[a-z]{1,12}){1,3}-[0-9]{1,2}$")
    from_: EmailAddress = Field(alias="from", repr=False)


CredentialsIn = Annotated[SolapiCredentialsIn | GmailCredentialsIn | SesCredentialsIn, Field(discriminator="channel")]


def words(credentials: SolapiCredentialsIn | GmailCredentialsIn | SesCredentialsIn) -> dict[str, str]:
    """Read credentials as the words that are sealed; `channel` stands in the row."""
    return credentials.model_dump(mode="json", by_alias=True, exclude={"channel"})


class ConnectionIn(In):
    """A new connection."""

    model_config = examples(
        {
            "name": "주문 문자",
            "credentials": {"channel": "solapi", "api_key": "NCSAYU7PTOZ", "api_secret": "the-secret-of-this-key"},
        },
        {"credentials": {"channel": "gmail", "user": "me@example.com", "password": "abcd efgh ijkl mnop"}},
    )

    name: ConnectionName = ""
    is_default: bool = Field(default=False, description="Use it when a message names none.")
    credentials: CredentialsIn = Field(repr=False)


class ConnectionChangeIn(In):
    """What to change; what is left out stays. New credentials are of the same channel."""

    model_config = examples({"name": "주문 문자"}, {"is_default": True})

    name: ConnectionName | None = None
    is_default: bool | None = None
    credentials: CredentialsIn | None = Field(default=None, repr=False)


class KakaoConsentIn(In):
    """What a person is asked to consent to in KakaoTalk."""

    model_config = examples({"name": "내 카카오톡"}, {"friends": True})

    name: ConnectionName = ""
    friends: bool = Field(default=False, description="Ask for messages to friends as well.")
    connection: UUID | None = Field(default=None, description="Renew this one; a new one is made if it is left out.")


class GoogleConsentIn(In):
    """Which Gmail connection a person is asked to consent to."""

    model_config = examples({"name": "주문 메일"})

    name: ConnectionName = ""
    connection: UUID | None = Field(default=None, description="Renew this one; a new one is made if it is left out.")


class ComeBackIn(BaseModel):
    """What a provider sends a browser back with (RFC 6749, 4.1.2); whatever else it adds is not looked at."""

    state: str = Field(max_length=200, repr=False)
    code: str | None = Field(default=None, max_length=2000, repr=False)
    error: str | None = Field(default=None, max_length=200)


class ConsentOut(BaseModel):
    """Where to consent; open it in the browser that asked, within ten minutes."""

    authorize_url: str


class ConnectionOut(BaseModel):
    """A connection without its secrets."""

    id: UUID
    channel: Channel
    name: str
    is_default: bool
    status: ConnectionStatus
    problem: str | None = Field(description="What is wrong, in words; null while nothing is known to be.")
    tested_at: datetime | None = Field(description="When it was last tried out on request.")
    renew_at: datetime | None = Field(description="When its token is renewed next; null where it does not expire.")
    closed_until: datetime | None = Field(description="Until when its messages wait.")
    closed_reason: str | None
    created_at: datetime


class ReceiptsOut(BaseModel):
    """What to enter in SOLAPI's console, so that it reports deliveries here."""

    url: str = Field(repr=False)
    secret: str = Field(repr=False)


class ConnectionMadeOut(ConnectionOut):
    """A connection that was just made; where its provider reports deliveries is shown this once."""

    receipts: ReceiptsOut | None = None


class TestQueuedOut(BaseModel):
    """The verdict comes later: read the connection until `tested_at` has moved."""

    id: UUID
    tested_at: datetime | None = Field(description="As it is now; a later moment means that the verdict is there.")
