"""One-time codes while a campaign is under way: from the request to the provider, alone and beside a million rows."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Final

from benchmarks import bulk
from benchmarks.accept import PATH
from benchmarks.figures import Figure
from benchmarks.ground import Ground, Installation, load
from tests.flows.batch_client import BatchClient
from tests.flows.client import Client

ALONE: Final = "alone"
URGENT: Final[dict[str, Any]] = {
    "to": "01012345678",
    "from": "0212345678",
    "text": "인증번호는 {n}입니다",
    "lane": "urgent",
}
SAMPLES: Final = 150
WARM: Final = 20
GAP: Final = 0.1


def measure(ground: Ground, rounds: int, _seconds: float, rows: int = bulk.ROWS) -> dict[str, Figure]:
    """Measure ten requests a second, on the connection and channel that the campaign goes out on."""
    beside = f"beside {rows:,} bulk rows"
    notes = {ALONE: "SOLAPI, provider 50 ms an exchange", beside: "the same account, connection and channel"}
    title = "urgent, request to provider"
    middle = Figure("urgent_p50", f"{title}, median", "ms", beside, notes, more_is_better=False)
    slowest = Figure("urgent_p99", f"{title}, p99", "ms", beside, notes, more_is_better=False)
    for _ in range(rounds):
        stack = ground.stack()
        with ExitStack() as running:
            running.enter_context(stack.providing(50))
            client = running.enter_context(stack.serving())
            running.enter_context(stack.at_work())
            for name, before in ((ALONE, _nothing), (beside, _campaign(rows))):
                before(stack, client)
                took = _took(stack, client)
                middle.add(name, took[len(took) // 2] * 1000)
                slowest.add(name, took[len(took) * 99 // 100] * 1000)
    return {each.name: each for each in (middle, slowest)}


def _nothing(_stack: Installation, _client: Client) -> None:
    pass


def _campaign(rows: int) -> Callable[[Installation, Client], None]:
    def begin(stack: Installation, client: Client) -> None:
        stack.forget()
        bulk.upload(BatchClient(client), rows, stack.directory / "recipients.csv")
        stack.wait_for_count(min(rows // 10, 2_000))

    return begin


def _took(stack: Installation, client: Client) -> list[float]:
    load(client, PATH, [URGENT], connections=1, most=WARM, gap=GAP, seconds=60)
    seen = load(client, PATH, [URGENT], connections=1, most=SAMPLES, gap=GAP, seconds=60)
    while not seen.left.keys() <= (came := stack.seen()).keys():
        time.sleep(1)
    return sorted(came[each] - left for each, left in seen.left.items())
