"""Lines: the same however the bytes are cut, decoded as said, with a hash of what was handed out."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.lines import MOST_LINE, Lines, LineTooLong


@given(st.binary(max_size=200), st.integers(1, 50))
def test_lines_do_not_depend_on_how_the_bytes_are_cut(body: bytes, size: int) -> None:
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    lines = Lines(iter(pieces), "cp949")
    whole = Lines(iter([body]), "cp949")
    assert [*lines] == [*whole]
    assert lines.digest() == whole.digest() == sha256(body).digest()


def test_the_hash_covers_what_was_handed_out_and_no_more() -> None:
    lines = Lines(iter([b"a\nb\nc"]), start=b"PUT\n")
    assert next(iter(lines)) == "a\n"
    assert lines.digest() == sha256(b"PUT\na\n").digest()


def test_excels_mark_belongs_to_no_cell() -> None:
    assert [*Lines(iter(["\ufeffto,이름\n".encode()]))] == ["to,이름\n"]


def test_a_line_of_another_coding_is_told_once_and_the_next_is_read() -> None:
    lines = Lines(iter(["가\n".encode("cp949"), "나\n".encode()]))
    read = iter(lines)
    next(read)
    assert (lines.take_broken(), lines.take_broken()) == (True, False)
    assert next(read) == "나\n"
    assert not lines.take_broken()


def test_a_line_without_end_is_not_gathered() -> None:
    with pytest.raises(LineTooLong):
        [*Lines(iter([b"x" * MOST_LINE, b"x" * 2]))]
