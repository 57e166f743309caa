"""Rosters: the recipients of a batch, one by one, from a JSON list, NDJSON or CSV.

Whatever cannot be read as a recipient comes out as a reject with its number and line, and the next one follows: one bad
line costs no other. It must not know messages, rows or where an upload comes from.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from api.error_table import Code
from api.field_codes import FIELD_CODES
from api.lines import Lines
from models.batch_ledger import Reject

MEMBERS: Final = frozenset({"to", "reference", "variables"})
MOST_REFERENCE: Final = 64
REFERENCE: Final = f"reference may hold 1 to {MOST_REFERENCE} visible ASCII characters, no spaces"


class Recipient(NamedTuple):
    """One recipient as it was given. `number` counts from 1, `line` is where it ends in an upload."""

    number: int
    line: int | None
    to: str | None
    reference: str | None
    variables: Mapping[str, str]


class Unreadable(Exception):  # noqa: N818 - the name says what the whole of an upload is
    """An upload that cannot be read at all; the text says why."""


Entry = Recipient | Reject


def from_list(items: Iterable[Any]) -> Iterator[Entry]:
    """Read recipients from JSON objects `{to, reference?, variables?}`."""
    for number, item in enumerate(items, 1):
        yield _from_object(number, None, item)


def from_ndjson(lines: Lines) -> Iterator[Entry]:
    """Read a JSON object a line; blank lines count for nothing."""
    number = 0
    for text in lines:
        if not text.strip():
            continue
        number += 1
        if lines.take_broken():
            yield _reject(number, lines.number, "", Code.UPLOAD_UNREADABLE, _undecodable(lines))
            continue
        try:
            item = json.loads(text)
        except (ValueError, RecursionError):
            yield _reject(number, lines.number, "", Code.MALFORMED_JSON, "the line is not a JSON object")
            continue
        yield _from_object(number, lines.number, item)


def from_csv(lines: Lines) -> Iterator[Entry]:
    """Read CSV (RFC 4180): a header with `to`, perhaps `reference`, and variables by name; then a recipient a row.

    Raises:
        Unreadable: there is no header, or none that can be used.
    """
    rows = csv.reader(lines, strict=True)
    columns = _header(rows, lines)
    number = 0
    while True:
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            number += 1
            yield _reject(number, lines.number, "", Code.UPLOAD_UNREADABLE, f"the line is not CSV: {error}")
            continue
        if not cells:
            continue
        number += 1
        yield _from_cells(number, columns, cells, lines)


def _header(rows: Iterator[list[str]], lines: Lines) -> list[str]:
    try:
        columns = [name.strip() for name in next(rows, [])]
    except csv.Error as error:
        raise Unreadable(f"line 1 is not CSV: {error}") from None
    if lines.take_broken():
        raise Unreadable(_undecodable(lines))
    if not columns:
        raise Unreadable("line 1 must be a header such as to,name")
    doubled = sorted({name for name in columns if columns.count(name) > 1})
    if doubled or not all(columns):
        raise Unreadable("line 1: every column of the header needs a name of its own")
    return columns


def _from_cells(number: int, columns: list[str], cells: list[str], lines: Lines) -> Entry:
    if lines.take_broken():
        return _reject(number, lines.number, "", Code.UPLOAD_UNREADABLE, _undecodable(lines))
    if len(cells) != len(columns):
        detail = f"the row has {len(cells)} cells, the header {len(columns)}"
        return _reject(number, lines.number, "", Code.UPLOAD_UNREADABLE, detail)
    variables = dict(zip(columns, cells, strict=True))
    to, reference = variables.pop("to", None), variables.pop("reference", None) or None
    if reference is not None and not _is_reference(reference):
        return _reject(number, lines.number, "reference", FIELD_CODES["invalid_reference"], REFERENCE)
    return Recipient(number, lines.number, to or None, reference, variables)


def _from_object(number: int, line: int | None, item: object) -> Entry:
    try:
        return Recipient(number, line, *_members(item))
    except _Wrong as wrong:
        return _reject(number, line, wrong.field, wrong.code, wrong.detail)


def _members(item: object) -> tuple[str | None, str | None, dict[str, str]]:
    if not isinstance(item, dict):
        raise _Wrong("", Code.FIELD_INVALID, "a recipient is a JSON object")
    unknown = item.keys() - MEMBERS
    if unknown:
        raise _Wrong(str(min(unknown)), Code.FIELD_UNKNOWN, "a recipient has to, reference and variables only")
    to, reference = item.get("to"), item.get("reference")
    if to is not None and not isinstance(to, str):
        raise _Wrong("to", Code.FIELD_INVALID, "to is not a text")
    if reference is not None and not (isinstance(reference, str) and _is_reference(reference)):
        raise _Wrong("reference", FIELD_CODES["invalid_reference"], REFERENCE)
    return to, reference, _words(item.get("variables"))


class _Wrong(Exception):  # noqa: N818 - a way out of reading one recipient, seen nowhere else
    def __init__(self, field: str, code: Code, detail: str) -> None:
        super().__init__(detail)
        self.field, self.code, self.detail = field, code, detail


def _words(variables: object) -> dict[str, str]:
    if variables is None:
        return {}
    if not isinstance(variables, dict):
        raise _Wrong("variables", Code.FIELD_INVALID, "variables is not a JSON object")
    words: dict[str, str] = {}
    for name, value in variables.items():
        if not isinstance(value, (str, int, float)) or isinstance(value, bool):
            raise _Wrong(f"variables.{name}", Code.FIELD_INVALID, "a variable is a text or a number")
        words[name] = value if isinstance(value, str) else str(value)
    return words


def _is_reference(text: str) -> bool:
    return 0 < len(text) <= MOST_REFERENCE and text.isascii() and text.isprintable() and " " not in text


def _undecodable(lines: Lines) -> str:
    return f"line {lines.number} is not {lines.encoding}: save the file as UTF-8, or name its charset in Content-Type"


def _reject(number: int, line: int | None, field: str, code: Code, detail: str) -> Reject:
    return Reject(number, line, field.encode("utf-8", "replace").decode(), code.value, detail)
