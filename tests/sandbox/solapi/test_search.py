from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from starlette.datastructures import QueryParams

from sandbox.solapi import search
from sandbox.vendor_error import VendorError

START = datetime(2026, 11, 24, tzinfo=UTC)


@dataclass
class Thing:
    id: str
    to: str
    created: datetime | None
    total: int


THINGS = [Thing(f"M{n}", f"0{n % 2}", START + timedelta(hours=n), n) for n in range(6)]
FIELDS: Mapping[str, Callable[[Thing], search.Value]] = {
    "messageId": lambda thing: thing.id,
    "to": lambda thing: thing.to,
    "dateCreated": lambda thing: thing.created,
    "dateUpdated": lambda thing: thing.created,
    "count.total": lambda thing: thing.total,
}


def found(query: str) -> str:
    page, _ = search.read(QueryParams(query), FIELDS).page((thing.id, thing) for thing in THINGS)
    return "".join(id_[1:] for id_ in page)


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", "012345"),
        ("to=00", "024"),
        ("to[ne]=00", "135"),
        ("messageId=M1", "1"),
        ("messageIds=M1,M3", "13"),
        ("messageIds=M1&messageIds=M3", "13"),
        ("messageIds=['M1', 'M3']", "13"),
        ("messageId[in]=M1,M9", "1"),
        ("messageId=M1&to=00", ""),
        ("startDate=2026-11-24T02:00:00Z&endDate=2026-11-24T03:00:00Z", "23"),
        ("startDate=2026-11-24T11:00:00%2B09:00&dateType=UPDATED", "2345"),
        ("startDate=2026-11-24T11:00:00+09:00", "2345"),
        ("dateCreated[gt]=2026-11-24T04:00:00Z", "5"),
        ("count.total[lte]=1", "01"),
        ("criteria=to,count.total&cond=eq,gte&value=01,3", "35"),
        ("limit=2", "01"),
        ("limit=2&startKey=M4", "45"),
        ("startKey=M9", ""),
    ],
)
def test_conditions_narrow_the_list(query: str, ids: str) -> None:
    assert found(query) == ids


@pytest.mark.parametrize(
    "query",
    [
        "customFields=x",
        "to[like]=0",
        "to=",
        "to[=1",
        "limit=0",
        "limit=x",
        "startDate=2026-11-24T02:00:00",
        "dateCreated[gte]=soon",
        "criteria=to&cond=eq",
        "criteria=to&cond=xx&value=1",
        "criteria=nothing&cond=eq&value=1",
        "count.total=many",
    ],
)
def test_a_query_that_means_nothing_is_refused(query: str) -> None:
    with pytest.raises(VendorError, match="ValidationError"):
        found(query)


@pytest.mark.parametrize("limit", range(1, 8))
def test_pages_join_to_the_whole_list(limit: int) -> None:
    ids: list[str] = []
    start: str | None = THINGS[0].id
    while start is not None:
        query = search.read(QueryParams({"limit": str(limit), "startKey": start}), FIELDS)
        page, start = query.page((thing.id, thing) for thing in THINGS)
        ids += page
    assert ids == [thing.id for thing in THINGS]


def test_a_field_without_value_matches_nothing() -> None:
    query = search.read(QueryParams("dateCreated[gte]=2026-11-24T00:00:00Z"), FIELDS)
    assert query.page([("M0", Thing("M0", "00", None, 0))]) == ({}, None)


def test_no_page_is_longer_than_the_most() -> None:
    many = ((str(n), THINGS[0]) for n in range(search.LIMIT_MOST + 1))
    page, next_key = search.read(QueryParams("limit=100000"), FIELDS).page(many)
    assert (len(page), next_key) == (search.LIMIT_MOST, str(search.LIMIT_MOST))
