"""A bell that only notes, for tests of whoever rings."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from typing_extensions import override

from config.vocabulary import Queue
from workers.publish import Bell, Ring


class Noting(Bell):
    """A bell that notes who was rung and asked for, over queues of a given length."""

    def __init__(self, depth: int | None) -> None:
        super().__init__()
        self._depth = depth
        self.rung: list[UUID] = []
        self.asked: list[list[UUID]] = []
        self.renewed: list[UUID] = []

    @override
    def ring(self, rings: Iterable[Ring]) -> bool:
        self.rung += [ring.id for ring in rings]
        return True

    @override
    def reconcile(self, ids: Sequence[UUID]) -> bool:
        self.asked.append(list(ids))
        return True

    @override
    def renew(self, connection_id: UUID) -> bool:
        self.renewed.append(connection_id)
        return True

    @override
    def depth(self, queue: Queue) -> int | None:
        assert queue in Queue
        return self._depth
