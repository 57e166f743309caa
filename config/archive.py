"""Where log records go when they are not hot any more."""

import re
from pathlib import Path
from typing import Final, NamedTuple

from pydantic import Field

from config.settings import Group, Installation, SettingsError, settings

NOTHING: Final = "none"
BUCKET: Final = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/([A-Za-z0-9/_.=-]*))?")


class BucketName(NamedTuple):
    """A bucket of S3, and what every name in it begins with."""

    bucket: str
    prefix: str


class Archive(Group):
    """What becomes of log records that are older than `ALRIM_DELETE_LOGS_AFTER_DAYS`."""

    archive: str = ""
    glacier_after_days: int = Field(default=180, ge=61, le=3650)
    """Days after which a record lies in S3's colder class, once its rule is put."""

    def where(self) -> Path | BucketName | None:
        """The directory or the bucket; None where old records are deleted instead.

        Raises:
            SettingsError: it is neither.
        """
        if not self.archive:
            installation = settings(Installation)
            return installation.var.resolve() / "archive" if installation.has_sandbox else None
        if self.archive == NOTHING:
            return None
        if not self.archive.startswith("s3://"):
            return Path(self.archive).resolve()
        found = BUCKET.fullmatch(self.archive)
        if found is None:
            raise SettingsError(
                f"ALRIM_ARCHIVE: neither s3://bucket/prefix nor a directory nor {NOTHING}: {self.archive}"
            )
        prefix = (found[2] or "").strip("/")
        return BucketName(found[1], f"{prefix}/" if prefix else "")
