"""Accounts on the wire: registering, logging in, and what a person may change of himself."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from api.security.common_passwords import is_common
from api.security.passwords import MOST_BYTES, PasswordTooLong, encode
from config.vocabulary import Role, SnsType


def without_nul(text: str) -> str:
    """Refuse NUL, which databases and C libraries take for the end of a text."""
    if "\0" in text:
        raise PydanticCustomError("null_byte", "must not hold a NUL character")
    return text


def normalised(text: str) -> str | None:
    """Bring an address to the form that is compared and stored; None if it is none that mail reaches."""
    try:
        known = validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        return None
    return None if known.ascii_email is None else known.ascii_email.lower()


def _address(text: str) -> str:
    known = normalised(without_nul(text))
    if known is None:
        raise PydanticCustomError("invalid_address", "must be an e-mail address with an ASCII local part")
    return known


def _password(text: str) -> str:
    try:
        encode(without_nul(text))
    except PasswordTooLong:
        raise PydanticCustomError(
            "text_too_long", "must be at most {most} bytes in UTF-8", {"most": MOST_BYTES}
        ) from None
    if is_common(text):
        raise PydanticCustomError("common_password", "must not be one of those that everybody tries first")
    return text


EmailAddress = Annotated[
    str,
    Field(max_length=320, examples=["user@example.com"], json_schema_extra={"format": "email"}),
    AfterValidator(_address),
]
"""Lower-case, the domain in its ASCII form: what is compared and stored."""
NewPassword = Annotated[str, Field(min_length=8, max_length=MOST_BYTES), AfterValidator(_password)]
GivenPassword = Annotated[str, Field(max_length=1000)]
Name = Annotated[str, Field(max_length=100), AfterValidator(without_nul)]


def examples(*bodies: JsonValue) -> ConfigDict:
    """Show these bodies in the OpenAPI document."""
    return ConfigDict(json_schema_extra={"examples": list(bodies)})


class In(BaseModel):
    """A body whose unknown fields are refused, and whose errors do not repeat what was sent."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class RegisterIn(In):
    """A new account."""

    model_config = examples({"email": "user@example.com", "pw": "correct horse battery", "name": "김하늘"})

    email: EmailAddress
    pw: NewPassword = Field(repr=False)
    name: Name | None = None


class LoginIn(In):
    """Who says he is who."""

    model_config = examples({"email": "user@example.com", "pw": "correct horse battery"})

    email: EmailAddress
    pw: GivenPassword = Field(repr=False)


class RefreshIn(In):
    """A refresh token, good for one use."""

    model_config = examples({"refresh_token": "the refresh_token of your last login"})

    refresh_token: str = Field(max_length=200, repr=False)


GivenCode = Annotated[str, Field(max_length=20, examples=["7K2MQ-9XWPD"]), AfterValidator(without_nul)]


class AddressIn(In):
    """Which address a code is mailed to: the present one if it is left out."""

    model_config = examples({"email": "new@example.com", "current_pw": "correct horse battery"})

    email: EmailAddress | None = None
    current_pw: GivenPassword | None = Field(default=None, repr=False)


class CodeIn(In):
    """A code that was mailed."""

    model_config = examples({"code": "7K2MQ-9XWPD"})

    code: GivenCode = Field(repr=False)


class ResetAskIn(In):
    """Whose password is forgotten."""

    model_config = examples({"email": "user@example.com"})

    email: EmailAddress


class ResetIn(In):
    """The code that was mailed, and a new password."""

    model_config = examples({"email": "user@example.com", "code": "7K2MQ-9XWPD", "pw": "a new correct horse"})

    email: EmailAddress
    code: GivenCode = Field(repr=False)
    pw: NewPassword = Field(repr=False)


class TokensOut(BaseModel):
    """What a login gives: `Authorization` is the header as it is to be sent."""

    Authorization: str = Field(examples=["Bearer eyJhbGciOi…"], repr=False)
    refresh_token: str = Field(description="Good for one use, for 30 days.", repr=False)
    expires_in: int = Field(description="Seconds that the access token is good for.")


class AccountOut(BaseModel):
    """An account as its owner sees it."""

    id: UUID
    email: str | None = Field(description="Null for who logs in elsewhere and has proved no address.")
    email_verified: bool
    name: str | None
    role: Role
    retention_days: int | None = Field(description="Null: as long as this installation keeps them.")
    created_at: datetime


class IdentityOut(BaseModel):
    """Where one may log in from."""

    id: UUID
    sns_type: SnsType
    created_at: datetime


class LoginOut(BaseModel):
    """A login that has not ended, and where it began."""

    id: UUID
    is_current: bool = Field(description="It is the one that asks.")
    address: str | None
    agent: str | None = Field(description="What the client called itself.")
    created_at: datetime
    renewed_at: datetime = Field(description="When its tokens were last renewed.")
    expires_at: datetime


class AccountIn(In):
    """What to change; what is left out stays. A new password needs the present one and ends all other logins."""

    model_config = examples({"name": "김하늘"}, {"pw": "a new correct horse", "current_pw": "correct horse battery"})

    name: Name | None = None
    retention_days: int | None = Field(
        default=None,
        ge=1,
        le=3650,
        description="After so many days recipients and contents of what was handled are scrubbed; null, or more than"
        " the installation's own days, means those.",
    )
    pw: NewPassword | None = Field(default=None, repr=False)
    current_pw: GivenPassword | None = Field(default=None, repr=False)

    @model_validator(mode="after")
    def _knows_the_present_one(self) -> Self:
        if self.pw is not None and self.current_pw is None:
            raise PydanticCustomError("missing", "current_pw is required with pw")
        return self
