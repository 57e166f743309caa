"""Which connection a notification leaves through, chosen when it is accepted.

The body's, else the account's only one of that channel, else the installation's if it serves the account. The
answer is remembered, so that no accepted request waits for the database.
"""

from uuid import UUID

from sqlalchemy import or_

from api.errors import ApiError, Code
from api.remembered import Remembered
from config.settings import Installation, settings
from config.vocabulary import Channel, ConnectionStatus
from models.account import Account
from models.connection import Connection
from models.session import snapshot

Asked = tuple[UUID, Channel, UUID | None]
"""An account, a channel, and the connection that the body named."""


class ConnectionChoice:
    """Chooses connections, each choice as it was at most two seconds ago."""

    def __init__(self) -> None:
        """Remember nothing yet."""
        self._known = Remembered[Asked, UUID | None](lambda asked: find(*asked))

    async def choose(self, account_id: UUID, channel: Channel, wanted: UUID | None) -> UUID:
        """Find the connection for a notification.

        Raises:
            ApiError: the account has none for this channel, or not the one it named.
        """
        found = await self._known.find((account_id, channel, wanted))
        if found is None:
            raise _missing(channel, wanted)
        return found


def find(account_id: UUID, channel: Channel, wanted: UUID | None) -> UUID | None:
    """Look the connection up: the wanted one, else the account's own, else the installation's."""
    with snapshot() as session:
        account = Account.get(session, account_id)
        if account is None:
            return None
        usable = Connection.filter(
            session,
            Connection.channel == channel,
            Connection.status == ConnectionStatus.ACTIVE,
            or_(Connection.account_id == account_id, Connection.account_id.is_(None)),
        )
        own = [row.id for row in usable if row.account_id is not None]
        shared = [row.id for row in usable if row.account_id is None and _serves(account)]
        if wanted is not None:
            return wanted if wanted in {*own, *shared} else None
        return next(iter([*own, *shared]), None)


def _serves(account: Account) -> bool:
    """Whether the installation's own credentials serve this account: in `local` and `test` everyone."""
    installation = settings(Installation)
    return installation.has_sandbox or account.email in installation.serves


def _missing(channel: Channel, wanted: UUID | None) -> ApiError:
    if wanted is not None:
        return ApiError(
            Code.CONNECTION_NOT_FOUND, detail=f"connection: you have no active {channel} connection {wanted}"
        )
    return ApiError(
        Code.NO_CONNECTION,
        detail=f"no {channel} connection serves this account: ask the operator to add its e-mail to ALRIM_SERVES",
    )
