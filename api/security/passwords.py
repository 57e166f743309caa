"""Passwords: bcrypt, never truncated, and as slow for an account that does not exist.

bcrypt reads 72 bytes; what is longer is refused here instead of being cut. Text is brought to NFC first, since
the same Korean password arrives composed from one keyboard and decomposed from another.
"""

import unicodedata
from functools import cache
from typing import Final

import bcrypt

MOST_BYTES: Final = 72
ROUNDS: Final = 12


class PasswordTooLong(Exception):  # noqa: N818 - the name says what happened
    """More than 72 bytes in UTF-8."""


def encode(password: str) -> bytes:
    """Bring a password to the bytes that are hashed.

    Raises:
        PasswordTooLong: they are more than bcrypt reads.
    """
    encoded = unicodedata.normalize("NFC", password).encode()
    if len(encoded) > MOST_BYTES:
        raise PasswordTooLong
    return encoded


def hash_password(password: str) -> str:
    """Hash a password; takes about a quarter of a second of CPU, outside the event loop.

    Raises:
        PasswordTooLong: it is more than bcrypt reads.
    """
    return bcrypt.hashpw(encode(password), bcrypt.gensalt(ROUNDS)).decode()


def verify(password: str, pw_hash: str | None) -> bool:
    """Check a password; `None` stands for an unknown account, and costs the same time before it is refused."""
    try:
        encoded = encode(password)
    except PasswordTooLong:
        return False
    matches = bcrypt.checkpw(encoded, (pw_hash or _nobodys_hash()).encode())
    return matches and pw_hash is not None


@cache
def _nobodys_hash() -> str:
    return hash_password("the password of nobody")
