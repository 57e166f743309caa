"""The verbs: everything that can happen to a notification, and from which states.

A table and nothing else: `models.ledger` carries the verbs out, the documentation and the tests are held against it.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from config.vocabulary import State


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
