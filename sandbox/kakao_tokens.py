"""Kakao's access tokens: what the API accepts, for which scopes and whose.

The fixed token `sandbox` never ends, so that a channel works before anybody has consented. It must know neither the
login server (`sandbox.kakao_oauth`) nor the API (`sandbox.kakao`).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sandbox import tokens
from sandbox.person import Person
from sandbox.tokens import Grant

FIXED: Final = "sandbox"
FIXED_SCOPES: Final = frozenset({"talk_message", "friends"})
FIXED_PERSON: Final = Person("sandbox@example.com")

_KIND: Final = "kakao access"
_ID_DIGITS: Final = 18  # fits into 64 bits, as Kakao's do, and not into a float


def issue(scopes: Iterable[str], expires_at: datetime, serial: str, person: Person = FIXED_PERSON) -> str:
    """Make an access token; the serial keeps two tokens of the same moment apart."""
    return tokens.issue(_KIND, Grant(frozenset(scopes), expires_at, person), serial)


def read(token: str, now: datetime) -> Grant | None:
    """Read a token, or None if it is forged or has ended."""
    if token == FIXED:
        return Grant(FIXED_SCOPES, tokens.FOREVER, FIXED_PERSON)
    return tokens.read(_KIND, token, now)


def user_id(person: Person) -> int:
    """Give Kakao's id of a person, always the same."""
    return person.number("kakao", _ID_DIGITS)
