"""Cursors for lists: the last id seen, signed, so that nobody can step into a list he was not given.

Keyset paging stays as quick on the millionth page as on the first. Pure: the key is handed in.
"""

import base64
import binascii
import hmac
from hashlib import sha256
from typing import Final
from uuid import UUID

from api.errors import ApiError, Code

SIGNATURE_BYTES: Final = 16
ID_BYTES: Final = 16


def make(key: bytes, scope: bytes, last: UUID) -> str:
    """Make the cursor that continues after `last` in the list that `scope` names (account and filters)."""
    signature = hmac.digest(key, b"cursor" + scope + last.bytes, sha256)[:SIGNATURE_BYTES]
    return base64.urlsafe_b64encode(last.bytes + signature).decode().rstrip("=")


def read(key: bytes, scope: bytes, cursor: str, field: str = "cursor") -> UUID:
    """Read a cursor of this list, which came in `field`.

    Raises:
        ApiError: it was changed, or made for another account or other filters.
    """
    refusal = ApiError(
        Code.BAD_CURSOR, detail=f"{field}: it is not of this list; begin again without one, with the same filters"
    )
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except (ValueError, binascii.Error):
        raise refusal from None
    last, signature = raw[:ID_BYTES], raw[ID_BYTES:]
    expected = hmac.digest(key, b"cursor" + scope + last, sha256)[:SIGNATURE_BYTES]
    if len(last) != ID_BYTES or not hmac.compare_digest(signature, expected):
        raise refusal
    return UUID(bytes=last)
