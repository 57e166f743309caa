"""Groups of messages and the states that a group passes through.

A group is filled while PENDING, fired once, and never again: that is what makes its id an idempotency
key. Source of states and refusals: solapi/documents, message-api-v4. It must know neither money nor time
beyond the moments it is told.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from typing import Any, Final

from sandbox.solapi import codes
from sandbox.solapi.drafts import Draft
from sandbox.solapi.errors import invalid, refusal
from sandbox.vendor_error import VendorError

KST: Final = timezone(timedelta(hours=9))
RECIPIENTS_MOST: Final = 10_000
GROUP_MOST: Final = 1_000_000
SCHEDULE_LONGEST: Final = timedelta(days=183)


class Status(StrEnum):
    """Where a group stands."""

    PENDING = "PENDING"
    SENDING = "SENDING"
    COMPLETE = "COMPLETE"
    FAILED = "FAILED"
    SCHEDULED = "SCHEDULED"
    DELETED = "DELETED"


def new_id(prefix: str, now: datetime) -> str:
    """Make an id as the vendor's look: prefix, second in Korean time, 15 capitals or digits."""
    return f"{prefix}{now.astimezone(KST):%Y%m%d%H%M%S}{secrets.token_hex(8)[:15].upper()}"


@dataclass(slots=True)
class Message:
    """One message of a group.

    Attributes:
        final: the status that it will have if it is fired.
        replacement: an Alimtalk that failed and was sent as a text instead.
    """

    id: str
    group_id: str
    draft: Draft
    status: str
    final: str
    created: datetime
    updated: datetime
    processed: datetime | None = None
    reported: datetime | None = None
    replacement: bool = False
    notification_id: str | None = None

    @property
    def registered(self) -> bool:
        """Whether it was good when it was added: only then is it sent."""
        return not self.status.startswith("1")


@dataclass(slots=True)
class Group:
    """A group, its messages by id in the order in which they were added."""

    id: str
    created: datetime
    updated: datetime
    allow_duplicates: bool = False
    strict: bool = False
    custom_fields: dict[str, str] = field(default_factory=dict)
    agent: dict[str, Any] = field(default_factory=dict)
    status: Status = Status.PENDING
    messages: dict[str, Message] = field(default_factory=dict)
    numbers: set[str] = field(default_factory=set)
    scheduled: datetime | None = None
    sent: datetime | None = None
    completed: datetime | None = None
    charged: int = 0
    log: list[dict[str, Any]] = field(default_factory=list)

    def add(self, draft: Draft, status: str, now: datetime) -> Message:
        """Register one message; a number that the group already has may be refused (1026)."""
        if status == codes.REGISTERED:
            if draft.to in self.numbers and not self.allow_duplicates:
                status = "1026"
            self.numbers.add(draft.to)
        message = Message(new_id("M4V", now), self.id, draft, status, codes.final(draft.to), now, now)
        self.messages[message.id] = message
        self.updated = now
        return message

    def demand_open(self, adding: int = 0) -> None:
        """Refuse unless messages may be added or removed.

        Raises:
            VendorError: 400 `InvalidGroupStatus`, or 413 when that many more are too many.
        """
        if self.status is not Status.PENDING:
            raise refusal(400, "InvalidGroupStatus", "메시지를 변경할 수 없는 그룹 상태입니다.")
        if adding > RECIPIENTS_MOST or len(self.messages) + adding > GROUP_MOST:
            raise refusal(413, "RecipientsTooMany", "한 번에 10,000건까지 추가할 수 있습니다.")

    def remove(self, ids: list[str], now: datetime) -> list[Message]:
        """Take messages out; ids that it does not have are passed over.

        Raises:
            VendorError: 400, the group is not open or has none of them.
        """
        self.demand_open()
        removed = [self.messages.pop(id_) for id_ in ids if id_ in self.messages]
        if not removed:
            raise refusal(400, "ResourceNotFound", "메시지를 찾을 수 없습니다.")
        self.numbers = {message.draft.to for message in self.messages.values() if message.registered}
        self.updated = now
        return removed

    def demand_failed(self) -> None:
        """Refuse unless this group may be sent again after it failed.

        Raises:
            VendorError: 400 `InvalidStatus`.
        """
        if self.status is not Status.FAILED:
            raise refusal(400, "InvalidStatus", "실패한 그룹만 재발송할 수 있습니다.")
        self._demand_messages()

    def demand_fireable(self) -> None:
        """Refuse unless this group may be fired now.

        Raises:
            VendorError: the documented code of its state; 400 `ValidationError` when nothing in it can be sent.
        """
        if self.status is not Status.PENDING:
            raise _unfireable(self.status)
        self._demand_messages()

    def _demand_messages(self) -> None:
        if not any(message.registered for message in self.messages.values()):
            raise invalid("발송할 메시지가 없습니다.")

    def schedule(self, when: datetime, now: datetime) -> None:
        """Reserve the group for a moment in the future, up to six months.

        Raises:
            VendorError: 400, not PENDING, empty or a bad date.
        """
        if self.status is not Status.PENDING:
            raise refusal(400, "InvalidStatus", "예약할 수 없는 그룹 상태입니다.")
        self.demand_fireable()
        if not now < when <= now + SCHEDULE_LONGEST:
            raise refusal(400, "InvalidScheduledDate", "예약 일시는 6개월 이내의 미래여야 합니다.")
        self._become(Status.SCHEDULED, now)
        self.scheduled = when

    def unschedule(self, now: datetime) -> None:
        """Cancel the reservation; the group is FAILED then.

        Raises:
            VendorError: 400 `InvalidStatus`, it has none.
        """
        if self.status is not Status.SCHEDULED:
            raise refusal(400, "InvalidStatus", "예약된 그룹이 아닙니다.")
        self.fail("예약이 취소되었습니다.", now)

    def delete(self, now: datetime) -> None:
        """Delete a group that has sent nothing; it stays visible as DELETED.

        Raises:
            VendorError: 400 `NotOperationalStatus`.
        """
        if self.status not in {Status.PENDING, Status.FAILED}:
            raise refusal(400, "NotOperationalStatus", "삭제할 수 없는 그룹 상태입니다.")
        self._become(Status.DELETED, now)

    def fire(self, cost: int, balance: int, now: datetime) -> None:
        """Begin sending; the caller has asked `demand_fireable` and has the money."""
        self.charged += cost
        self.sent = now
        self._become(Status.SENDING, now)
        self.note("발송이 시작되었습니다.", now, oldBalance=balance, newBalance=balance - cost)

    def fail(self, reason: str, now: datetime) -> None:
        """End without sending."""
        self._become(Status.FAILED, now)
        self.note(reason, now)

    def complete(self, now: datetime) -> None:
        """End with every message reported."""
        self.completed = now
        self._become(Status.COMPLETE, now)

    def note(self, text: str, now: datetime, **more: int) -> None:
        """Add a line to the group's log."""
        self.log.append({"createAt": now, "message": text, **more})

    def _become(self, status: Status, now: datetime) -> None:
        self.status = status
        self.updated = now


def _unfireable(status: Status) -> VendorError:
    refusals = {
        Status.SENDING: refusal(409, "GroupInProcessing", "이미 발송이 요청된 그룹입니다."),
        Status.COMPLETE: refusal(409, "AlreadySent", "이미 발송이 완료된 그룹입니다."),
        Status.SCHEDULED: refusal(409, "ScheduledGroup", "예약된 그룹입니다."),
        Status.FAILED: refusal(400, "FailedGroup", "실패한 그룹입니다."),
        Status.DELETED: refusal(400, "DeletedGroup", "삭제된 그룹입니다."),
    }
    return refusals[status]
