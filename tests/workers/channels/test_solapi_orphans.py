"""Which groups are looked at, and what is no answer to go by."""

import json
from collections.abc import Generator
from typing import Any

import pytest

from tests.workers.channels.conversing import IDS, NOW, stamp
from workers.channels.exchange import Answer, Reply, Silence
from workers.channels.solapi_orphans import MOST, Orphans, delete, find

KNOWN = {"api_key": "key", "api_secret": "secret", "base_url": "https://solapi.example"}
DELETED = Reply(200, body=b'{"status":"DELETED"}')
LISTING = "criteria=status,dateCreated&cond=eq,lt&value=PENDING,2026-11-24T09%3A30%3A00.000Z&limit=500"
OURS = {"status": "PENDING", "dateSent": None, "customFields": {"by": "alrim"}}


def said(**values: Any) -> Reply:  # noqa: ANN401 - JSON
    return Reply(200, body=json.dumps(values).encode())


def play(dialogue: Generator[Any, Any, Any], *answers: Answer) -> tuple[list[str], Any]:
    """What was asked, and what came of it."""
    asked, heard = [], iter(answers)
    try:
        request = next(dialogue)
        while True:
            asked.append(f"{request.method} {request.url.removeprefix(KNOWN['base_url'])}")
            request = dialogue.send(next(heard))
    except StopIteration as end:
        return asked, end.value


def found(*answers: Answer) -> Orphans:
    orphans: Orphans = play(find(NOW, KNOWN, stamp), *answers)[1]
    return orphans


def messages(*nids: str | None, following: str | None = None) -> Reply:
    listed = {f"M{number}": {"customFields": {"nid": nid} if nid else {}} for number, nid in enumerate(nids)}
    return said(messageList=listed, nextKey=following)


def test_a_group_is_read_page_by_page() -> None:
    asked, orphans = play(
        find(NOW, KNOWN, stamp), said(groupList={"G1": OURS}), messages(IDS[0], following="M9"), messages(IDS[1])
    )
    assert orphans == {"G1": {IDS[0], IDS[1]}}
    assert asked == [
        f"GET /messages/v4/groups?{LISTING}",
        "GET /messages/v4/groups/G1/messages?limit=500",
        "GET /messages/v4/groups/G1/messages?limit=500&startKey=M9",
    ]


@pytest.mark.parametrize(
    "group",
    [
        {**OURS, "status": "SENDING"},
        {**OURS, "dateSent": "2026-11-24T00:45:00.900Z"},
        {**OURS, "customFields": {}},
        {**OURS, "customFields": None},
        {**OURS, "customFields": {"by": "alrim", "of": "somebody else"}},
        "G1",
    ],
)
def test_what_is_none_of_ours_is_not_looked_at(group: object) -> None:
    assert found(said(groupList={"G1": group, "../G2": OURS})) == {}


@pytest.mark.parametrize(
    "answers",
    [
        (Silence(may_have_left=True, code="timeout"),),
        (Reply(500, body=b""),),
        (messages(IDS[0], None),),
        (messages(IDS[0], following="M9"), Reply(500, body=b"")),
    ],
)
def test_a_group_that_is_not_known_whole_is_left_out(answers: tuple[Answer, ...]) -> None:
    assert found(said(groupList={"G1": OURS}), *answers) == {}


def test_no_list_and_too_long_a_list() -> None:
    assert found(Silence(may_have_left=True, code="timeout")) == {}
    many = {f"G{number}": OURS for number in range(MOST + 1)}
    assert len(found(said(groupList=many), *[messages()] * MOST)) == MOST


@pytest.mark.parametrize(
    ("answer", "is_gone"),
    [(DELETED, True), (Reply(200, body=b'{"status":"SENDING"}'), False), (Reply(400, body=DELETED.body), False)],
)
def test_what_is_deleted(answer: Answer, is_gone: bool) -> None:  # noqa: FBT001 - a column of the table above
    assert play(delete("G1", KNOWN, stamp), answer) == (["DELETE /messages/v4/groups/G1"], is_gone)
