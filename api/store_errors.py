"""What an error of the database means for what was to be stored: repeat it, repeat all later, or one row's fault."""

from typing import Final

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

PASSING: Final = frozenset({1205, 1213})
"""MySQL's lock wait time-out and deadlock: the same batch goes through the next time."""
SERVER_AWAY: Final = PASSING | {1040, 1045, 1053, 1290, 1927}
"""Too many connections, access denied, shutting down, read-only, connection killed."""
CLIENT_ERRORS: Final = 2000
"""From here on PyMySQL's numbers mean that the server could not be spoken to."""


def passes(error: DBAPIError) -> bool:
    """Whether the same statement may go through the next time: another transaction was in its way."""
    return _number(error) in PASSING


def _number(error: DBAPIError) -> object:
    arguments = error.orig.args if error.orig is not None else ()
    return arguments[0] if arguments else None


def is_away(error: Exception) -> bool:
    """Whether the database is at fault, rather than one row of the batch."""
    if not isinstance(error, DBAPIError):
        return isinstance(error, PoolTimeout)
    number = _number(error)
    if isinstance(number, int):
        return number >= CLIENT_ERRORS or number in SERVER_AWAY
    return isinstance(error, OperationalError)
