from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from config.vocabulary import Ending, State
from deploy.local.demo import Sent, judge, timeline
from deploy.local.demo_messages import ARRIVED, Example

CREATED = datetime(2026, 11, 24, 0, 45, tzinfo=UTC)
ID = "0193f2a4-7c1e-7d3a-9a55-1c0f5f0e8b11"


def attempt(outcome: Ending, seconds: float, code: str | None = None) -> dict[str, Any]:
    return {"outcome": outcome, "code": code, "ended_at": (CREATED + timedelta(seconds=seconds)).isoformat()}


def seen(status: State, *attempts: dict[str, Any], code: str | None = None) -> dict[str, Any]:
    return {
        "id": ID,
        "channel": "solapi",
        "type": "SMS",
        "status": status,
        "code": code,
        "created_at": CREATED.isoformat(),
        "attempts": attempts,
    }


def test_a_timeline_is_one_line_in_order() -> None:
    shown = seen(State.SENT, attempt(Ending.RETRY, 0.04, "TooManyRequests"), attempt(Ending.ACCEPTED, 2.31))
    line = timeline("throttled", shown)
    assert line.startswith("throttled  ")
    assert line.endswith("  queued → retry TooManyRequests +0.04 s → accepted +2.31 s → sent")
    assert ID in line


def test_a_timeline_says_why() -> None:
    shown = seen(State.FAILED, attempt(Ending.REJECTED, 1, "1062"), code="1062")
    assert timeline("rejected", shown).endswith("queued → rejected 1062 +1.00 s → failed (1062)")


SMS = Example("SMS", "/send", {}, ARRIVED)
REJECTED = Example("rejected", "/send", {}, frozenset({State.FAILED}), arrives=False)
RETRIED = Example("retried", "/send", {}, attempts=2)
ONCE = attempt(Ending.ACCEPTED, 1)


@pytest.mark.parametrize(
    ("example", "last", "received", "faults"),
    [
        (SMS, seen(State.SENT, ONCE), {ID}, []),
        (SMS, seen(State.DELIVERED, ONCE), {ID}, []),
        (SMS, seen(State.DELIVERED, ONCE), set(), ["SMS: is missing from /inbox.json"]),
        (SMS, seen(State.QUEUED), set(), [
            "SMS: is queued, should be delivered or sent",
            "SMS: has 0 attempts, should have 1 or more",
            "SMS: is missing from /inbox.json",
        ]),
        (REJECTED, seen(State.FAILED, ONCE), set(), []),
        (REJECTED, seen(State.FAILED, ONCE), {ID}, ["rejected: is in /inbox.json"]),
        (RETRIED, seen(State.SENT, ONCE), {ID}, ["retried: has 1 attempts, should have 2 or more"]),
    ],
)  # fmt: skip
def test_what_did_not_end_as_it_should_is_said(
    example: Example, last: dict[str, Any], received: set[str], faults: list[str]
) -> None:
    assert judge(Sent(example, ID, last), received) == faults
