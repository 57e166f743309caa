"""The filters and the paging of SOLAPI's lists.

Source: solapi/documents, overview.md and getMessageList.md. The same conditions can be written in three
ways, all of which clients use: `to=…`, `dateCreated[gte]=…`, and the positional triple criteria/cond/value.
It must know neither groups nor messages, only how their fields are read.
"""

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from starlette.datastructures import QueryParams

from sandbox.solapi.errors import invalid

T = TypeVar("T")
Value = str | int | datetime | None
Comparison = Callable[[Any, Any], bool]
"""Of two values that `_like` has made of one type."""

LIMIT: Final = 20
LIMIT_MOST: Final = 500
CONDITIONS: Final[Mapping[str, Comparison]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
_KEY: Final = re.compile(r"\A([\w.]+?)(?:\[(\w+)\])?\Z")
_RANGE: Final = {"startDate": "gte", "endDate": "lte"}
_PLURAL: Final = {"messageIds": "messageId"}
_PAGING: Final = frozenset({"startKey", "limit", "criteria", "cond", "value", "dateType"})


@dataclass(frozen=True, slots=True)
class Condition:
    """One demand on one field: the comparison holds with any of the values."""

    field: str
    comparison: Comparison
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Search(Generic[T]):
    """A list's query, read.

    Attributes:
        fields: how each field of the listed things is read.
    """

    fields: Mapping[str, Callable[[T], Value]]
    conditions: tuple[Condition, ...]
    start_key: str | None
    limit: int

    def wanted(self, name: str) -> tuple[str, ...]:
        """Give the values that a field is asked to equal, for a search that can begin there; empty if not asked."""
        equal = (item for item in self.conditions if item.field == name and item.comparison is operator.eq)
        return next((item.values for item in equal), ())

    def page(self, things: Iterable[tuple[str, T]]) -> tuple[dict[str, T], str | None]:
        """Take one page of these (id, thing) pairs, and the id with which the next begins."""
        found: dict[str, T] = {}
        started = self.start_key is None
        for id_, thing in things:
            started = started or id_ == self.start_key
            if not started or not self._holds(thing):
                continue
            if len(found) == self.limit:
                return found, id_
            found[id_] = thing
        return found, None

    def _holds(self, thing: T) -> bool:
        for condition in self.conditions:
            value = self.fields[condition.field](thing)
            if value is None or not any(condition.comparison(value, _like(value, text)) for text in condition.values):
                return False
        return True


def read(params: QueryParams, fields: Mapping[str, Callable[[T], Value]]) -> Search[T]:
    """Read a list's query.

    Raises:
        VendorError: 400, an unknown field or condition, a bad number or date.
    """
    conditions = [_simple(params, key, fields) for key in dict.fromkeys(params.keys()) if key not in _PAGING]
    conditions += _triples(params)
    for condition in conditions:
        if condition.field not in fields:
            raise invalid("검색할 수 없는 항목입니다.")
        if condition.field.lower().endswith(("created", "updated", "date")):
            for text in condition.values:
                _date(text)
    limit = params.get("limit") or str(LIMIT)
    if not limit.isdecimal() or int(limit) == 0:
        raise invalid("limit은 자연수여야 합니다.")
    return Search(fields, tuple(conditions), params.get("startKey") or None, min(int(limit), LIMIT_MOST))


def _simple(params: QueryParams, key: str, fields: Mapping[str, object]) -> Condition:
    name, cond = _split(key)
    if name in _RANGE:
        kind = "dateUpdated" if params.get("dateType") == "UPDATED" else "dateCreated"
        return Condition(kind, CONDITIONS[_RANGE[name]], (params[key],))
    values = tuple(value for text in params.getlist(key) for value in _listed(text))
    name = _PLURAL.get(name, name)
    if name not in fields or not values:
        raise invalid("검색할 수 없는 항목입니다.")
    return Condition(name, _comparison(cond or "eq"), values)


def _split(key: str) -> tuple[str, str | None]:
    found = _KEY.match(key)
    if found is None:
        raise invalid("검색할 수 없는 항목입니다.")
    name, cond = found.groups()
    return name, None if cond == "in" else cond


def _listed(text: str) -> list[str]:
    """Split a list; the vendor's Python client writes one as Python shows it, brackets and quotes included."""
    bare = text.strip("[]") if text.startswith("[") else text
    return [part.strip(" '") for part in bare.split(",") if part.strip(" '")]


def _triples(params: QueryParams) -> list[Condition]:
    columns = [params.get(name, "").split(",") for name in ("criteria", "cond", "value")]
    if columns == [[""], [""], [""]]:
        return []
    if len({len(column) for column in columns}) != 1 or not all(all(column) for column in columns):
        raise invalid("criteria, cond, value의 개수가 다릅니다.")
    return [Condition(name, _comparison(cond), (value,)) for name, cond, value in zip(*columns, strict=True)]


def _comparison(cond: str) -> Comparison:
    if cond not in CONDITIONS:
        raise invalid("알 수 없는 조건입니다.")
    return CONDITIONS[cond]


def _like(value: Value, text: str) -> Value:
    if isinstance(value, datetime):
        return _date(text)
    if isinstance(value, int):
        return _integer(text)
    return text


def _integer(text: str) -> int:
    if not text.isdecimal():
        raise invalid("숫자여야 합니다.")
    return int(text)


def _date(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise invalid("날짜는 시간대가 있는 ISO 8601이어야 합니다.")
    return moment
