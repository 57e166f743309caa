"""The verbs: everything that can happen to a notification, and from which states.

A table and nothing else: `models.ledger` carries the verbs out, the documentation and the tests are held against it.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from config.vocabulary import BatchState, State


class Verb(StrEnum):
    """What can happen to a notification."""

    ACCEPT = "accept"
    CLAIM = "claim"
    DEPART = "depart"
    SENT = "sent"
    REQUEUE = "requeue"
    FAIL = "fail"
    PARK = "park"
    CONFIRM = "confirm"
    CANCEL = "cancel"


FROM: Final[Mapping[Verb, frozenset[State]]] = {
    Verb.ACCEPT: frozenset(),
    Verb.CLAIM: frozenset({State.QUEUED}),
    Verb.DEPART: frozenset({State.SENDING}),
    Verb.SENT: frozenset({State.SENDING, State.UNKNOWN}),
    Verb.REQUEUE: frozenset({State.SENDING, State.FAILED, State.UNKNOWN}),
    Verb.FAIL: frozenset({State.QUEUED, State.SENDING, State.UNKNOWN}),
    Verb.PARK: frozenset({State.SENDING}),
    Verb.CONFIRM: frozenset({State.SENDING, State.SENT, State.UNKNOWN}),
    Verb.CANCEL: frozenset({State.QUEUED}),
}
"""From which states each verb may start."""


class BatchVerb(StrEnum):
    """What can happen to a batch."""

    OPEN = "open"
    ADVANCE = "advance"
    RELEASE = "release"
    REFUSE = "refuse"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    END = "end"
    FINISH = "finish"


BATCH_STEPS: Final[Mapping[BatchVerb, tuple[frozenset[BatchState], BatchState]]] = {
    BatchVerb.OPEN: (frozenset(), BatchState.RECEIVING),
    BatchVerb.ADVANCE: (frozenset({BatchState.RECEIVING}), BatchState.RECEIVING),
    BatchVerb.RELEASE: (frozenset({BatchState.RECEIVING}), BatchState.RUNNING),
    BatchVerb.REFUSE: (frozenset({BatchState.RECEIVING}), BatchState.REFUSED),
    BatchVerb.PAUSE: (frozenset({BatchState.RUNNING}), BatchState.PAUSED),
    BatchVerb.RESUME: (frozenset({BatchState.PAUSED}), BatchState.RUNNING),
    BatchVerb.CANCEL: (
        frozenset({BatchState.RECEIVING, BatchState.RUNNING, BatchState.PAUSED}),
        BatchState.CANCELLING,
    ),
    BatchVerb.END: (frozenset({BatchState.CANCELLING}), BatchState.CANCELLED),
    BatchVerb.FINISH: (frozenset({BatchState.RUNNING}), BatchState.FINISHED),
}
"""From which states each verb of a batch may start, and where it leads."""
HELD_BACK: Final = frozenset({BatchState.RECEIVING, BatchState.PAUSED, BatchState.CANCELLING, BatchState.REFUSED})
"""While a batch is in one of these, none of its rows is claimed."""
