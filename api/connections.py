"""Which connection a notification leaves through, chosen when it is accepted.

A test key's is the sandbox's. Else the body's, else the account's default or oldest one of that channel, else the
installation's if it serves the account. An account whose own connections are all broken is told so: another's sender
in their place would be a surprise. The answer is remembered, so that no accepted request waits for the database.
"""

from uuid import UUID

from sqlalchemy import or_

from api.errors import ApiError, Code
from api.remembered import Remembered
from api.security.who import Caller
from config.providers import sandbox_credentials
from config.settings import Installation, settings
from config.vocabulary import Channel, ConnectionStatus, KeyKind
from models.account import Account
from models.connection import IDS, SANDBOX_IDS, Connection
from models.session import snapshot

Found = UUID | ConnectionStatus | None
"""A connection, or why one's own cannot be used, or nothing at all."""
Asked = tuple[UUID, Channel, UUID | None, KeyKind]
"""An account, a channel, the connection that the body named, and the kind of key that asks."""


class ConnectionChoice:
    """Chooses connections, each choice as it was at most two seconds ago."""

    def __init__(self) -> None:
        """Remember nothing yet."""
        self._known = Remembered[Asked, Found](lambda asked: find(*asked))

    async def choose(self, caller: Caller, channel: Channel, wanted: UUID | None) -> UUID:
        """Find the connection for a notification.

        Raises:
            ApiError: the key may not send on this channel, or the account has no connection for it, not the one it
                named, or one that is broken.
        """
        caller.check_channel(channel)
        found = await self._known.find((caller.account_id, channel, wanted, caller.kind))
        if isinstance(found, UUID):
            return found
        if found is not None:
            raise ApiError(
                Code.CONNECTION_BROKEN,
                detail=f"your {channel} connection is {found}: GET /api/user/connections says what is wrong",
            )
        raise _missing(channel, wanted)


def find(account_id: UUID, channel: Channel, wanted: UUID | None, kind: KeyKind = KeyKind.LIVE) -> Found:
    """Look the connection up: the sandbox's, or the wanted one, the account's own, the installation's."""
    if kind is KeyKind.TEST:
        return SANDBOX_IDS[channel] if wanted in {None, SANDBOX_IDS[channel]} and sandbox_credentials() else None
    with snapshot() as session:
        account = Account.get(session, account_id)
        if account is None:
            return None
        mine = or_(Connection.account_id == account_id, Connection.id == IDS[channel])
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
