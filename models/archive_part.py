"""Archive parts: which objects of the archive hold which log records. `models.archiving` changes them."""

from uuid import UUID

from sqlalchemy import BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from config.log_vocabulary import PartState
from models.base import Base
from models.types import Ascii, Digest, Id, Word


class ArchivePart(Base):
    """One object: the records between two ids, of one month, by count, size and SHA-256 of what was read back.

    `merged_into` is the part that takes over its records, once somebody has begun that.
    """

    __tablename__ = "archive_parts"
    __table_args__ = (
        Index("ix_archive_parts_range", "status", "last_id"),
        Index("ix_archive_parts_merged", "merged_into"),
    )

    name: Mapped[str] = mapped_column(Ascii(128))
    status: Mapped[PartState] = mapped_column(Word(PartState))
    first_id: Mapped[UUID] = mapped_column(Id)
    last_id: Mapped[UUID] = mapped_column(Id)
    count: Mapped[int] = mapped_column(default=0)
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    sha256: Mapped[bytes | None] = mapped_column(Digest)
    merged_into: Mapped[UUID | None] = mapped_column(Id)
