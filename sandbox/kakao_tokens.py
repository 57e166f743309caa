"""Kakao's access tokens: what the API accepts, and for which scopes.

An access token says its own end and scopes under a keyed hash, so that the login server (`sandbox.kakao_oauth`) and
the API (`sandbox.kakao`) need no common store and a restart forgets nothing. The fixed token `sandbox` never ends. It
must know neither server.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

FIXED: Final = "sandbox"
FIXED_SCOPES: Final = frozenset({"talk_message", "friends"})

_KEY: Final = b"sandbox"
_HASH_SIZE: Final = 16
_FAR: Final = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token allows, until when."""

    scopes: frozenset[str]
    expires_at: datetime


def issue(scopes: Iterable[str], expires_at: datetime, serial: str) -> str:
    """Make an access token; the serial keeps two tokens of the same moment apart."""
    body = json.dumps([sorted(scopes), expires_at.timestamp(), serial]).encode()
    return base64.urlsafe_b64encode(_hash(body) + body).decode().rstrip("=")


def read(token: str, now: datetime) -> Grant | None:
    """Read a token, or None if it is forged or has ended."""
    if token == FIXED:
        return Grant(FIXED_SCOPES, _FAR)
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return None
    mark, body = raw[:_HASH_SIZE], raw[_HASH_SIZE:]
    if not hmac.compare_digest(mark, _hash(body)):
        return None
    scopes, expires_at, _ = json.loads(body)
    grant = Grant(frozenset(scopes), datetime.fromtimestamp(expires_at, UTC))
    return grant if grant.expires_at > now else None


def _hash(body: bytes) -> bytes:
    return hmac.new(_KEY, body, hashlib.sha256).digest()[:_HASH_SIZE]
