"""Search of the archive: newest first over parts that overlap, and no more of them than a request may cost."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.archive_part import ArchivePart
from models.archive_place import Directory
from models.archive_search import MOST_PARTS, Found, search
from models.archive_text import Line, pack

ME = UUID(int=1)


def line(number: int, account: UUID = ME) -> Line:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
    return Line(UUID(int=number), at, "request.served", account, None, None, "{}")


def shelved(shelf: Directory, parts: Sequence[Sequence[int]], mine: int = 1) -> list[ArchivePart]:
    """Parts of these records, of which every so many-th is mine, listed by their last one, newest first."""
    made = []
    for number, ids in enumerate(parts):
        shelf.write(str(number), pack(line(each, ME if each % mine == 0 else UUID(int=2)) for each in ids))
        made.append(ArchivePart(name=str(number), first_id=UUID(int=min(ids)), last_id=UUID(int=max(ids))))
    return sorted(made, key=lambda part: part.last_id, reverse=True)


def ints(found: Found) -> list[int]:
    return [each.id.int for each in found.lines]


@given(
    st.lists(st.lists(st.integers(1, 300), min_size=1, max_size=5, unique=True), max_size=8),
    st.integers(1, 12),
    st.integers(1, 2),
)
def test_pages_together_are_everything_newest_first(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[list[int]], most: int, mine: int
) -> None:
    seen = set[int]()
    parts = [fresh for ids in drawn if (fresh := [each for each in ids if each not in seen and not seen.add(each)])]  # type: ignore[func-returns-value]
    shelf = Directory(tmp_path_factory.mktemp("shelf"))
    listed, pages, before = shelved(shelf, parts, mine), list[int](), UUID(int=10**6)
    while True:
        holding = [part for part in listed if part.first_id < before]
        bound = before
        found = search(shelf, holding, ME, most, matches=lambda line, bound=bound: line.id < bound)  # type: ignore[misc]
        pages += ints(found)
        if found.down_to is None and len(found.lines) < most:
            break
        before = found.lines[-1].id if len(found.lines) == most else UUID(int=(found.down_to or before).int + 1)
    assert pages == sorted((each for each in seen if each % mine == 0), reverse=True)


def test_one_search_reads_so_many_parts_and_says_where_it_stopped(tmp_path: Path) -> None:
    shelf = Directory(tmp_path)
    listed = shelved(shelf, [[number] for number in range(1, MOST_PARTS + 3)], mine=100)
    found = search(shelf, listed[: MOST_PARTS + 1], ME, 5, matches=lambda _: True)
    assert found == Found([], UUID(int=2))


def test_parts_that_hold_nothing_newer_are_not_read(tmp_path: Path) -> None:
    shelf = Directory(tmp_path)
    listed = shelved(shelf, [[number] for number in range(1, 9)])
    for name in "0123":
        shelf.delete(name)
    assert ints(search(shelf, listed, ME, 3, matches=lambda _: True)) == [8, 7, 6]
