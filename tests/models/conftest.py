"""A fresh database with every table, as this process's own."""

import base64
from collections.abc import Iterator

import pytest

from config.settings import settings
from models.schema import metadata
from models.sealing import sealer
from models.session import engine


@pytest.fixture
def database(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name, value in {
        "ALRIM_ENV": "test",
        "ALRIM_DATABASE_URL": database_url,
        "ALRIM_SEAL_KEYS": "1:" + base64.b64encode(b"k" * 32).decode(),
        "ALRIM_INDEX_KEY": "i" * 32,
        "ALRIM_JWT_SECRET": "j" * 32,
    }.items():
        monkeypatch.setenv(name, value)
    for cached in (settings, engine, sealer):
        cached.cache_clear()
    metadata.create_all(engine())
    yield database_url
    engine().dispose()
    for cached in (settings, engine, sealer):
        cached.cache_clear()
