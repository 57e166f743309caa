"""An AWS of one test's own: empty, and this process's clients speak to it."""

from collections.abc import Iterator

import pytest
import requests

from config.settings import settings
from tests.servers.moto import MotoServer
from workers.log_sinks import aws, dynamodb, sink


@pytest.fixture
def cloud(moto_server: MotoServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[MotoServer]:
    moto_server.start()
    requests.post(f"{moto_server.url}/moto-api/reset", timeout=10)
    for name, value in moto_server.environment.items():
        monkeypatch.setenv(name, value)
    forget()
    yield moto_server
    forget()


@pytest.fixture
def unsaid() -> Iterator[None]:
    """Nothing is known of AWS but what the test says."""
    forget()
    yield
    forget()


def forget() -> None:
    settings.cache_clear()
    aws.forget()
    dynamodb._READY.clear()
    sink._REST.note(took=True)
