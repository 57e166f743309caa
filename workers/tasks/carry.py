"""Carry out a channel's conversation: requests through their transport, departures through the ledger.

The one place where pure protocols meet the network and the database. It reads nothing of what is said, and it
holds no database session while it waits for a provider.
"""

import json
import secrets
import string
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any, Final, Self, TypeVar, assert_never
from uuid import UUID

import structlog
from opentelemetry.trace import SpanKind

from config import tracing
from config.providers import addresses
from config.settings import Worker, settings
from config.vocabulary import Channel
from models import ledger
from models.connection import Connection
from models.credentials import reveal
from models.ledger import Claimed
from models.locking import Fence
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
    Reply,
    Request,
    SesAccount,
    SesSend,
    Silence,
    SmtpLogin,
    SmtpSend,
    Stamp,
    Step,
    Together,
)
from workers.metrics import meters
from workers.outcome import Retry, Unknown
from workers.pace import Go, Later, Spent, Verdict
from workers.tasks.patience import AWAY
from workers.transports import aws, http, wide
from workers.transports.smtp import SmtpSession

log = structlog.get_logger()

T = TypeVar("T")
Toll = Callable[[Sequence[str]], Verdict]

ALPHABET: Final = string.ascii_letters + string.digits


def stamp() -> Stamp:
    """Take the moment and fresh randomness for one request."""
    return Stamp(utc_now(), "".join(secrets.choice(ALPHABET) for _ in range(32)))


def open_message(claimed: Claimed) -> Message:
    """Open what was sealed at accept.

    Raises:
        SealBroken: its content was scrubbed, or its master key is not configured (KeyUnknown).
    """
    plain = sealer().open("notifications.sealed", claimed.fence.id, claimed.sealed or b"")
    return Message(str(claimed.fence.id), claimed.fence.attempt, claimed.type, json.loads(plain))


def open_credentials(connection: Connection) -> dict[str, str]:
    """Open a connection's credentials; where its provider is, this installation says.

    Raises:
        SealBroken: their master key is gone.
    """
    own = reveal(connection)
    return own if connection.account_id is None else {**own, **addresses(connection.channel)}


class Carrier:
    """Carries one conversation about notifications that this worker holds; a context, since mail keeps a connection."""

    def __init__(self, channel: Channel, fences: Sequence[Fence], begun: float, toll: Toll = lambda _: Go(0)) -> None:
        """Take the claims, the monotonic moment of the claim, and what gives slots to those that are about to leave.

        `reached` tells whether the provider was; `held_back`, what became of those for whom there was no slot;
        `departures`, who left and when.
        """
        self._channel = channel
        self._fences = {str(fence.id): fence for fence in fences}
        self._begun = begun
        self.departures: dict[str, datetime] = {}
        self._toll = toll
        self.reached = False
        self.held_back: Outcomes = {}
        self._smtp = SmtpSession()

    def __enter__(self) -> Self:
        """Open nothing yet."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close the mail connection, if one was opened."""
        self._smtp.close()

    def carry(self, conversation: Conversation) -> Outcomes:
        """Carry every step out until the conversation has its outcomes.

        A conversation that raises is a bug or an answer that nobody foresaw: what had departed is Unknown, the
        rest is tried again like any failure, so that nothing loops for ever or is sent twice.
        """
        try:
            return self.follow(conversation)
        except Exception:
            log.exception("conversation.broken")
            self.reached = True
            return {each: Unknown("broken") if each in self.departures else Retry("broken") for each in self._fences}

    def follow(self, dialogue: Generator[Step, Any, T]) -> T:
        """Carry every step out and return what the dialogue returns; what it raises, it raises."""
        heard: Any = None
        while True:
            try:
                step = dialogue.send(heard)
            except StopIteration as end:
                result: T = end.value
                return result
            match step:
                case Depart():
                    heard = self._depart(step)
                case Together(requests):
                    heard = self._ask_all(requests)
                case _:
                    heard = self._ask(step)

    def _depart(self, step: Depart) -> Departed:
        if self._is_late():
            return ()
        paid = self._pay(step.ids, whole=step.all_or_none)
        if not paid:
            return ()
        fences = [self._fences[each] for each in paid]
        try:
            with transaction() as session:
                lease = settings(Worker).lease
                ready = ledger.depart(session, fences, utc_now(), lease, step.group_id, all_or_none=step.all_or_none)
        except AWAY as error:
            # Nothing leaves; if the COMMIT got through all the same, the requeue of what has no outcome undoes it.
            log.warning("depart.store_away", error=type(error).__name__)
            return ()
        departed = tuple(each for each in paid if UUID(each) in ready)
        self.departures |= dict.fromkeys(departed, utc_now())
        return departed

    def _pay(self, ids: Sequence[str], *, whole: bool) -> Sequence[str]:
        """Take slots for them, or for as many as there are slots for; those who get none are held back.

        Slots are asked for in halves: what is refused as a whole may have room for some.
        """
        paid, wait, size = 0, 0.0, len(ids)
        while paid < len(ids):
            some = ids[paid : paid + size]
            verdict = self._toll(some)
            if isinstance(verdict, Go):
                paid, wait = paid + len(some), max(wait, verdict.seconds)
            elif len(some) == 1 or whole:
                self.held_back |= dict.fromkeys(ids[paid:], _held(verdict))
                break
            else:
                size = len(some) // 2
        if paid:
            time.sleep(wait)
        return ids[:paid]

    def _ask(self, request: Request) -> Answer:
        if self._is_late() and not self.departures:
            return Silence(may_have_left=False, code="late")
        with self._traced(type(request).__name__):
            began = time.perf_counter()
            answer = self._transmit(request)
            self._note(answer, time.perf_counter() - began)
        return answer

    def _ask_all(self, requests: Sequence[HttpRequest]) -> Sequence[Answer]:
        began = time.perf_counter()
        with self._traced(HttpRequest.__name__):
            answers = wide.send_all(requests)
        # They were in flight together: each counts with the time of all.
        for answer in answers:
            self._note(answer, time.perf_counter() - began)
        return answers

    def _traced(self, exchange: str) -> AbstractContextManager[object]:
        about = {"alrim.channel": self._channel, "alrim.exchange": exchange}
        return tracing.span("provider call", SpanKind.CLIENT, about)

    def _note(self, answer: Answer, seconds: float) -> None:
        self.reached = self.reached or isinstance(answer, Reply) or answer.may_have_left
        meters().calls.labels(self._channel, "yes" if isinstance(answer, Reply) else "no").observe(seconds)

    def _transmit(self, request: Request) -> Answer:
        match request:
            case HttpRequest():
                return http.send(request)
            case SmtpLogin() | SmtpSend():
                return self._smtp.handle(request)
            case SesSend():
                return aws.send(request)
            case SesAccount():
                return aws.look(request)
            case _:
                assert_never(request)

    def _is_late(self) -> bool:
        return time.monotonic() - self._begun > settings(Worker).start_within


def _held(verdict: Later | Spent) -> Retry:
    after = timedelta(seconds=verdict.seconds)
    match verdict:
        case Later():
            return Retry("paced", after, spends=False)
        case Spent():
            return Retry("daily_quota", after, closes=True, spends=False)
        case _:
            assert_never(verdict)
