"""Which connection a notification leaves through, chosen when it is accepted.

The body's, else the account's default or oldest one of that channel, else the installation's if it serves the account.
An account whose own connections are all broken is told so: another's sender in their place would be a surprise. The
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

Found = UUID | ConnectionStatus | None
"""A connection, or why one's own cannot be used, or nothing at all."""
Asked = tuple[UUID, Channel, UUID | None]
"""An account, a channel, and the connection that the body named."""


class ConnectionChoice:
    """Chooses connections, each choice as it was at most two seconds ago."""

    def __init__(self) -> None:
        """Remember nothing yet."""
        self._known = Remembered[Asked, Found](lambda asked: find(*asked))

    async def choose(self, account_id: UUID, channel: Channel, wanted: UUID | None) -> UUID:
        """Find the connection for a notification.

        Raises:
            ApiError: the account has none for this channel, not the one it named, or one that is broken.
        """
        found = await self._known.find((account_id, channel, wanted))
        if isinstance(found, UUID):
            return found
        if found is not None:
            raise ApiError(
                Code.CONNECTION_BROKEN,
                detail=f"your {channel} connection is {found}: GET /api/user/connections says what is wrong",
            )
        raise _missing(channel, wanted)


def find(account_id: UUID, channel: Channel, wanted: UUID | None) -> Found:
    """Look the connection up: the wanted one, else the account's own, else the installation's."""
    with snapshot() as session:
        account = Account.get(session, account_id)
        if account is None:
            return None
        mine = or_(Connection.account_id == account_id, Connection.account_id.is_(None))
        known = Connection.filter(session, Connection.channel == channel, mine)
        own = sorted((row for row in known if row.account_id is not None), key=lambda row: not row.is_default)
        shared = [row for row in known if row.account_id is None and _serves(account)]
        chosen = (own or shared) if wanted is None else [row for row in [*own, *shared] if row.id == wanted]
        active = (row.id for row in chosen if row.status is ConnectionStatus.ACTIVE)
        return next(active, None) or next((row.status for row in chosen), None)


def _serves(account: Account) -> bool:
    """Whether the installation's own credentials serve this account: in `local` and `test` everyone."""
    installation = settings(Installation)
    return installation.has_sandbox or account.email in installation.serves


def _missing(channel: Channel, wanted: UUID | None) -> ApiError:
    if wanted is not None:
        return ApiError(Code.CONNECTION_NOT_FOUND, detail=f"connection: you have no {channel} connection {wanted}")
    return ApiError(
        Code.NO_CONNECTION,
        detail=f"no {channel} connection serves this account: make one with POST /api/user/connections, or ask the"
        " operator to add its e-mail to ALRIM_SERVES",
    )
