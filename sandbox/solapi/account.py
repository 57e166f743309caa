"""The one account of the imitated SOLAPI: its groups, messages, images, cash and daily quota.

Everything lives in memory; beyond its capacity the oldest finished groups are forgotten, so that a long
run stays bounded. It must know neither HTTP nor the event loop.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from sandbox.settings import Settings
from sandbox.solapi.drafts import Draft
from sandbox.solapi.errors import absent, invalid, refusal
from sandbox.solapi.groups import KST, Group, Message, Status, new_id

ACCOUNT_ID: Final = "12345678901234"
PRICES: Final = {"sms": 20, "lms": 50, "mms": 200, "ata": 19, "cta": 13, "cti": 21}
OTHER_PRICE: Final = 20
CAPACITY: Final = 300_000
"""Messages that are kept."""

_FINISHED: Final = frozenset({Status.COMPLETE, Status.FAILED, Status.DELETED})


def price(draft: Draft) -> int:
    """Give what a message costs, in won."""
    return PRICES.get(draft.type.lower(), OTHER_PRICE)


class Account:
    """See the module; all methods run in one event loop, each to its end."""

    def __init__(self, settings: Settings) -> None:
        self.balance = settings.balance
        self.quota = settings.daily_quota
        self.groups: dict[str, Group] = {}
        self.messages: dict[str, Message] = {}
        self.by_number: dict[str, dict[str, Message]] = {}
        self.files: dict[str, dict[str, Any]] = {}
        self._day = ""
        self._sent_today = 0

    def create(self, body: dict[str, Any], now: datetime) -> Group:
        """Make an empty group from a request's own options.

        Raises:
            VendorError: 400, an option has the wrong shape.
        """
        custom_fields, agent = body.get("customFields") or {}, body.get("agent") or {}
        if not isinstance(custom_fields, dict) or not isinstance(agent, dict):
            raise invalid("customFields와 agent는 객체여야 합니다.")
        group = Group(
            id=new_id("G4V", now),
            created=now,
            updated=now,
            allow_duplicates=body.get("allowDuplicates") is True,
            strict=body.get("strict") is True,
            custom_fields=custom_fields,
            agent=agent,
        )
        self.groups[group.id] = group
        return group

    def group(self, id_: str) -> Group:
        """Find a group.

        Raises:
            VendorError: 404.
        """
        group = self.groups.get(id_)
        if group is None:
            raise absent()
        return group

    def add(self, group: Group, drafts: Iterable[tuple[Draft, str]], now: datetime) -> list[Message]:
        """Register judged messages in a group."""
        added = [group.add(draft, status, now) for draft, status in drafts]
        for message in added:
            self.messages[message.id] = message
            self.by_number.setdefault(message.draft.to, {})[message.id] = message
        self._forget()
        return added

    def remove(self, group: Group, ids: list[str], now: datetime) -> list[Message]:
        """Take messages out of an open group."""
        removed = group.remove(ids, now)
        self._drop(removed)
        return removed

    def fire(self, group: Group, now: datetime, *, again: bool = False) -> list[Message]:
        """Charge and begin to send a group; give the messages that leave.

        A group that would exceed the daily quota fails instead, with a line in its log, and nothing leaves.
        With `again` it is a FAILED group that is sent after all, and the quota does not bind it.

        Raises:
            VendorError: the group's state forbids it, or 402.
        """
        if again:
            group.demand_failed()
        else:
            group.demand_fireable()
        leaving = [message for message in group.messages.values() if message.registered]
        cost = sum(price(message.draft) for message in leaving)
        if cost > self.balance:
            raise refusal(402, "NotEnoughBalance", "잔액이 부족합니다.")
        if not self._within_quota(len(leaving), now) and not again:
            group.fail("일일 발송량을 초과했습니다.", now)
            return []
        group.fire(cost, self.balance, now)
        self.balance -= cost
        self._sent_today += len(leaving)
        return leaving

    def _within_quota(self, count: int, now: datetime) -> bool:
        day = f"{now.astimezone(KST):%Y%m%d}"
        if day != self._day:
            self._day, self._sent_today = day, 0
        return self._sent_today + count <= self.quota

    def _forget(self) -> None:
        for id_ in tuple(self.groups) if len(self.messages) > CAPACITY else ():
            if len(self.messages) <= CAPACITY:
                return
            if self.groups[id_].status in _FINISHED:
                self._drop(self.groups.pop(id_).messages.values())

    def _drop(self, messages: Iterable[Message]) -> None:
        for message in messages:
            del self.messages[message.id]
            of_number = self.by_number[message.draft.to]
            del of_number[message.id]
            if not of_number:
                del self.by_number[message.draft.to]
