"""A worker killed at every step of the SOLAPI protocol: each message arrives exactly once all the same.

Each point has messages of its own and a worker that dies there by SIGKILL, before and after each commit and each
HTTP call; then a real worker and beat take over. The list of points is what docs/lifecycle.md calls the crash table.
"""

import uuid
from collections import Counter
from itertools import chain

import pytest
import requests

from tests.flows.client import Client
from tests.flows.dying import NOWHERE, die
from tests.flows.stack import Stack, wait_for

pytestmark = [pytest.mark.flow, pytest.mark.timeout(240)]

TOGETHER = 2
"""Messages of one point: one group, as under load."""
DELIVERING = (
    *("before commit", "after commit"),  # the claim
    *("before POST groups", "after POST groups"),
    *("before PUT messages", "after PUT messages"),
    *("before commit", "after commit"),  # the departure
    *("before POST send", "after POST send"),
    *("before commit", "after commit"),  # the record
)
ASKING = (
    *("before POST send", "after POST send"),
    *("before GET messages", "after GET messages"),
    *("before commit", "after commit"),  # what the vendor said
    *("before commit", "after commit"),  # the next question
)
DEPARTED = DELIVERING.index("before POST send")


def accept(client: Client, word: str) -> list[str]:
    # In a lane where nobody takes others along: each worker dies with messages of its own.
    message = {"to": "01012345678", "from": "0212345678", "lane": "urgent"}
    return [client.send("solapi", {**message, "text": f"{word} {number}"}) for number in range(TOGETHER)]


def arrived(stack: Stack) -> Counter[str]:
    inbox = requests.get(f"{stack.sandbox}/inbox.json", params={"channel": "solapi"}, timeout=10).json()
    return Counter(message["text"] for message in inbox)


def test_a_worker_may_die_anywhere(halted: Stack) -> None:
    client = Client.register(halted.api)
    words = [f"w{uuid.uuid4().hex[:10]}" for _ in range(1 + len(ASKING) + len(DELIVERING))]
    whole, *ids = (accept(client, word) for word in words)
    asked, delivered = ids[: len(ASKING)], ids[len(ASKING) :]

    assert die(halted, [("deliver", NOWHERE, whole)]) == [list(DELIVERING)]
    # Whoever is asked about has departed: every other one was also fired, and nobody heard the answer.
    die(halted, [("deliver", DEPARTED + at % 2, each) for at, each in enumerate(asked)])
    die(halted, [("settle", NOWHERE, [])])
    for cases, points in (
        ([("ask", at, each) for at, each in enumerate(asked)], ASKING),
        ([("deliver", at, each) for at, each in enumerate(delivered)], DELIVERING),
    ):
        assert die(halted, cases) == [list(points[: at + 1]) for _, at, _ in cases]

    halted.launch("beat")
    halted.launch("worker")
    expected = {f"{word} {number}" for word in words for number in range(TOGETHER)}
    wait_for("every message", lambda: expected <= set(arrived(halted)), 60)
    for notification_id in chain(whole, *ids):
        client.settled(notification_id, 60, among={"sent", "delivered"})
    assert arrived(halted) == Counter(expected)
