"""Tokens that say themselves what they allow, whom, until when, under a keyed hash.

So a login server and whoever takes its tokens (an API, the mail server) need no common store, and a restart forgets
nothing. A token of one kind is none of another. It must know no vendor.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sandbox.person import Person

FOREVER: Final = datetime(9999, 1, 1, tzinfo=UTC)

_KEY: Final = b"sandbox"
_HASH_SIZE: Final = 16


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token allows, until when, and who allowed it."""

    scopes: frozenset[str]
    expires_at: datetime
    person: Person


def issue(kind: str, grant: Grant, serial: str) -> str:
    """Make a token; the serial keeps two tokens of the same moment apart."""
    person = grant.person
    content = [sorted(grant.scopes), grant.expires_at.timestamp(), person.email, person.verified, serial]
    body = json.dumps(content).encode()
    return base64.urlsafe_b64encode(_hash(kind, body) + body).decode().rstrip("=")


def read(kind: str, token: str, now: datetime) -> Grant | None:
    """Read a token, or None if it is forged, of another kind or has ended."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return None
    mark, body = raw[:_HASH_SIZE], raw[_HASH_SIZE:]
    if not hmac.compare_digest(mark, _hash(kind, body)):
        return None
    scopes, expires_at, email, verified, _ = json.loads(body)
    grant = Grant(frozenset(scopes), datetime.fromtimestamp(expires_at, UTC), Person(email, verified))
    return grant if grant.expires_at > now else None


def _hash(kind: str, body: bytes) -> bytes:
    return hmac.new(_KEY, kind.encode() + b" " + body, hashlib.sha256).digest()[:_HASH_SIZE]
