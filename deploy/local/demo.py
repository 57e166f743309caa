"""`make demo`: sends every example through a running `make up`, waits for them, and says what became of each.

Exits with 1 when one of them did not end as it should, or is not in the sandbox's inbox though it was sent.
"""

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from config.settings import Api, Sandbox, settings
from config.vocabulary import State
from deploy.local.client import Client, Unexpected
from deploy.local.demo_messages import Example, every_ending, every_type
from deploy.local.ports import LOOPBACK

PATIENCE_SECONDS: Final = 45.0
LOOK_SECONDS: Final = 0.5
TITLE_WIDTH: Final = 24


@dataclass(slots=True)
class Sent:
    """An example that was accepted, and how it was last seen."""

    example: Example
    id: str
    seen: Mapping[str, Any]

    @property
    def settled(self) -> bool:
        """Whether it is in a state that it should end in."""
        return State(self.seen["status"]) in self.example.ends


def main() -> int:
    """Run the demonstration; return the exit status."""
    client = Client(
        f"http://{LOOPBACK}:{settings(Api).api_port}", f"http://{LOOPBACK}:{settings(Sandbox).sandbox_port}"
    )
    try:
        email = client.sign_up()
        _say(f"{email}: registered, logged in, made a key")
        everything = [*_round(client, every_type()), *_round(client, every_ending(datetime.now(UTC)))]
        received = client.received()
    except Unexpected as error:
        _say(f"make demo: {error}")
        return 1
    faults = [fault for each in everything for fault in judge(each, received)]
    _say("\n" + ("\n".join(faults) if faults else f"all {len(everything)} ended as they should"))
    _say(f"the inbox: http://{LOOPBACK}:{settings(Sandbox).sandbox_port}")
    return 1 if faults else 0


def _round(client: Client, examples: Sequence[Example]) -> list[Sent]:
    began = time.monotonic()
    everything = [Sent(each, client.send(each.path, each.body), {"status": State.QUEUED}) for each in examples]
    _say(f"\n{len(everything)} messages accepted in {time.monotonic() - began:.2f} s; waiting for them to settle")
    _wait(client, everything)
    for each in everything:
        _say(timeline(each.example.title, each.seen))
    return everything


def _wait(client: Client, everything: Sequence[Sent]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        for each in everything:
            if not each.settled:
                each.seen = client.look(each.id)
        if all(each.settled for each in everything) or time.monotonic() > deadline:
            return
        time.sleep(LOOK_SECONDS)


def timeline(title: str, seen: Mapping[str, Any]) -> str:
    """Say in one line what a notification went through; times are seconds since it was accepted."""
    created = datetime.fromisoformat(seen["created_at"])
    steps = [_step(created, attempt) for attempt in seen["attempts"]]
    kind = f"{seen['channel']} {seen['type']}"
    code = f" ({seen['code']})" if seen.get("code") else ""
    return f"{title:<{TITLE_WIDTH}}{kind:<16}{seen['id']}  " + " → ".join(["queued", *steps, f"{seen['status']}{code}"])


def _step(created: datetime, attempt: Mapping[str, Any]) -> str:
    after = (datetime.fromisoformat(attempt["ended_at"]) - created).total_seconds()
    code = f" {attempt['code']}" if attempt["code"] else ""
    return f"{attempt['outcome']}{code} +{after:.2f} s"


def judge(sent: Sent, received: set[str]) -> list[str]:
    """Return what is wrong with an ending, one line a fault."""
    title, faults = sent.example.title, []
    if not sent.settled:
        expected = " or ".join(sorted(sent.example.ends))
        faults.append(f"{title}: is {sent.seen['status']}, should be {expected}")
    if len(sent.seen["attempts"]) < sent.example.attempts:
        faults.append(
            f"{title}: has {len(sent.seen['attempts'])} attempts, should have {sent.example.attempts} or more"
        )
    if (sent.id in received) != sent.example.arrives:
        faults.append(f"{title}: is {'missing from' if sent.example.arrives else 'in'} /inbox.json")
    return faults


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
