"""Where the archive's objects lie: a directory, or a bucket of S3. It knows names and bytes, and no record.

Whatever goes wrong there is an OSError. Writing and deleting may be done twice.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from config.archive import Archive, BucketName
from config.settings import settings

if TYPE_CHECKING:
    from models.archive_bucket import Bucket


class Place(Protocol):
    """Named bytes."""

    def write(self, name: str, data: bytes) -> None:
        """Keep the bytes under this name, all of them or none; those that were there are replaced."""
        ...

    def read(self, name: str) -> bytes:
        """Give back the bytes; FileNotFoundError if there are none."""
        ...

    def delete(self, name: str) -> None:
        """Let go of the name; there may be nothing of it."""
        ...


class Directory:
    """A directory of this machine, or one that several machines share."""

    def __init__(self, root: Path) -> None:
        """Make nothing yet."""
        self._root = root

    def write(self, name: str, data: bytes) -> None:
        """Write beside it, then take the name, so that nobody ever reads a half."""
        path = self._root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # Hidden, as those who read whole directories leave out what begins so.
        half = path.with_name(f".{path.name}.half")
        with half.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)
        _settle(path.parent)

    def read(self, name: str) -> bytes:
        """Read the whole file."""
        return (self._root / name).read_bytes()

    def delete(self, name: str) -> None:
        """Delete the file, if it is there."""
        (self._root / name).unlink(missing_ok=True)


def _settle(directory: Path) -> None:
    """Have a new name outlive the machine's power, as the bytes do already."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def place() -> "Directory | Bucket | None":
    """This installation's archive; None where there is none.

    Raises:
        SettingsError: ALRIM_ARCHIVE cannot be understood.
    """
    where = settings(Archive).where()
    if isinstance(where, BucketName):
        # boto3 takes a third of a second and 30 MB: only who has a bucket pays for it.
        from models.archive_bucket import Bucket  # noqa: PLC0415

        return Bucket(where)
    return None if where is None else Directory(where)
