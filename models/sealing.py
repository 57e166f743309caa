"""Sealing: personal data and credentials are encrypted before they reach the database.

`kid ‖ nonce(12) ‖ AES-256-GCM`, where `kid` is one byte that names a master key, the key is HKDF-SHA256 of that
master for one column and the UTC day of the row's id, and the associated data is `table.column.id`: a sealed
value moved to another row, column or table does not open. Nothing here knows what is sealed.
"""

import base64
import binascii
import hmac
import os
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache, lru_cache
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr

from config.settings import Secrets, SettingsError, settings

NONCE_BYTES = 12
MARK_BYTES: Final = 1 + NONCE_BYTES
"""The master key's number and the nonce, with which a sealed value begins: no two sealings have the same."""
KEY_BYTES = 32
EPOCH_DAY = date(1970, 1, 1).toordinal()
DAY_MS = 86_400_000


class SealBroken(Exception):  # noqa: N818 - the name says what happened, as the domain does
    """A sealed value does not open: wrong key, wrong place, or damaged."""


class KeyUnknown(SealBroken):
    """A sealed value's master key is not configured here; another process may have it, or this one after a restart."""


class Sealer:
    """Seals and opens values with a set of master keys, of which the first seals."""

    def __init__(self, masters: Mapping[int, bytes]) -> None:
        """Take the master keys by their number (1 to 255), the sealing one first."""
        self._masters = dict(masters)
        self._first = next(iter(self._masters))
        # One key a day, column and master: a worker meets few of them.
        self._cipher = lru_cache(maxsize=256)(self._derive)

    @property
    def first(self) -> bytes:
        """The byte with which everything begins that is sealed now."""
        return bytes((self._first,))

    def seal(self, place: str, row_id: UUID, plain: bytes) -> bytes:
        """Encrypt for one place, written `table.column`, in one row."""
        nonce = os.urandom(NONCE_BYTES)
        cipher = self._cipher(self._first, place, _day_of(row_id))
        return self.first + nonce + cipher.encrypt(nonce, plain, _bound(place, row_id))

    def open(self, place: str, row_id: UUID, sealed: bytes) -> bytes:
        """Decrypt what was sealed for this place and row.

        Raises:
            KeyUnknown: its master key is not configured.
            SealBroken: it was not sealed for them, or there is nothing.
        """
        if not sealed:
            raise SealBroken(f"{place}: nothing is sealed in row {row_id}")
        kid = sealed[0]
        if kid not in self._masters:
            raise KeyUnknown(f"{place}: master key {kid} is not in ALRIM_SEAL_KEYS")
        cipher = self._cipher(kid, place, _day_of(row_id))
        nonce, text = sealed[1:MARK_BYTES], sealed[MARK_BYTES:]
        try:
            return cipher.decrypt(nonce, text, _bound(place, row_id))
        except (InvalidTag, ValueError):
            raise SealBroken(f"{place}: the value does not belong to row {row_id}") from None

    def _derive(self, kid: int, place: str, day: int) -> AESGCM:
        info = f"alrim {place} {day}".encode()
        return AESGCM(HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(self._masters[kid]))


def _day_of(row_id: UUID) -> int:
    # A UUIDv7 begins with its milliseconds. The number is `date.toordinal()`'s.
    return EPOCH_DAY + (row_id.int >> 80) // DAY_MS


def _bound(place: str, row_id: UUID) -> bytes:
    return place.encode() + b"." + row_id.bytes


def parse_keys(text: str) -> dict[int, bytes]:
    """Read `kid:base64,…`, the first one sealing.

    Raises:
        SettingsError: a part is no number from 1 to 255 with 32 bytes of base64.
    """
    masters: dict[int, bytes] = {}
    for part in text.split(","):
        kid, _, encoded = part.strip().partition(":")
        try:
            number, key = int(kid), base64.b64decode(encoded, validate=True)
        except (ValueError, binascii.Error):
            number, key = 0, b""
        if not 0 < number < 256 or len(key) != KEY_BYTES or number in masters:  # noqa: PLR2004 - one byte
            raise SettingsError("ALRIM_SEAL_KEYS must be kid:base64,… with kid 1 to 255, once each, and 32 bytes a key")
        masters[number] = key
    return masters


@cache
def sealer() -> Sealer:
    """This process's sealer, from `ALRIM_SEAL_KEYS`."""
    return Sealer(parse_keys(settings(Secrets).seal_keys.get_secret_value()))


def recipient_hash(account_id: UUID, recipient: str) -> bytes:
    """Hash a recipient so that it can be searched: keyed, and different for every account."""
    return recipient_hasher(account_id)(recipient)


def recipient_hasher(account_id: UUID) -> Callable[[str], bytes]:
    """The same for many recipients of one account."""
    return _hasher(settings(Secrets).index_key, account_id)


def recipient_hashes(account_id: UUID, recipient: str) -> list[bytes]:
    """The hashes under which a recipient may be stored: the previous index key's too, while there is one."""
    known = settings(Secrets)
    keys = [known.index_key, *([known.index_key_previous] if known.index_key_previous else [])]
    return [_hasher(key, account_id)(recipient) for key in keys]


def _hasher(secret: SecretStr, account_id: UUID) -> Callable[[str], bytes]:
    key, start = secret.get_secret_value().encode(), account_id.bytes
    return lambda recipient: hmac.digest(key, start + recipient.encode(), "sha256")
