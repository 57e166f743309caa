"""Access tokens (JWT, an hour) and refresh tokens (random, thirty days, good for one use).

The algorithm is pinned, and every claim that is issued is required. A refresh token names its login session, so
that one that was used before is recognised: then somebody has a copy, and the session ends. Pure: knows no
database.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import Final
from uuid import UUID, uuid4

import jwt

from api.errors import ApiError, Code
from config.settings import Secrets, settings

ALGORITHM: Final = "HS256"
ISSUER: Final = "alrim"
AUDIENCE: Final = "alrim-api"
ACCESS_LIFE: Final = timedelta(hours=1)
REFRESH_LIFE: Final = timedelta(days=30)
REFRESH_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Access:
    """What an access token says: whose it is, and by which login."""

    account_id: UUID
    session_id: UUID


def issue(account_id: UUID, session_id: UUID, now: datetime) -> str:
    """Make an access token for an account and one of its logins."""
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(account_id),
        "sid": str(session_id),
        "iat": int(now.timestamp()),
        "exp": int((now + ACCESS_LIFE).timestamp()),
        "jti": uuid4().hex,
    }
    return jwt.encode(claims, _secret(), ALGORITHM)


def read(token: str) -> Access:
    """Read whose access token this is; whether its login goes on, the database says.

    Raises:
        ApiError: it has expired, or this installation did not issue it.
    """
    try:
        claims = jwt.decode(
            token,
            _secret(),
            [ALGORITHM],
            options={"require": ["exp", "iat", "iss", "aud", "jti", "sub", "sid"]},
            audience=AUDIENCE,
            issuer=ISSUER,
        )
        return Access(UUID(claims["sub"]), UUID(claims["sid"]))
    except jwt.ExpiredSignatureError:
        raise ApiError(Code.TOKEN_EXPIRED, detail="use the refresh token, or log in again") from None
    except (jwt.InvalidTokenError, ValueError, AttributeError):
        raise ApiError(Code.TOKEN_INVALID) from None


def _secret() -> str:
    return settings(Secrets).jwt_secret.get_secret_value()


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A login session's id and the random part; what is stored is `digest`."""

    session_id: UUID
    secret: str = field(repr=False)

    @classmethod
    def new(cls, session_id: UUID) -> "RefreshToken":
        """Make a fresh one for a login session."""
        return cls(session_id, secrets.token_urlsafe(REFRESH_BYTES))

    @classmethod
    def parse(cls, text: str) -> "RefreshToken":
        """Read what a client sent back.

        Raises:
            ApiError: it does not have the form of one.
        """
        session_id, _, secret = text.partition(".")
        try:
            return cls(UUID(hex=session_id), secret)
        except ValueError:
            raise ApiError(Code.REFRESH_TOKEN_INVALID) from None

    @property
    def text(self) -> str:
        """What the client keeps."""
        return f"{self.session_id.hex}.{self.secret}"

    @property
    def digest(self) -> bytes:
        """SHA-256 of the whole, for the database."""
        return sha256(self.text.encode()).digest()

    def matches(self, digest: bytes) -> bool:
        """Whether this is the token whose digest was stored."""
        return compare_digest(self.digest, digest)
