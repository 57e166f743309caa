"""One sandbox for all tests of a module; each takes phone numbers of its own."""

from collections.abc import Iterator
from itertools import count

import pytest

from sandbox.settings import Settings
from tests.sandbox.running import Api, api

_NUMBERS = count(1)


@pytest.fixture(scope="module")
def solapi() -> Iterator[Api]:
    with api(Settings(port=0, smtp_port=0, report_delay=0.05, hang=0.2, seed=1)) as started:
        yield started


@pytest.fixture(autouse=True)
def _no_faults(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "solapi" in request.fixturenames:
        started: Api = request.getfixturevalue("solapi")
        started.session.delete(f"{started.base}/faults", timeout=10)


@pytest.fixture
def number() -> str:
    """A phone number that no other test uses and that asks for nothing."""
    return f"010{next(_NUMBERS):04d}5555"
