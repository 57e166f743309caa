"""A module stays under 250 lines and a function under 40, so that each fits into a head."""

import ast
from collections.abc import Iterator

import pytest

from tests.rules.sources import python_files, text_of

MODULE_LINES = 250
FUNCTION_LINES = 40
GENERATED = "models/migrations/versions/"


def too_long(source: str) -> Iterator[str]:
    if (lines := len(source.splitlines())) >= MODULE_LINES:
        yield f"{lines} lines"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines >= FUNCTION_LINES:
                yield f"{node.name}: {lines} lines"


def test_no_module_and_no_function_is_too_long() -> None:
    checked = [path for path in python_files() if not path.as_posix().startswith(GENERATED)]
    assert len(checked) > 30
    assert [f"{path}: {fault}" for path in checked for fault in too_long(text_of(path))] == []


def a_function(lines: int, indent: str = "") -> str:
    return f"{indent}def f():\n" + f"{indent}    pass\n" * (lines - 1)


@pytest.mark.parametrize(
    ("source", "faults"),
    [
        ("\n" * 249, []),
        ("\n" * 250, ["250 lines"]),
        (a_function(39), []),
        (a_function(40), ["f: 40 lines"]),
        ("async " + a_function(40), ["f: 40 lines"]),
        ("def outer():\n" + a_function(39, "    "), ["outer: 40 lines"]),
        ("class C:\n" + a_function(41, "    "), ["f: 41 lines"]),
    ],
)
def test_the_limits(source: str, faults: list[str]) -> None:
    assert list(too_long(source)) == faults
