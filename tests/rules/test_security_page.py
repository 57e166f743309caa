"""docs/security.md answers every requirement of ASVS 5.0 levels 1 and 2 once, and every proof that it names exists."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.rules.sources import ROOT

PAGE = (ROOT / "docs/security.md").read_text(encoding="utf-8")
NUMBERS = (Path(__file__).with_name("asvs_5_0_level_2.txt")).read_text(encoding="ascii")
NAMED = re.compile(r"`((?:[\w.-]+/)+[\w.-]+|Dockerfile|Makefile|Procfile|docker-compose\.yml)(?:::(\w+))?`")
ROW = re.compile(r"^\| (V?[\d., V]+) \| (.+) \| (.+) \|$", re.MULTILINE)
UNTESTED = re.compile("not met|does not apply|operator|document|by construction", re.IGNORECASE)
"""What an answer without a test must say: why there is none."""


def required() -> list[str]:
    lines = [line.partition(": ") for line in NUMBERS.splitlines() if not line.startswith("#")]
    return [f"{section}.{number}" for section, _, numbers in lines for number in numbers.split()]


def rows(page: str) -> Iterator[tuple[list[str], str, str]]:
    """The numbers, the answer and the proof of each row of the checklist."""
    for numbers, how, test in ROW.findall(page):
        yield re.split(r", ", numbers), how, test


def covers(named: str, number: str) -> bool:
    """`V17` and `V4.3` stand for all below them."""
    return number == named or (named.startswith("V") and number.startswith(f"{named[1:]}."))


def faults(page: str, wanted: list[str]) -> Iterator[str]:
    named = [name for numbers, _, _ in rows(page) for name in numbers]
    for number in wanted:
        times = sum(covers(name, number) for name in named)
        if times != 1:
            yield f"{number} stands {times} times"
    for name, times in Counter(named).items():
        if times > 1 or not any(covers(name, number) for number in wanted):
            yield f"{name} is no requirement of its own"


@cache
def names_in(path: Path) -> frozenset[str]:
    tree = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    made = [node for node in tree if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)]
    return frozenset(node.name for node in made)


def missing(page: str) -> Iterator[str]:
    for path, name in NAMED.findall(page):
        if not (ROOT / path).exists():
            yield path
        elif name and name not in names_in(ROOT / path):
            yield f"{path}::{name}"


def test_the_list_is_whole() -> None:
    assert len(required()) == len(set(required())) == 253
    assert {number.split(".")[0] for number in required()} == {str(chapter) for chapter in range(1, 18)}


def test_every_requirement_is_answered_once() -> None:
    assert list(faults(PAGE, required())) == []


def test_every_proof_that_is_named_exists() -> None:
    assert len(NAMED.findall(PAGE)) > 150
    assert sorted(set(missing(PAGE))) == []


def test_an_answer_without_a_test_says_why() -> None:
    assert [numbers for numbers, how, test in rows(PAGE) if "`tests/" not in test and not UNTESTED.search(how)] == []


@pytest.mark.parametrize(
    ("page", "found"),
    [
        ("| 1.1.1 | so | – |\n| V2 | not | – |", []),
        ("| 1.1.1, 2.1.1 | so | – |", ["2.1.2 stands 0 times"]),
        ("| 1.1.1 | so | – |\n| V2 | not | – |\n| 2.1.1 | so | – |", ["2.1.1 stands 2 times"]),
        ("| 1.1.1 | so | – |\n| V2 | not | – |\n| 1.1.9 | so | – |", ["1.1.9 is no requirement of its own"]),
    ],
)
def test_what_is_found(page: str, found: list[str]) -> None:
    assert list(faults(page, ["1.1.1", "2.1.1", "2.1.2"])) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("`api/main.py::create_app`", []),
        ("`api/main.py::no_such`", ["api/main.py::no_such"]),
        ("`api/no_such.py`", ["api/no_such.py"]),
        ("`Dockerfile`, `a word`", []),
    ],
)
def test_which_proofs_are_missing(text: str, found: list[str]) -> None:
    assert list(missing(text)) == found
