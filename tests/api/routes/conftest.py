"""The sandbox's login servers, for the routes that lead people there and back."""

from collections.abc import Iterator

import pytest

from tests.api.consenting import providers


@pytest.fixture(scope="module")
def where() -> Iterator[dict[str, str]]:
    """The settings that lead to them."""
    with providers() as known:
        yield known
