"""One head; up, down and up again; and the migrations make what the models say, on both databases."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Column, MetaData, Table, insert, inspect, select, text

from config.settings import settings
from models.schema import metadata
from models.session import engine

ROOT = Path(__file__).resolve().parents[2]
CONFIG = Config(ROOT / "alembic.ini")
CONFIG.set_main_option("script_location", str(ROOT / "models" / "migrations"))
VERSIONS_BACK = 3
"""How many revisions behind the code may be that still runs while a new version is rolled out."""


@pytest.fixture
def empty_database(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("ALRIM_ENV", "test")
    monkeypatch.setenv("ALRIM_DATABASE_URL", database_url)
    settings.cache_clear()
    engine.cache_clear()
    yield
    engine().dispose()
    settings.cache_clear()
    engine.cache_clear()


def tables() -> set[str]:
    return set(inspect(engine()).get_table_names()) - {"alembic_version"}


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory.from_config(CONFIG).get_heads()) == 1


@pytest.mark.store
@pytest.mark.usefixtures("empty_database")
def test_up_down_and_up_again() -> None:
    command.upgrade(CONFIG, "head")
    assert tables() == set(metadata.tables)
    command.check(CONFIG)
    command.downgrade(CONFIG, "base")
    assert tables() == set()
    command.upgrade(CONFIG, "head")
    command.check(CONFIG)


@pytest.mark.store
@pytest.mark.usefixtures("empty_database")
def test_older_code_leaves_a_newer_database_alone_and_starts() -> None:
    command.upgrade(CONFIG, "head")
    with engine().begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    command.upgrade(CONFIG, "head")
    with engine().connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "9999"
    # Only that: whoever asks for something else hears that it cannot be done.
    with pytest.raises(CommandError, match="9999"):
        command.downgrade(CONFIG, "base")


def schemas_of_old_code() -> Iterator[MetaData]:
    """Migrate step by step to the head; what the code of the last revisions before it knew of the tables."""
    chain = [each.revision for each in reversed([*ScriptDirectory.from_config(CONFIG).walk_revisions()])]
    contracts = [ScriptDirectory.from_config(CONFIG).get_revision(each).module for each in chain]
    since = max((chain.index(each.contracts) for each in contracts if hasattr(each, "contracts")), default=0)
    for revision in chain[max(since, len(chain) - 1 - VERSIONS_BACK) : -1]:
        command.upgrade(CONFIG, revision)
        known = MetaData()
        known.reflect(engine(), only=lambda name, _: name != "alembic_version")
        yield known
    command.upgrade(CONFIG, "head")


def value(column: Column[Any], number: int) -> object:
    """Something that fits: the first of a row's parents, and a text that no other row has."""
    if column.foreign_keys:
        return value(next(iter(column.foreign_keys)).column, 1)
    made: dict[type, object] = {
        bytes: number.to_bytes(16, "big"),
        str: f"{number}",
        int: number,
        bool: True,
        # As the database keeps it.
        date: date(2026, 1, 2),
        datetime: datetime(2026, 1, 2, 3, 4, number),  # noqa: DTZ001 - as above
    }
    return made[column.type.python_type]


def write_and_read(table: Table, number: int) -> None:
    """What old code does: it names the columns that it knows, and no other."""
    with engine().begin() as connection:
        connection.execute(insert(table).values({each.name: value(each, number) for each in table.columns}))
        assert len(connection.execute(select(table)).all()) == number


@pytest.mark.store
@pytest.mark.usefixtures("empty_database")
def test_old_code_writes_and_reads_on_the_new_schema() -> None:
    old = [*schemas_of_old_code()]
    assert old
    written: dict[str, int] = {}
    for known in old:
        for table in known.sorted_tables:
            written[table.name] = written.get(table.name, 0) + 1
            write_and_read(table, written[table.name])
