"""The four ways a provider can answer, as values.

A channel reads an answer into one of these and never raises; `workers.tasks.deliver` turns each into one
verb of the ledger. The module knows no provider, no queue and no database.
"""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took the message. Not yet: the person has it.

    Attributes:
        provider_id: the provider's own id of the message, where it gives one.
        refused: codes of recipients that were refused while others were accepted, by index; such a
            recipient is named on the attempt by its index, never by its address.
    """

    provider_id: str | None = None
    refused: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Retry:
    """Certainly not sent; trying later can help.

    Attributes:
        code: a stable word or vendor code, shown in Flower; never provider free text.
        after: the provider's own wish (`Retry-After`), if it said one.
        closes: the fault is the connection's, not the message's: the connection takes a rest for `after`
            (or until its credentials are renewed, when `after` is None) and no try is spent.
        spends: whether the provider was asked; false where we ourselves held it back.
        reauth: it closes because the credentials were refused; only new ones help.
    """

    code: str
    after: timedelta | None = None
    closes: bool = False
    spends: bool = True
    reauth: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """Never will work as it is."""

    code: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may or may not have been sent; nobody resends it blindly."""

    code: str


Outcome = Accepted | Retry | Rejected | Unknown
