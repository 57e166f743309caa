"""Requests as CloudWatch takes them, whatever comes; and the real client against a server: nothing is dropped."""

import json
import time
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.types import utc_now
from tests.servers.moto import MotoServer
from tests.workers.log_sinks.records import a_record
from workers.log_record import LogRecord
from workers.log_sinks import cloudwatch
from workers.log_sinks.cloudwatch import MOST_BYTES, OVERHEAD, SPAN, Event, rejected, requests, retention
from workers.log_sinks.left import Left

NOW = utc_now()
DAY = timedelta(days=1)
GROUP = "/alrim/logs"


def an_event(timestamp: int, size: int = 100) -> Event:
    return Event(a_record(), timestamp, "x" * (size - OVERHEAD))


moments = st.integers(0, 3 * SPAN)
events = st.lists(st.builds(an_event, moments, st.sampled_from([27, 900, 300_000, MOST_BYTES])), max_size=60)


@given(events)
def test_each_request_is_one_that_cloudwatch_takes_and_none_is_forgotten(given_events: list[Event]) -> None:
    parts = list(requests(given_events))
    assert sorted(id(event) for part in parts for event in part) == sorted(id(event) for event in given_events)
    for part in parts:
        stamps = [event.timestamp for event in part]
        assert stamps == sorted(stamps)
        assert stamps[-1] - stamps[0] < SPAN
        assert sum(event.size for event in part) <= MOST_BYTES
    assert [part[0].timestamp for part in parts] == sorted(part[0].timestamp for part in parts)


@pytest.mark.parametrize(
    ("given_events", "sizes"),
    [
        ([], []),
        ([an_event(0)] * 10_001, [10_000, 1]),
        ([an_event(0, MOST_BYTES // 2)] * 3, [2, 1]),
        ([an_event(0, MOST_BYTES // 2), an_event(0, MOST_BYTES // 2 + 1)], [1, 1]),
        ([an_event(SPAN), an_event(0)], [1, 1]),
        ([an_event(SPAN - 1), an_event(0)], [2]),
    ],
)
def test_where_requests_end(given_events: list[Event], sizes: list[int]) -> None:
    assert [len(part) for part in requests(given_events)] == sizes


def test_a_korean_letter_counts_for_the_bytes_it_takes() -> None:
    assert Event(a_record(), 0, "경로").size == 6 + OVERHEAD


@pytest.mark.parametrize(
    ("info", "which"),
    [
        ({}, []),
        ({"tooOldLogEventEndIndex": 2}, [0, 1]),
        ({"expiredLogEventEndIndex": 3, "tooOldLogEventEndIndex": 1}, [0, 1, 2]),
        ({"tooNewLogEventStartIndex": 4}, [4]),
        ({"tooOldLogEventEndIndex": 1, "tooNewLogEventStartIndex": 3}, [0, 3, 4]),
        ({"tooOldLogEventEndIndex": 5, "tooNewLogEventStartIndex": 5}, [0, 1, 2, 3, 4]),
        ({"tooNewLogEventStartIndex": 0}, [0, 1, 2, 3, 4]),
    ],
)
def test_which_events_an_answer_rejects(info: Any, which: list[int]) -> None:  # noqa: ANN401 - AWS's answer
    five = [an_event(number) for number in range(5)]
    assert [event.timestamp for event in rejected(five, info)] == which


@pytest.mark.parametrize(("days", "kept"), [(31, 60), (90, 90), (91, 120), (800, 1096), (9999, 3653)])
def test_a_group_keeps_events_as_long_as_is_wanted(days: int, kept: int) -> None:
    assert retention(timedelta(days=days)) == kept


def write(*records: LogRecord) -> Left:
    return cloudwatch.write(records, time.monotonic() + 10)


def written(cloud: MotoServer) -> list[LogRecord]:
    """Everything that is there, read from what the messages say alone."""
    client = boto3.client("logs", **cloud.arguments)
    found = client.filter_log_events(logGroupName=GROUP)["events"]
    lines: Iterable[dict[str, Any]] = (json.loads(each["message"]) for each in found)
    return [LogRecord.read([line[name] for name in LogRecord._fields]) for line in lines]


@pytest.mark.flow
def test_what_is_missing_is_made_and_the_message_has_all_that_the_record_has(cloud: MotoServer) -> None:
    client = boto3.client("logs", **cloud.arguments)
    older, newer = a_record(NOW - 2 * DAY), a_record(code="3046")
    assert write(newer, older) == Left(kept=[])
    assert sorted(written(cloud), key=lambda each: each.at) == [older, newer]
    [group] = client.describe_log_groups()["logGroups"]
    assert (group["logGroupName"], group["retentionInDays"]) == (GROUP, 90)
    [stream] = client.describe_log_streams(logGroupName=GROUP)["logStreams"]
    assert stream["logStreamName"] == f"{utc_now():%Y-%m-%d}"
    client.delete_log_stream(logGroupName=GROUP, logStreamName=stream["logStreamName"])
    client.put_retention_policy(logGroupName=GROUP, retentionInDays=365)
    assert write(newer) == Left(kept=[])
    assert written(cloud) == [newer]
    assert client.describe_log_groups()["logGroups"][0]["retentionInDays"] == 365


@pytest.mark.flow
def test_what_is_too_old_or_too_new_is_left_to_be_kept(cloud: MotoServer) -> None:
    old = [a_record(NOW - 15 * DAY), a_record(NOW - 15 * DAY + timedelta(hours=1))]
    new = [a_record(NOW + timedelta(hours=3)), a_record(NOW + timedelta(hours=4))]
    good = [a_record(), a_record(NOW - timedelta(hours=1))]
    left = write(*old, *good, *new)
    assert {each.id for each in left.kept} == {each.id for each in (*old, *new)}
    assert (left.waiting, left.code) == ((), None)
    assert {each.id for each in written(cloud)} == {each.id for each in good}
    assert write(old[0]) == Left(kept=[old[0]])


@pytest.mark.flow
def test_with_cloudwatch_away_all_waits_and_says_why(cloud: MotoServer) -> None:
    cloud.kill()
    records = [a_record(), a_record(NOW - 2 * DAY)]
    left = write(*records)
    assert {each.id for each in left.waiting} == {each.id for each in records}
    assert (left.kept, left.code) == ([], "EndpointConnectionError")


def test_after_the_time_nothing_begins() -> None:
    record = a_record()
    assert cloudwatch.write([record], time.monotonic() - 1) == Left([], [record], "out_of_time")
