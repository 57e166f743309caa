"""Google's tokens: access tokens, which end, and refresh tokens, which do not.

Both say themselves what they allow, so that the mail server (`sandbox.smtp`) takes what the login server
(`sandbox.google_oauth`) gave without asking it. It must know neither.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sandbox import tokens
from sandbox.person import Person
from sandbox.tokens import Grant

MAIL: Final = "https://mail.google.com/"
EMAIL: Final = "https://www.googleapis.com/auth/userinfo.email"
PROFILE: Final = "https://www.googleapis.com/auth/userinfo.profile"

_ACCESS: Final = "google access"
_REFRESH: Final = "google refresh"
_SHORT: Final = {"email": EMAIL, "profile": PROFILE}
_SUBJECT_DIGITS: Final = 21


def scopes_of(text: str) -> frozenset[str]:
    """Read scopes as they are asked for; Google grants the short names `email` and `profile` by their long ones."""
    return frozenset(_SHORT.get(scope, scope) for scope in text.split())


def issue_access(scopes: Iterable[str], person: Person, expires_at: datetime, serial: str) -> str:
    """Make an access token; the serial keeps two tokens of the same moment apart."""
    return tokens.issue(_ACCESS, Grant(frozenset(scopes), expires_at, person), serial)


def issue_refresh(scopes: Iterable[str], person: Person, serial: str) -> str:
    """Make a refresh token, which never ends."""
    return tokens.issue(_REFRESH, Grant(frozenset(scopes), tokens.FOREVER, person), serial)


def read_access(token: str, now: datetime) -> Grant | None:
    """Read an access token, or None if it is forged or has ended."""
    return tokens.read(_ACCESS, token, now)


def read_refresh(token: str, now: datetime) -> Grant | None:
    """Read a refresh token, or None if it is forged."""
    return tokens.read(_REFRESH, token, now)


def subject(person: Person) -> str:
    """Give Google's `sub` of a person, always the same: 21 digits, too many for 64 bits."""
    return str(person.number("google", _SUBJECT_DIGITS))
