"""SOLAPI's wire format: how each exchange of the group flow is written and how its answer is read.

Split from the protocol in `solapi` so that a signed request is a golden file and an answer a table. It knows
no order of events and judges nothing: what a code means is in `solapi_codes`.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from urllib.parse import quote

from workers.channels.exchange import Answer, HttpRequest, Listed, Message, Reply, Silence, Stamp

PAGE: Final = 500
MARK: Final = {"by": "alrim"}
"""What tells our groups from other people's."""
ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""Ids and codes that may be stored, shown and put into an address; anything else is no id but free text."""


class GroupStatus(StrEnum):
    """What a group can be in (SOLAPI, "group info")."""

    PENDING = "PENDING"
    SENDING = "SENDING"
    COMPLETE = "COMPLETE"
    FAILED = "FAILED"
    SCHEDULED = "SCHEDULED"
    DELETED = "DELETED"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an exchange did not do what it was for.

    Attributes:
        code: the vendor's `errorCode`, else `http_<status>`, or the word of a silence.
        refused: SOLAPI said no (4xx); False (a silence, a 5xx) leaves open what was done.
        throttled: too many requests (429).
        after: the vendor's `Retry-After`.
    """

    code: str
    refused: bool = False
    throttled: bool = False
    after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A group as read; `fired` is known by its `dateSent`, which stays when it fails or is deleted later."""

    status: GroupStatus | None
    fired: bool


def compose_image(image: str, credentials: Mapping[str, str], stamp: Stamp) -> HttpRequest:
    """Upload a base64 JPEG for MMS; repeated, it makes one more file and does no harm."""
    return _request("POST /storage/v1/files", {"file": image, "type": "MMS"}, credentials, stamp)


def compose_group(credentials: Mapping[str, str], stamp: Stamp) -> HttpRequest:
    """Create an empty group that may hold one number twice; its mark tells our groups from other people's."""
    body = {"allowDuplicates": True, "customFields": MARK}
    return _request("POST /messages/v4/groups", body, credentials, stamp)


def compose_messages(
    group_id: str,
    messages: Sequence[Message],
    image_ids: Mapping[str, str],
    credentials: Mapping[str, str],
    stamp: Stamp,
) -> HttpRequest:
    """Add the messages to the group, each carrying its notification's id and attempt.

    Args:
        group_id: an empty group.
        messages: at most 10,000 and 15 MB (SOLAPI, "add group messages").
        image_ids: uploaded image (base64) to the vendor's file id.
        credentials: of the connection.
        stamp: fresh.
    """
    body = {"messages": [_message(each, image_ids) for each in messages]}
    path = f"PUT /messages/v4/groups/{quote(group_id, safe='')}/messages"
    return _request(path, body, credentials, stamp, _only([each.id for each in messages]))


def compose_fire(group_id: str, ids: Sequence[str], credentials: Mapping[str, str], stamp: Stamp) -> HttpRequest:
    """Send the group: the one request that may deliver. `ids` are the notifications that leave by it."""
    path = f"POST /messages/v4/groups/{quote(group_id, safe='')}/send"
    return _request(path, {}, credentials, stamp, _only(ids), delivers=True)


def compose_look(group_id: str, credentials: Mapping[str, str], stamp: Stamp) -> HttpRequest:
    """Read the group."""
    return _request(f"GET /messages/v4/groups/{quote(group_id, safe='')}", None, credentials, stamp)


def compose_groups(before: datetime, credentials: Mapping[str, str], stamp: Stamp) -> HttpRequest:
    """List groups that were made before this moment and not fired, the first page of them."""
    value = quote(f"PENDING,{_moment(before)}", safe=",")
    path = f"GET /messages/v4/groups?criteria=status,dateCreated&cond=eq,lt&value={value}&limit={PAGE}"
    return _request(path, None, credentials, stamp)


def compose_delete(group_id: str, credentials: Mapping[str, str], stamp: Stamp) -> HttpRequest:
    """Delete the group, for good; SOLAPI refuses it for one that is being sent."""
    return _request(f"DELETE /messages/v4/groups/{quote(group_id, safe='')}", None, credentials, stamp)


def compose_list(group_id: str, start_key: str | None, credentials: Mapping[str, str], stamp: Stamp) -> HttpRequest:
    """Read a page of the group's messages; `start_key` is the previous page's `nextKey`."""
    start = f"&startKey={quote(start_key, safe='')}" if start_key else ""
    path = f"GET /messages/v4/groups/{quote(group_id, safe='')}/messages?limit={PAGE}{start}"
    return _request(path, None, credentials, stamp)


def compose_balance(credentials: Mapping[str, str], stamp: Stamp) -> HttpRequest:
    """Read the account's cash and points."""
    return _request("GET /cash/v1/balance", None, credentials, stamp)


def sign(secret: str, date: str, salt: str) -> str:
    """Sign date and salt, which is all that SOLAPI signs (hex HMAC-SHA256); good once within 15 minutes."""
    return hmac.new(secret.encode(), f"{date}{salt}".encode(), hashlib.sha256).hexdigest()


def read_problem(answer: Answer) -> Problem | None:
    """Read why an exchange failed, or None if it was answered with 2xx. A 5xx is often no JSON and leaves all open."""
    if isinstance(answer, Silence):
        return Problem(answer.code)
    if 200 <= answer.status < 300:  # noqa: PLR2004 - HTTP's success
        return None
    refused = 400 <= answer.status < 500  # noqa: PLR2004 - HTTP's client errors
    code = _word(answer.said.get("errorCode")) if refused else None
    return Problem(code or f"http_{answer.status}", refused, answer.status == 429, answer.retry_after)  # noqa: PLR2004 - HTTP's throttle


def read_balance(reply: Reply) -> float | None:
    """Read what the account has to spend, cash and points together."""
    said = reply.said
    amounts = [said.get("balance"), said.get("point")]
    known = [each for each in amounts if isinstance(each, int | float)]
    return sum(known) if known else None


def read_image(reply: Reply) -> str | None:
    """Read the uploaded file's id."""
    return _word(reply.said.get("fileId"))


def read_group_id(reply: Reply) -> str | None:
    """Read the created group's id."""
    return _word(reply.said.get("groupId"))


def read_group(reply: Reply) -> Group:
    """Read a group's status, None if it is one we don't know."""
    said = reply.said
    status = next((each for each in GroupStatus if each == said.get("status")), None)
    return Group(status, fired=said.get("dateSent") is not None)


def read_messages(reply: Reply) -> dict[str, Listed]:
    """Read what became of each added message, by notification id; `errorCount` says nothing more and is not read.

    A message that is named twice would be sent twice, so it is left out, like one without our id.
    """
    return _by_notification(reply.said.get("resultList"))


def read_list(reply: Reply) -> tuple[dict[str, Listed], str | None]:
    """Read a page of a group's messages, by notification id, and the key of the next page, if there is one."""
    said = reply.said
    found = said.get("messageList")
    following = said.get("nextKey")
    messages = _by_notification(list(found.values()) if isinstance(found, dict) else None)
    return messages, following if isinstance(following, str) and following else None


def _request(
    line: str,
    body: Mapping[str, Any] | None,
    credentials: Mapping[str, str],
    stamp: Stamp,
    only: str | None = None,
    *,
    delivers: bool = False,
) -> HttpRequest:
    method, path = line.split(" ", 1)
    date = _moment(stamp.now)
    signature = sign(credentials["api_secret"], date, stamp.nonce)
    claims = f"apiKey={credentials['api_key']}, date={date}, salt={stamp.nonce}, signature={signature}"
    headers = {"Authorization": f"HMAC-SHA256 {claims}"}
    if body is not None:
        headers["Content-Type"] = "application/json"
    if only is not None:
        headers["X-Request-Id"] = only
    # ASCII escapes keep a lone surrogate in one text from making the whole request impossible to encode.
    content = b"" if body is None else json.dumps(body, separators=(",", ":")).encode("ascii")
    url = credentials["base_url"].rstrip("/") + path
    return HttpRequest(method, url, headers, content, delivers=delivers, pooled=True)


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _message(message: Message, image_ids: Mapping[str, str]) -> dict[str, Any]:
    fields = {name: value for name, value in message.body.items() if name != "image"}
    if "image" in message.body:
        fields["imageId"] = image_ids[message.body["image"]]
    ours = {"nid": message.id, "att": str(message.attempt)}
    theirs = message.body.get("customFields", {})
    # The type was chosen at accept, so the vendor is not to choose again.
    return {**fields, "type": message.type, "autoTypeDetect": False, "customFields": {**theirs, **ours}}


def _only(ids: Sequence[str]) -> str | None:
    return ids[0] if len(ids) == 1 else None


def _by_notification(entries: object) -> dict[str, Listed]:
    found: dict[str, Listed] = {}
    twice: set[str] = set()
    for entry in entries if isinstance(entries, list) else ():
        fields = entry.get("customFields") if isinstance(entry, dict) else None
        nid = fields.get("nid") if isinstance(fields, dict) else None
        code = _word(entry.get("statusCode")) if isinstance(nid, str) else None
        if nid in found:
            twice.add(nid)
        elif isinstance(nid, str) and code is not None:
            found[nid] = Listed(_word(entry.get("messageId")), code, _word(entry.get("networkCode")))
    return {nid: listed for nid, listed in found.items() if nid not in twice}


def _word(value: object) -> str | None:
    return value if isinstance(value, str) and ID.fullmatch(value) else None
