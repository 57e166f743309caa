"""Reads the bodies of SOLAPI's requests and registers their messages.

It joins the rules (what is good), the faults (what is to go wrong) and the account (what is remembered);
it must know no route.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from starlette.requests import Request

from sandbox.solapi import codes, rules
from sandbox.solapi.account import Account
from sandbox.solapi.drafts import Draft, read
from sandbox.solapi.errors import invalid, refusal, throttled
from sandbox.solapi.groups import Group, Message
from sandbox.state import State

BODY_MOST: Final = 15 * 1024 * 1024


async def fields(request: Request) -> dict[str, Any]:
    """Read a JSON object; no body at all is an empty one.

    Raises:
        VendorError: 400, or 413 beyond 15 MB.
    """
    if int(request.headers.get("content-length", 0)) > BODY_MOST:
        raise _too_large()
    body = await request.body()
    if len(body) > BODY_MOST:
        raise _too_large()
    try:
        parsed = json.loads(body) if body.strip() else {}
    except ValueError:
        raise invalid("JSON이 아닙니다.") from None
    if not isinstance(parsed, dict):
        raise invalid("본문은 JSON 객체여야 합니다.")
    return parsed


def date(text: object) -> datetime:
    """Read a moment with its zone.

    Raises:
        VendorError: 400 `InvalidScheduledDate`.
    """
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise refusal(400, "InvalidScheduledDate", "예약 일시는 시간대가 있는 ISO 8601이어야 합니다.")
    return moment


def messages(body: dict[str, Any]) -> list[Draft]:
    """Read the messages of a request, one draft for each number.

    Raises:
        VendorError: 400, there are none or one has no shape.
    """
    listed = body.get("messages")
    if not isinstance(listed, list) or not listed:
        raise invalid("messages는 비어 있지 않은 배열이어야 합니다.")
    return [draft for item in listed for draft in read(item)]


class Registrar:
    """Registers drafts in groups."""

    def __init__(self, state: State, account: Account) -> None:
        self._state = state
        self._account = account

    def admit(self, drafts: Sequence[Draft], request: Request) -> None:
        """Let a request with these messages in, unless it is to be throttled.

        Raises:
            VendorError: 429.
        """
        named = [(draft.to, _notification_id(draft, request, len(drafts)) or draft.to) for draft in drafts]
        if self._state.faults.throttles("solapi", named):
            raise throttled()

    def register(self, group: Group, drafts: Sequence[Draft], request: Request) -> list[Message]:
        """Judge and register messages in an open group, and name them as the caller did.

        Raises:
            VendorError: the group is not open, or they are too many.
        """
        group.demand_open(len(drafts))
        judged = [(draft, self._judge(draft)) for draft in drafts]
        added = self._account.add(group, judged, self._state.clock())
        for message in added:
            message.notification_id = _notification_id(message.draft, request, len(drafts))
        return added

    def _judge(self, draft: Draft) -> str:
        code = rules.judge(draft, self._account.files)
        rejected = code == codes.REGISTERED and self._state.faults.rejects("solapi", draft.to)
        return codes.BLOCKED_NUMBER if rejected else code


def _notification_id(draft: Draft, request: Request, count: int) -> str | None:
    custom = draft.custom_fields
    named = custom.get("nid") if isinstance(custom, dict) else None
    if isinstance(named, str):
        return named
    return request.headers.get("x-request-id") if count == 1 else None


def _too_large() -> Exception:
    return refusal(413, "PayloadTooLarge", "본문은 15MB까지입니다.")
