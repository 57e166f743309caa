"""A worker killed at every step of a wave of Kakao messages: nobody gets one twice, and what may have left is held.

Kakao cannot be asked. So what died after its departure, and nothing else, stays unknown until a person decides.
"""

import uuid
from collections import Counter

import pytest
import requests

from tests.flows.client import Client
from tests.flows.dying import NOWHERE, die
from tests.flows.stack import Stack, wait_for

pytestmark = [pytest.mark.flow, pytest.mark.timeout(180)]

TOGETHER = 3
DELIVERING = (
    *("before commit", "after commit"),  # the claim
    *("before commit", "after commit"),  # the departure of all
    *("before wave", "after wave"),
    *("before commit", "after commit"),  # the record
)
HELD = range(3, 7)
"""From the departure's COMMIT to the record's."""
LEFT = range(5, 7)
"""Held ones whose requests were made."""


def accept(client: Client, word: str) -> list[str]:
    return [client.send("kakao", {"msg": f"{word} {number}", "lane": "urgent"}) for number in range(TOGETHER)]


def arrived(stack: Stack) -> Counter[str]:
    inbox = requests.get(f"{stack.sandbox}/inbox.json", params={"channel": "kakao"}, timeout=10).json()
    return Counter(message["text"] for message in inbox)


def test_a_wave_may_die_anywhere(halted: Stack) -> None:
    client = Client.register(halted.api)
    words = [f"k{uuid.uuid4().hex[:10]}" for _ in range(1 + len(DELIVERING))]
    whole, *waves = (accept(client, word) for word in words)
    assert die(halted, [("deliver kakao", NOWHERE, whole)]) == [list(DELIVERING)]
    cases = [("deliver kakao", at, wave) for at, wave in enumerate(waves)]
    assert die(halted, cases) == [list(DELIVERING[: at + 1]) for _, at, _ in cases]

    halted.launch("beat")
    halted.launch("worker")
    for at, wave in enumerate(waves):
        for notification_id in wave:
            end = client.settled(notification_id, 60, among={"sent", "unknown"})["status"]
            assert end == ("unknown" if at in HELD else "sent")
    expected = {
        f"{word} {number}"
        for at, word in enumerate(words, -1)
        if at not in HELD or at in LEFT
        for number in range(TOGETHER)
    }
    wait_for("every message that may leave", lambda: expected <= set(arrived(halted)), 30)
    assert arrived(halted) == Counter(expected)
