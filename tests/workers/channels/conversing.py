"""Feed a conversation its answers, as the worker would."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from workers.channels.exchange import Conversation, Message, Outcomes, Stamp, Step

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
IDS = tuple(f"01890000-0000-7000-8000-00000000000{number}" for number in range(5))


def stamp() -> Stamp:
    return Stamp(NOW, "nonce0nonce1nonce2nonce3nonce4AB")


def message(body: dict[str, Any], number: int = 0) -> Message:
    return Message(IDS[number], 1, "mail", body)


def converse(conversation: Conversation, answers: Sequence[object]) -> tuple[list[Step], Outcomes]:
    """Play a whole conversation: what it said, and what came of it. It must take every answer."""
    steps = [next(conversation)]
    for answer in answers:
        try:
            steps.append(conversation.send(answer))
        except StopIteration as end:
            assert answer is answers[-1]
            return steps, end.value
    raise AssertionError(f"it waits for an answer to {steps[-1]}")
