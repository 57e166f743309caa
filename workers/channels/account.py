"""What can be asked about a connection itself: whether its credentials work, and a new token for an old one.

Plain values, as for messages (`exchange`): a vendor's `check` and `renew` are generators that yield requests and
return one of these. `problem` is a sentence for the connection's owner; it never holds a secret.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from workers.channels.exchange import Request, Stamp

CONNECT_AGAIN: Final = "connect it again"
"""What the owner of a consent can do; a `problem` ends with it."""


@dataclass(frozen=True, slots=True)
class Usable:
    """The credentials work."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The credentials are not accepted any more: nothing helps but their owner."""

    problem: str


@dataclass(frozen=True, slots=True)
class Suspended:
    """They are accepted, but the account behind them may not send."""

    problem: str


@dataclass(frozen=True, slots=True)
class Unheard:
    """No usable answer: it says nothing about the credentials."""

    problem: str


@dataclass(frozen=True, slots=True)
class Renewed:
    """New credentials, to be stored before anybody uses them.

    Attributes:
        secrets: what replaces the stored words; what is not named stays.
        life: how long the new token is good for.
    """

    secrets: Mapping[str, str] = field(repr=False)
    life: timedelta


Verdict = Usable | Refused | Suspended | Unheard
Renewal = Renewed | Refused | Unheard

Check = Callable[[Mapping[str, str], Callable[[], Stamp]], Generator[Request, Any, Verdict]]
"""Asks whether a connection's credentials work; sends no message."""
Renew = Callable[[Mapping[str, str]], Generator[Request, Any, Renewal]]
"""Exchanges a refresh token for a new access token, once."""
