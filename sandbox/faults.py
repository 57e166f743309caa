"""Faults on demand: drawn by dice at a set rate, or asked for by the recipient's last digits.

It decides only *whether* something goes wrong; how that looks on the wire is the business of the gate, of
`sandbox.silence` and of each provider. It must know no provider's format.
"""

import random
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What can go wrong.

    `status`, `latency`, `reset_before` and `throttle` happen before a request is looked at; `reject` refuses
    one message; `hang_after_accept` takes a message and never answers.
    """

    STATUS = "status"
    LATENCY = "latency"
    HANG_AFTER_ACCEPT = "hang_after_accept"
    RESET_BEFORE = "reset_before"
    THROTTLE = "throttle"
    REJECT = "reject"


class Magic(StrEnum):
    """What a recipient's last four digits ask for."""

    REJECT = "0002"
    HANG = "0003"
    THROTTLE = "0004"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of one channel.

    Attributes:
        rate: how often it happens, 0.0 to 1.0.
        status: of kind `status`: the HTTP status (or the SMTP reply code).
        seconds: of `latency` the delay, of `throttle` the Retry-After, of `hang_after_accept` how long the
            connection stays open; None is the kind's own default.
    """

    channel: str
    kind: Kind
    rate: float
    status: int = 503
    seconds: float | None = None


_ENDING: Final = re.compile(r"(\d{4})\s*\Z")
_ADDRESS: Final = re.compile(r"\A(\S+)@\S+\Z")


def magic_of(text: str) -> Magic | None:
    """Read what the last four digits ask for; of a mail address those of its local part count."""
    address = _ADDRESS.match(text)
    ending = _ENDING.search(address.group(1) if address else text)
    return Magic(ending.group(1)) if ending and ending.group(1) in set(Magic) else None


class Faults:
    """The faults that are set, one per channel and kind, and the dice."""

    def __init__(self, seed: int | None = None) -> None:
        self._set: dict[tuple[str, Kind], Fault] = {}
        self._dice = random.Random(seed)  # noqa: S311 -- dice for faults, no secret
        self._throttled: set[str] = set()

    def put(self, fault: Fault) -> None:
        """Set a fault; one of the same channel and kind is replaced."""
        self._set[fault.channel, fault.kind] = fault

    def all(self) -> list[Fault]:
        """List what is set."""
        return list(self._set.values())

    def clear(self) -> None:
        """Take back every fault; magic recipients remain."""
        self._set.clear()

    def draw(self, channel: str, *kinds: Kind) -> Fault | None:
        """Throw the dice for each of these kinds in order (none given: all) and give the first that falls."""
        for kind in kinds or tuple(Kind):
            fault = self._set.get((channel, kind))
            if fault is not None and self._dice.random() < fault.rate:
                return fault
        return None

    def magic(self, to: str) -> Magic | None:
        """Read what this recipient asks for."""
        return magic_of(to)

    def rejects(self, channel: str, to: str) -> bool:
        """Decide whether this message to this recipient is refused."""
        return magic_of(to) is Magic.REJECT or self.draw(channel, Kind.REJECT) is not None

    def holds(self, channel: str, recipients: Iterable[str], default: float) -> float | None:
        """Decide whether the answer to an accepted request is withheld, and for how many seconds."""
        if any(magic_of(to) is Magic.HANG for to in recipients):
            return default
        fault = self.draw(channel, Kind.HANG_AFTER_ACCEPT)
        if fault is None:
            return None
        return default if fault.seconds is None else fault.seconds

    def throttles(self, channel: str, recipients: Iterable[tuple[str, str]]) -> bool:
        """Decide whether a request is throttled because of whom it addresses.

        A message to a …0004 is throttled once and then passes; the next message to the same number is
        throttled again.

        Args:
            channel: keeps the channels apart.
            recipients: recipient and the message's identity (a notification id, else the recipient again).
        """
        keys = {f"{channel} {identity}" for to, identity in recipients if magic_of(to) is Magic.THROTTLE}
        fresh = keys - self._throttled
        if fresh:
            self._throttled |= keys
        else:
            self._throttled -= keys
        return bool(fresh)
