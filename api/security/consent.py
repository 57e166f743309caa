"""What a browser keeps while its person is away to consent: a signed cookie, good for ten minutes.

It binds the answer to the browser that asked: `state` must come back with it, and the code is exchanged with the
verifier (PKCE) that only it holds. So nobody can have another person's consent connected to his own account by a link.
Pure: knows no provider and no database.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hmac import compare_digest
from typing import Final
from uuid import UUID

import jwt

from api.errors import ApiError, Code
from config.settings import Api, Secrets, settings
from config.vocabulary import SnsType

COOKIE: Final = "alrim_consent"
LIFE: Final = timedelta(minutes=10)
ALGORITHM: Final = "HS256"
AUDIENCE: Final = "alrim-consent"


class Purpose(StrEnum):
    """What a consent is for."""

    LOGIN = "login"
    LINK = "link"
    CONNECT = "connect"


@dataclass(frozen=True, slots=True)
class Pending:
    """A consent that was asked for and has not come back.

    Attributes:
        sns_type: where it was asked for.
        state: a random word that the provider sends back.
        verifier: PKCE's code verifier (RFC 7636).
        account_id: for whom it is asked; nobody before a login.
        connection_id: the connection that it renews, if it does.
        name: of the connection that it makes.
    """

    sns_type: SnsType
    purpose: Purpose
    state: str = field(repr=False)
    verifier: str = field(repr=False)
    account_id: UUID | None = None
    connection_id: UUID | None = None
    name: str = ""


def write(pending: Pending, now: datetime) -> str:
    """Write the cookie's value."""
    claims = {
        "aud": AUDIENCE,
        "exp": int((now + LIFE).timestamp()),
        "sns": pending.sns_type,
        "purpose": pending.purpose,
        "state": pending.state,
        "verifier": pending.verifier,
        "account": pending.account_id and str(pending.account_id),
        "connection": pending.connection_id and str(pending.connection_id),
        "name": pending.name,
    }
    return jwt.encode(claims, _secret(), ALGORITHM)


def read(cookie: str | None, sns_type: SnsType, state: str) -> Pending:
    """Read the cookie that belongs to an answer.

    Raises:
        ApiError: there is none, it has expired, or the answer belongs to another one.
    """
    try:
        claims = jwt.decode(
            cookie or "", _secret(), [ALGORITHM], options={"require": ["exp", "aud"]}, audience=AUDIENCE
        )
    except jwt.InvalidTokenError:
        raise ApiError(Code.CONSENT_INVALID, detail="ask for the consent again, in this browser") from None
    if claims["sns"] != sns_type or not compare_digest(claims["state"].encode(), state.encode()):
        raise ApiError(Code.CONSENT_INVALID, detail="state: it belongs to another consent")
    return Pending(
        sns_type=sns_type,
        purpose=Purpose(claims["purpose"]),
        state=claims["state"],
        verifier=claims["verifier"],
        account_id=claims["account"] and UUID(claims["account"]),
        connection_id=claims["connection"] and UUID(claims["connection"]),
        name=claims["name"],
    )


def cookie() -> str:
    """What the cookie is called: where this API is reached by https, so that browsers take it from this host alone."""
    return f"__Host-{COOKIE}" if is_secure() else COOKIE


def is_secure() -> bool:
    """Whether the cookie travels encrypted only: wherever this API is reached by https."""
    return settings(Api).url("").startswith("https://")


def _secret() -> str:
    return settings(Secrets).jwt_secret.get_secret_value()
