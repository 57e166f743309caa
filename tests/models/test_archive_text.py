import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.archive_text import Line, of_account, pack, unpack

DETAIL = st.dictionaries(st.text(max_size=9), st.none() | st.integers() | st.text(max_size=20), max_size=4)
LINES = st.lists(
    st.builds(
        Line,
        st.uuids(),
        st.datetimes(min_value=datetime(2020, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis adds the zone
        st.sampled_from(["request.served", "attempt.ended"]),
        st.none() | st.sampled_from([UUID(int=1), UUID(int=2)]),
        st.none() | st.text("abc-_.09", max_size=64),
        st.none() | st.uuids(),
        DETAIL.map(lambda detail: json.dumps(detail, ensure_ascii=False, separators=(",", ":"))),
    ),
    unique_by=lambda line: line.id,
    max_size=20,
)


@given(LINES)
def test_what_was_packed_is_read_back_in_the_order_of_ids(lines: list[Line]) -> None:
    assert unpack(pack(lines)) == sorted(lines, key=lambda line: line.id)
    assert pack(lines) == pack(reversed(lines))


@given(LINES)
def test_an_accounts_lines_are_found_and_nobody_elses(lines: list[Line]) -> None:
    found = list(of_account(pack(lines), UUID(int=1)))
    assert found == [line for line in unpack(pack(lines)) if line.account_id == UUID(int=1)]


def test_a_detail_that_names_an_account_is_not_its_line() -> None:
    trap = json.dumps({"path": f'"account_id":"{UUID(int=1)}"', "account_id": str(UUID(int=1))}, separators=(",", ":"))
    line = Line(UUID(int=9), datetime(2026, 1, 1, tzinfo=UTC), "request.served", UUID(int=2), None, None, trap)
    data = pack([line])
    assert list(of_account(data, UUID(int=1))) == []
    assert list(of_account(data, UUID(int=2))) == [line]


@pytest.mark.parametrize("damage", [b"", b"x", b"\x1f\x8b"])
def test_what_is_damaged_is_no_line(damage: bytes) -> None:
    with pytest.raises((OSError, EOFError, ValueError)):
        assert unpack(damage or pack([])[:-3])
