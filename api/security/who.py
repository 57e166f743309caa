"""Who asks, as values: what the dependencies of `api.security.caller` find, and what routes decide by."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from api.errors import ApiError, Code
from config.vocabulary import Channel, KeyKind, Role
from models.types import utc_now

FRESH: Final = timedelta(minutes=10)
"""How long after logging in a person may change what opens his account without a password."""


@dataclass(frozen=True, slots=True)
class Caller:
    """An application that asks with its key.

    Attributes:
        kind: of its key.
        channels: those that its key may send on.
        idempotency: SHA-256 of what names this POST; None where nothing does.
        body_hash: SHA-256 over method, path and body.
        body: as it was signed.
    """

    account_id: UUID
    api_key_id: UUID
    email: str = field(repr=False)
    kind: KeyKind
    channels: frozenset[Channel]
    idempotency: bytes | None
    body_hash: bytes
    body: bytes = field(repr=False)

    def check_channel(self, channel: Channel) -> None:
        """Refuse a channel that the key may not send on.

        Raises:
            ApiError: it may not.
        """
        if channel not in self.channels:
            raise ApiError(Code.CHANNEL_NOT_ALLOWED, detail=f"this key may send on {', '.join(sorted(self.channels))}")


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who looks: a person, or a key (`api_key_id`), which never is more than a user."""

    account_id: UUID
    role: Role
    api_key_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class BearerAccount:
    """A person who has logged in; `since` is when."""

    id: UUID
    email: str = field(repr=False)
    role: Role
    session_id: UUID
    since: datetime

    def check_fresh(self) -> None:
        """Refuse a login that began long ago: what opens an account is changed by its owner, not by a stolen token.

        Raises:
            ApiError: it began more than ten minutes ago.
        """
        if utc_now() - self.since > FRESH:
            raise ApiError(Code.LOGIN_TOO_OLD)

    @property
    def viewer(self) -> Viewer:
        """The same person, as whoever decides."""
        return Viewer(self.id, self.role)


@dataclass(frozen=True, slots=True)
class Uploader:
    """An application that sends a body too long to be read first.

    Attributes:
        start: what the digest of the body begins with.
        digest: hex SHA-256 of the start and the whole body, to be held against what arrives; None where an access
            key stands in for a signature.
    """

    account_id: UUID
    api_key_id: UUID
    start: bytes
    digest: str | None
