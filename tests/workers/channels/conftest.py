from collections.abc import Callable
from pathlib import Path

import pytest

GOLDEN = Path(__file__).with_name("golden")


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compare a text with the golden file of that name; a changed file is a changed wire format."""

    def compare(name: str, text: str) -> None:
        assert text == (GOLDEN / name).read_text(encoding="utf-8")

    return compare
