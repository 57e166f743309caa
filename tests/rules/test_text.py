"""What must not stand in a source: notes to oneself, mocks, long sleeps, skipped tests, ignores without a reason."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rules.sources import python_files, text_of

THIS = Path("tests/rules/test_text.py")
MAY_SKIP = Path("tests/conftest.py")
LONGEST_SLEEP = 10
FORBIDDEN = {
    "note": re.compile(r"\b(?:TODO|FIXME|XXX|NotImplementedError)\b"),
    "mock": re.compile(r"\bunittest[. ]+(?:import +)?mock\b|^\s*(?:import|from) mock\b|\bmocker\b", re.MULTILINE),
    # Ruff's form is `noqa: CODE, CODE`; what follows is ours: a dash and at least three words.
    "noqa": re.compile(r"#\s*noqa\b(?!:\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*\s+(?:-\s+)?\S+\s+\S+\s+\S+)", re.IGNORECASE),
}
SKIP = re.compile(r"\bpytest\.(?:skip|importorskip|xfail|mark\.(?:skip|skipif|xfail))\b")


def sleeps(source: str) -> Iterator[float]:
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(
                func=ast.Attribute(attr="sleep") | ast.Name(id="sleep"),
                args=[ast.Constant(value=int() | float() as seconds), *_],
            ):
                yield seconds
            case _:
                pass


def faults(path: Path, source: str) -> Iterator[str]:
    yield from (kind for kind, pattern in FORBIDDEN.items() if pattern.search(source))
    if any(seconds > LONGEST_SLEEP for seconds in sleeps(source)):
        yield "sleep"
    if path.parts[0] == "tests" and path != MAY_SKIP and SKIP.search(source):
        yield "skip"


def test_no_source_holds_what_it_must_not() -> None:
    checked = [path for path in python_files() if path != THIS]
    assert [f"{path}: {fault}" for path in checked for fault in faults(path, text_of(path))] == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("x = 1  # TODO later", ["note"]),
        ("raise NotImplementedError", ["note"]),
        ("from unittest import mock", ["mock"]),
        ("import unittest.mock", ["mock"]),
        ("from moto import mock_aws", []),
        ("x = 1  # noqa", ["noqa"]),
        ("x = 1  # noqa: S310", ["noqa"]),
        ("x = 1  # noqa: S310 - because", ["noqa"]),
        ("x = 1  # noqa: S310, S311 - the address is ours", []),
        ("x = 1  # noqa: S310 the address is ours", []),
        ("time.sleep(11)", ["sleep"]),
        ("time.sleep(10)", []),
        ("pytest.skip('no')", ["skip"]),
    ],
)
def test_what_is_found(source: str, found: list[str]) -> None:
    assert list(faults(Path("tests/api/test_x.py"), source)) == found
