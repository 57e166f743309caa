"""What happens after a group was fired: into the inbox at once, then handed over, then reported.

Two timers for each group, none for each message. It must know no route.
"""

import asyncio
import logging
from datetime import datetime
from typing import Any, Final

from sandbox.inbox import Entry
from sandbox.solapi import alimtalk, codes, shapes
from sandbox.solapi.account import Account
from sandbox.solapi.drafts import Draft, width
from sandbox.solapi.groups import Group, Message, Status
from sandbox.solapi.reports import Reporter
from sandbox.state import State
from sandbox.vendor_error import VendorError

log: Final = logging.getLogger(__name__)


class Delivery:
    """Fires groups, now or later, and plays the carrier."""

    def __init__(self, state: State, account: Account) -> None:
        self._state = state
        self._account = account
        self._reporter = Reporter(state.settings)

    def fire(self, group: Group, *, again: bool = False) -> None:
        """Charge a group and put its messages into the inbox.

        Raises:
            VendorError: as `Account.fire`; nothing has happened then.
        """
        now = self._state.clock()
        leaving = self._account.fire(group, now, again=again)
        for message in leaving:
            self._receive(message, now)
        log.info("solapi.fired group=%s status=%s messages=%d", group.id, group.status, len(leaving))
        if leaving:
            delay = self._state.settings.report_delay
            loop = asyncio.get_running_loop()
            loop.call_later(delay / 2, self._hand_over, leaving)
            loop.call_later(delay, self._settle, group, leaving)

    def fire_at(self, group: Group) -> None:
        """Fire a SCHEDULED group at its moment, unless it is cancelled before."""
        if group.scheduled is not None:
            wait = (group.scheduled - self._state.clock()).total_seconds()
            asyncio.get_running_loop().call_later(max(wait, 0), self._fire_scheduled, group)

    def _fire_scheduled(self, group: Group) -> None:
        if group.status is not Status.SCHEDULED:
            return
        group.status = Status.PENDING
        try:
            self.fire(group)
        except VendorError as refusal:  # nobody waits for an answer: the group says it
            group.fail(str(refusal.code), self._state.clock())

    def _receive(self, message: Message, now: datetime) -> None:
        """Show in the inbox what arrives; a message that is going to fail never does."""
        draft = message.draft
        text = draft.text or alimtalk.fill(draft.kakao or {})
        type_: str | None = draft.type
        if message.final != codes.DELIVERED:
            type_ = _fallback(draft, message.final, text)
            message.replacement = type_ is not None
        if type_ is None:
            return
        self._state.inbox.add(
            Entry(
                channel="solapi",
                type=type_,
                to=draft.to,
                from_=draft.from_ or None,
                subject=draft.subject,
                text=text,
                provider_id=message.id,
                notification_id=message.notification_id,
                received_at=now,
                extra={"group_id": message.group_id, "image_id": draft.image_id, **self._looks(draft, type_)},
            )
        )

    def _looks(self, draft: Draft, type_: str) -> dict[str, Any]:
        """Give what the inbox page draws beside the text; the text sent in an Alimtalk's place has none of it."""
        kakao = (draft.kakao or {}) if type_ == draft.type else {}
        looks: dict[str, Any] = {"buttons": buttons} if (buttons := alimtalk.buttons(kakao)) else {}
        image_id = str(draft.image_id or kakao.get("imageId"))
        if self._state.inbox.picture(image_id) is not None:
            looks["image"] = f"/inbox/pictures/{image_id}"
        return looks

    def _hand_over(self, messages: list[Message]) -> None:
        now = self._state.clock()
        for message in messages:
            message.status, message.processed, message.updated = codes.SENDING, now, now

    def _settle(self, group: Group, messages: list[Message]) -> None:
        now = self._state.clock()
        for message in messages:
            message.status = codes.DELIVERED if message.replacement else message.final
            message.processed, message.reported, message.updated = message.processed or now, now, now
        group.complete(now)
        self._reporter.send([shapes.report(message) for message in messages])


def _fallback(draft: Draft, final: str, text: str | None) -> str | None:
    """Give the type of the text that SOLAPI itself sends when an Alimtalk fails at Kakao, if it does."""
    wanted = draft.type == "ATA" and draft.from_ and not (draft.kakao or {}).get("disableSms")
    if not (wanted and final.startswith("31")):
        return None
    return "SMS" if (width(text or "") or 0) <= 90 else "LMS"  # noqa: PLR2004 -- an SMS has 90 bytes
