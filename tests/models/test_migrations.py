"""One head; up, down and up again; and the migrations make what the models say, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from config.settings import settings
from models.schema import metadata
from models.session import engine

ROOT = Path(__file__).resolve().parents[2]
CONFIG = Config(ROOT / "alembic.ini")
CONFIG.set_main_option("script_location", str(ROOT / "models" / "migrations"))


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
