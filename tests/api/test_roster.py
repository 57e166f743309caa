"""Rosters: who is read from a list, NDJSON or CSV, and how a bad line is named without costing the next."""

import json
from typing import Any

import pytest

from api import roster
from api.error_table import Code
from api.lines import Lines
from api.roster import Recipient, Unreadable
from models.batch_ledger import Reject

Entry = Recipient | Reject


def csv(text: str, coding: str = "utf-8") -> list[Entry]:
    return [*roster.from_csv(Lines(iter([text.encode(coding)]), coding))]


def ndjson(*lines: str) -> list[Entry]:
    return [*roster.from_ndjson(Lines(iter(["\n".join(lines).encode()])))]


def place(entry: Entry) -> tuple[int, int | None, str]:
    assert isinstance(entry, Reject)
    return entry.number, entry.line, entry.field


def test_csv_names_its_columns() -> None:
    assert csv("to,name,reference\n010,홍길동,r-1\n011,,\n") == [
        Recipient(1, 2, "010", "r-1", {"name": "홍길동"}),
        Recipient(2, 3, "011", None, {"name": ""}),
    ]


def test_csv_may_break_lines_within_quotes_and_comes_from_excel() -> None:
    text = 'to,text\r\n010,"두\r\n줄, ""따옴표"""\r\n\r\n011,x\r\n'
    assert csv(text, "cp949") == [
        Recipient(1, 3, "010", None, {"text": '두\r\n줄, "따옴표"'}),
        Recipient(2, 5, "011", None, {"text": "x"}),
    ]


def test_a_bad_line_of_csv_costs_no_other() -> None:
    text = 'to,name\n010\n011,a,b\n012,"x"y\n013,reference fits not\n014,good\n'
    found = csv(text)
    assert [place(entry) for entry in found[:3]] == [(1, 2, ""), (2, 3, ""), (3, 4, "")]
    assert [entry.number for entry in found] == [1, 2, 3, 4, 5]
    assert found[4] == Recipient(5, 6, "014", None, {"name": "good"})


def test_a_line_that_is_not_utf8_is_named() -> None:
    lines = Lines(iter([b"to,name\n", "010,가\n".encode("cp949"), "011,나\n".encode()]))
    bad, good = roster.from_csv(lines)
    assert place(bad) == (1, 2, "")
    assert isinstance(bad, Reject)
    assert "charset" in bad.detail
    assert isinstance(good, Recipient)


@pytest.mark.parametrize("text", ["", "\n", "to,to\n", "to,,x\n", '"to\n'])
def test_csv_needs_a_header(text: str) -> None:
    with pytest.raises(Unreadable):
        csv(text)


def test_ndjson_is_a_recipient_a_line() -> None:
    person = {"to": "010", "variables": {"name": "홍", "n": 3, "x": 1.5}, "reference": "r"}
    found = ndjson(json.dumps(person), "", "nonsense", '{"to": "011"}')
    assert found[0] == Recipient(1, 1, "010", "r", {"name": "홍", "n": "3", "x": "1.5"})
    assert place(found[1]) == (2, 3, "")
    assert found[2] == Recipient(3, 4, "011", None, {})


@pytest.mark.parametrize(
    ("item", "field", "code"),
    [
        ("x", "", Code.FIELD_INVALID),
        ({"to": 1}, "to", Code.FIELD_INVALID),
        ({"to": "1", "name": "x"}, "name", Code.FIELD_UNKNOWN),
        ({"to": "1", "reference": "a b"}, "reference", Code.FIELD_INVALID),
        ({"to": "1", "reference": ""}, "reference", Code.FIELD_INVALID),
        ({"to": "1", "variables": []}, "variables", Code.FIELD_INVALID),
        ({"to": "1", "variables": {"a": True}}, "variables.a", Code.FIELD_INVALID),
        ({"to": "1", "variables": {"a": None}}, "variables.a", Code.FIELD_INVALID),
    ],
)
def test_what_is_wrong_with_an_item_is_named(item: Any, field: str, code: Code) -> None:  # noqa: ANN401 - any JSON
    [found] = roster.from_list([item])
    assert isinstance(found, Reject)
    assert (found.number, found.field, found.code) == (1, field, code.value)


def test_half_a_surrogate_in_a_name_can_be_stored() -> None:
    [found] = roster.from_list([{"\ud800": 1}])
    assert isinstance(found, Reject)
    assert found.field.encode()
