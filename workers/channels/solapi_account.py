"""A SOLAPI account: whether its key works and there is money behind it."""

from collections.abc import Callable, Generator, Mapping

from workers.channels import solapi_wire as wire
from workers.channels.account import Refused, Suspended, Unheard, Usable, Verdict
from workers.channels.exchange import Answer, HttpRequest, Silence, Stamp
from workers.channels.solapi_codes import CODES, Class


def check(credentials: Mapping[str, str], stamp: Callable[[], Stamp]) -> Generator[HttpRequest, Answer, Verdict]:
    """Ask for the balance; this also proves the key."""
    return read((yield wire.compose_balance(credentials, stamp())))


def read(answer: Answer) -> Verdict:
    """Read the balance; points are spent as well as cash (SOLAPI, "get balance")."""
    if isinstance(answer, Silence):
        return Unheard(f"SOLAPI gave no answer ({answer.code})")
    if (problem := wire.read_problem(answer)) is not None:
        code = problem.code
        if CODES.get(code) is Class.REAUTH:
            return Refused(f"SOLAPI does not take this key ({code}): give it a new one")
        return Unheard(f"SOLAPI gave no answer ({code})")
    balance = wire.read_balance(answer)
    if balance is None:
        return Unheard("SOLAPI gave no answer (garbled)")
    return Usable() if balance > 0 else Suspended("the SOLAPI account has neither cash nor points")
