"""A connection's credentials: flat words, sealed as JSON in its row and opened only to speak to its provider."""

import json
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from models.connection import Connection
from models.sealing import sealer

PLACE: Final = "connections.secrets"


def seal(connection_id: UUID, credentials: Mapping[str, str]) -> bytes:
    """Encrypt credentials for one connection's row."""
    return sealer().seal(PLACE, connection_id, json.dumps(credentials).encode())


def reveal(connection: Connection) -> dict[str, str]:
    """Decrypt a connection's credentials.

    Raises:
        SealBroken: they were sealed for another row, or their master key is gone.
    """
    credentials: dict[str, str] = json.loads(sealer().open(PLACE, connection.id, connection.secrets))
    return credentials
