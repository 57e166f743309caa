"""The secrets of a local installation: made once, kept in `var/secrets.env`, readable by its owner only.

Losing the file means losing what it sealed, so an existing value is never replaced. It must not know what the
secrets are used for.
"""

import base64
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

MAKERS: Final[Mapping[str, Callable[[], str]]] = {
    "ALRIM_JWT_SECRET": lambda: secrets.token_urlsafe(48),
    "ALRIM_SEAL_KEYS": lambda: "1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
    "ALRIM_INDEX_KEY": lambda: secrets.token_urlsafe(48),
    "ALRIM_SOLAPI_RECEIPT_SECRET": lambda: secrets.token_urlsafe(32),
    "ALRIM_SOLAPI_RECEIPT_TOKEN": lambda: secrets.token_urlsafe(32),
}


def load(path: Path) -> dict[str, str]:
    """Return every secret, name to value; what the file lacks is made and added to it first.

    The file is replaced whole, so that a crash leaves the old one or the new one.
    """
    known = _read(path) if path.exists() else {}
    missing = {name: make() for name, make in MAKERS.items() if name not in known}
    if missing:
        _write(path, known | missing)
    return known | missing


def _read(path: Path) -> dict[str, str]:
    lines = (line.partition("=") for line in path.read_text().splitlines() if not line.startswith("#"))
    return {name.strip(): value.strip() for name, separator, value in lines if separator}


def _write(path: Path, values: Mapping[str, str]) -> None:
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write("# Made by `make up`. Without these values nothing that was stored can be read again.\n")
        file.writelines(f"{name}={value}\n" for name, value in values.items())
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
