"""Modules are named after what they hold, and a test stands where its source stands."""

from pathlib import Path, PurePosixPath

import pytest

from tests.rules.sources import ROOT, python_files

EMPTY_NAMES = {"utils", "helpers", "common", "misc", "manager", "handler", "service"}
MIRRORLESS = {"chaos", "flows", "rules", "servers"}
"""Folders of tests that are about the whole."""


def empty_names(path: PurePosixPath) -> set[str]:
    return EMPTY_NAMES & {*path.parent.parts, path.stem}


def source_of(test: PurePosixPath) -> PurePosixPath | None:
    """The source that a test file is about; None if it is about the whole or is no test file."""
    _, *folders = test.parent.parts
    if not test.name.startswith("test_") or (folders and folders[0] in MIRRORLESS):
        return None
    return PurePosixPath(*folders, test.name.removeprefix("test_"))


def exists(source: Path) -> bool:
    return source.is_file() or (source.with_suffix("") / "__init__.py").is_file()


def test_no_module_has_an_empty_name() -> None:
    assert [str(path) for path in python_files() if empty_names(PurePosixPath(path))] == []


def test_every_test_has_its_source() -> None:
    tests = [PurePosixPath(path) for path in python_files() if path.parts[0] == "tests"]
    orphans = [str(test) for test in tests if (source := source_of(test)) and not exists(ROOT / source)]
    assert orphans == []


@pytest.mark.parametrize(
    ("test", "source"),
    [
        ("tests/models/test_ledger.py", "models/ledger.py"),
        ("tests/workers/channels/test_kakao.py", "workers/channels/kakao.py"),
        ("tests/test_stray.py", "stray.py"),
        ("tests/flows/test_send.py", None),
        ("tests/models/conftest.py", None),
    ],
)
def test_where_a_test_belongs(test: str, source: str | None) -> None:
    assert source_of(PurePosixPath(test)) == (PurePosixPath(source) if source else None)


@pytest.mark.parametrize(
    ("path", "names"),
    [("api/utils.py", {"utils"}), ("api/common/x.py", {"common"}), ("api/routes/services.py", set())],
)
def test_which_names_are_empty(path: str, names: set[str]) -> None:
    assert empty_names(PurePosixPath(path)) == names
