"""Carry out a channel's conversation: requests through their transport, departures through the ledger.

The one place where pure protocols meet the network and the database. It reads nothing of what is said, and it
holds no database session while it waits for a provider.
"""

import json
import secrets
import string
import time
from collections.abc import Sequence
from typing import Any, Final, Self, assert_never
from uuid import UUID

from models import ledger
from models.connection import Connection
from models.ledger import Claimed, Fence
from models.sealing import sealer
from models.session import transaction
from models.types import utc_now
from workers.channels.exchange import (
    Answer,
    Conversation,
    Depart,
    Departed,
    HttpRequest,
    Message,
    Outcomes,
    Request,
    SesSend,
    Silence,
    SmtpLogin,
    SmtpSend,
    Stamp,
    Step,
)
from workers.transports import aws, http
from workers.transports.smtp import SmtpSession

START_WITHIN: Final = 25.0
"""Seconds after the claim in which an exchange may still start, so that all ends before the lease does."""

ALPHABET: Final = string.ascii_letters + string.digits


def stamp() -> Stamp:
    """Take the moment and fresh randomness for one request."""
    return Stamp(utc_now(), "".join(secrets.choice(ALPHABET) for _ in range(32)))


def open_message(claimed: Claimed) -> Message:
    """Open what was sealed at accept.

    Raises:
        SealBroken: its content was scrubbed, or its master key is gone.
    """
    plain = sealer().open("notifications.sealed", claimed.fence.id, claimed.sealed or b"")
    return Message(str(claimed.fence.id), claimed.fence.attempt, claimed.type, json.loads(plain))


def open_credentials(connection: Connection) -> dict[str, str]:
    """Open a connection's credentials."""
    credentials: dict[str, str] = json.loads(sealer().open("connections.secrets", connection.id, connection.secrets))
    return credentials


class Carrier:
    """Carries one conversation about notifications that this worker holds; a context, since mail keeps a connection."""

    def __init__(self, fences: Sequence[Fence], begun: float) -> None:
        """Take the claims and the monotonic moment of the claim."""
        self._fences = {str(fence.id): fence for fence in fences}
        self._begun = begun
        self._departed = False
        self._smtp = SmtpSession()

    def __enter__(self) -> Self:
        """Open nothing yet."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close the mail connection, if one was opened."""
        self._smtp.close()

    def carry(self, conversation: Conversation) -> Outcomes:
        """Carry every step out until the conversation has its outcomes."""
        heard: Any = None
        while True:
            try:
                step: Step = conversation.send(heard)
            except StopIteration as end:
                outcomes: Outcomes = end.value
                return outcomes
            heard = self._depart(step) if isinstance(step, Depart) else self._ask(step)

    def _depart(self, step: Depart) -> Departed:
        if self._is_late():
            return ()
        fences = [self._fences[each] for each in step.ids]
        with transaction() as session:
            ready = ledger.depart(session, fences, utc_now(), step.group_id, all_or_none=step.all_or_none)
        self._departed = bool(ready)
        return tuple(each for each in step.ids if UUID(each) in ready)

    def _ask(self, request: Request) -> Answer:
        if self._is_late() and not self._departed:
            return Silence(may_have_left=False, code="late")
        match request:
            case HttpRequest():
                return http.send(request)
            case SmtpLogin() | SmtpSend():
                return self._smtp.handle(request)
            case SesSend():
                return aws.send(request)
            case _:
                assert_never(request)

    def _is_late(self) -> bool:
        return time.monotonic() - self._begun > START_WITHIN
