"""In which order a worker on Redis takes from its queues: urgent ones first, but not always, so that nothing starves.

By itself kombu gives every queue the same: where seven of them are full, a code waits for six others. On RabbitMQ the
broker hands out of every queue what a worker has room for.
"""

from typing import Any, Final

from kombu.utils.scheduling import round_robin_cycle
from typing_extensions import override

from config.vocabulary import Lane

TURNS: Final = 4
"""Of so many turns one is everybody's."""


class UrgentFirst(round_robin_cycle):  # type: ignore[type-arg] # not generic when it runs
    """Queues in turn, those of lane urgent before the others in three of four turns."""

    def __init__(self, it: list[str] | None = None) -> None:
        """Begin with an urgent turn."""
        super().__init__(it)
        self._turn = 0

    @override
    def consume(self, n: int) -> Any:
        """Give the order for the next message."""
        self._turn = (self._turn + 1) % TURNS
        queues = list(super().consume(n))
        return sorted(queues, key=_is_later) if self._turn else queues


def _is_later(queue: str) -> bool:
    return not queue.endswith(f".{Lane.URGENT}")
