"""SOLAPI groups that were filled and never fired: found by our mark, read, deleted; as pure conversations.

A worker that dies between filling a group and departing leaves one behind, and the next attempt makes a group of its
own. It costs nothing and sends nothing, but nobody else clears it away. Whether a group is still somebody's, whoever
asks decides: this must not know where ids are kept.
"""

from collections.abc import Callable, Generator, Mapping
from datetime import datetime
from typing import Any, Final

from workers.channels import solapi_wire as wire
from workers.channels.exchange import Answer, HttpRequest, Reply, Stamp

MOST: Final = 50
"""Groups looked into at a time: each takes a request or more."""
PAGES: Final = 20

Orphans = Mapping[str, frozenset[str]]
"""The notification ids of the messages in each group, by group id."""


def find(
    before: datetime, credentials: Mapping[str, str], stamp: Callable[[], Stamp]
) -> Generator[HttpRequest, Answer, Orphans]:
    """Find our groups that were made before this moment and never fired, and whose messages are in them.

    A group that cannot be read whole, or holds a message that is not ours, is left out.
    """
    listed = _said((yield wire.compose_groups(before, credentials, stamp())))
    found: dict[str, frozenset[str]] = {}
    for group_id in _marked(listed.get("groupList"))[:MOST]:
        inside = yield from _inside(group_id, credentials, stamp)
        if inside is not None:
            found[group_id] = inside
    return found


def delete(
    group_id: str, credentials: Mapping[str, str], stamp: Callable[[], Stamp]
) -> Generator[HttpRequest, Answer, bool]:
    """Delete a group that has sent nothing; whether SOLAPI says so. It refuses for one that is being sent."""
    return _said((yield wire.compose_delete(group_id, credentials, stamp()))).get("status") == wire.GroupStatus.DELETED


def _inside(
    group_id: str, credentials: Mapping[str, str], stamp: Callable[[], Stamp]
) -> Generator[HttpRequest, Answer, frozenset[str] | None]:
    ids: set[str] = set()
    start_key: str | None = None
    for _ in range(PAGES):
        page = _said((yield wire.compose_list(group_id, start_key, credentials, stamp())))
        messages = page.get("messageList")
        if not isinstance(messages, dict):
            return None
        some = [_nid(each) for each in messages.values()]
        if None in some:
            return None
        ids.update(each for each in some if each is not None)
        start_key = page.get("nextKey")
        if not isinstance(start_key, str) or not start_key:
            return frozenset(ids)
    return None


def _marked(groups: object) -> list[str]:
    """The ids of the groups in a list that are ours and wait to be fired, whatever the list was asked for."""
    if not isinstance(groups, dict):
        return []
    return [
        group_id
        for group_id, each in groups.items()
        if wire.ID.fullmatch(group_id)
        and isinstance(each, dict)
        and each.get("status") == wire.GroupStatus.PENDING
        and each.get("dateSent") is None
        and each.get("customFields") == wire.MARK
    ]


def _nid(message: object) -> str | None:
    fields = message.get("customFields") if isinstance(message, dict) else None
    nid = fields.get("nid") if isinstance(fields, dict) else None
    return nid if isinstance(nid, str) else None


def _said(answer: Answer) -> Mapping[str, Any]:
    return answer.said if isinstance(answer, Reply) and wire.read_problem(answer) is None else {}
