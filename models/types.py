"""The column types: `Moment`, `Id`, `Sealed`, and the two kinds of compared text.

They hold what every table must agree on: moments are aware UTC with microseconds, ids are UUIDv7 in 16 bytes,
text that is compared is ASCII with binary collation. They know no table.
"""

import enum
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import uuid_utils.compat
from sqlalchemy import BINARY, DateTime, Dialect, LargeBinary, String
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeDecorator, TypeEngine
from typing_extensions import override

E = TypeVar("E", bound=enum.StrEnum)
WORD_LENGTH = 16


def new_id() -> UUID:
    """Make a UUIDv7: its first 48 bits are the time, so inserts stay at the end of the clustered index."""
    return uuid_utils.compat.uuid7()


def utc_now() -> datetime:
    """The present moment, aware UTC."""
    return datetime.now(UTC)


def moment_of(row_id: UUID) -> datetime:
    """The moment at which a UUIDv7 was made, to the millisecond."""
    return datetime.fromtimestamp((row_id.int >> 80) / 1000, UTC)


def first_id(moment: datetime) -> UUID:
    """The smallest id that can be made at this moment, to the millisecond; rows made since have no smaller one."""
    return UUID(int=max(int(moment.timestamp() * 1000), 0) << 80)


class Moment(TypeDecorator[datetime]):
    """A moment in UTC with microseconds; refuses naive datetimes."""

    impl = DateTime
    cache_ok = True

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name in {"mysql", "mariadb"}:
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime())

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime was given where a moment is stored: say its zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    @override
    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class Id(TypeDecorator[UUID]):
    """A UUID in 16 bytes."""

    impl = LargeBinary
    cache_ok = True

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(_fixed(16, dialect))

    @override
    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> bytes | None:
        return None if value is None else value.bytes

    @override
    def process_result_value(self, value: bytes | None, dialect: Dialect) -> UUID | None:
        return None if value is None else UUID(bytes=value)

    @override
    def literal_processor(self, dialect: Dialect) -> Callable[[UUID], str]:
        return lambda value: f"X'{value.hex}'"


class Digest(TypeDecorator[bytes]):
    """A SHA-256 or HMAC-SHA256, 32 bytes."""

    impl = LargeBinary
    cache_ok = True

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(_fixed(32, dialect))


def _fixed(length: int, dialect: Dialect) -> TypeEngine[Any]:
    # SQLite would give a column of the type name BINARY numeric affinity.
    return LargeBinary() if dialect.name == "sqlite" else BINARY(length)


class Sealed(TypeDecorator[bytes]):
    """What `models.sealing` made: opaque bytes, up to 16 MiB."""

    impl = LargeBinary
    cache_ok = True

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name in {"mysql", "mariadb"}:
            return dialect.type_descriptor(mysql.MEDIUMBLOB())
        return dialect.type_descriptor(LargeBinary())


class Ascii(TypeDecorator[str]):
    """Text that is compared: ASCII, exact to the byte."""

    impl = String
    cache_ok = True

    def __init__(self, length: int) -> None:
        """Take the longest length, in characters."""
        super().__init__(length)
        self.length = length

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(_exact(self.length, dialect))


def _exact(length: int, dialect: Dialect) -> TypeEngine[Any]:
    if dialect.name in {"mysql", "mariadb"}:
        return mysql.VARCHAR(length, charset="ascii", collation="ascii_bin")
    return String(length)


class Word(TypeDecorator[E], Generic[E]):
    """A value of one closed list, stored as its word."""

    impl = String(WORD_LENGTH)
    cache_ok = True

    def __init__(self, words: type[E]) -> None:
        """Take the closed list."""
        super().__init__()
        self.words = words

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(_exact(WORD_LENGTH, dialect))

    @override
    def process_bind_param(self, value: E | None, dialect: Dialect) -> str | None:
        return None if value is None else str(self.words(value))

    @override
    def process_result_value(self, value: str | None, dialect: Dialect) -> E | None:
        return None if value is None else self.words(value)
