"""Items by the real client against a server, and what is done when DynamoDB takes a part only."""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from models.types import new_id, utc_now
from tests.servers.moto import MotoServer
from tests.workers.log_sinks.records import a_record
from workers.log_record import LogRecord
from workers.log_sinks import aws, dynamodb
from workers.log_sinks.left import Left

TABLE = "alrim_logs"


def write(*records: LogRecord, within: float = 10) -> Left:
    return dynamodb.write(records, time.monotonic() + within)


def written(cloud: MotoServer) -> list[dict[str, Any]]:
    found = boto3.client("dynamodb", **cloud.arguments).scan(TableName=TABLE)["Items"]
    return [{name: next(iter(value.values())) for name, value in each.items()} for each in found]


@pytest.mark.flow
def test_what_is_missing_is_made_and_an_item_written_twice_is_one(cloud: MotoServer) -> None:
    client = boto3.client("dynamodb", **cloud.arguments)
    me = new_id()
    records = [a_record(account_id=me if number % 2 else None, number=str(number)) for number in range(60)]
    assert write(*records) == write(*records[20:], *records[:40]) == Left()
    found = {each["id"]: each for each in written(cloud)}
    assert found.keys() == {str(each.id) for each in records}
    last = records[-1]
    assert found[str(last.id)] == {
        "account": str(me),
        "day": f"{last.at:%Y-%m-%d}#{last.id.hex[-1]}",
        "id": str(last.id),
        "event": "request.served",
        "at": last.at.isoformat(),
        "request_id": "r-1",
        "detail": '{"path":"/경로","number":"59"}',
        "expires_at": str(int((last.at + timedelta(days=90)).timestamp())),
    }
    assert found[str(records[0].id)]["account"] == "-"
    table = client.describe_table(TableName=TABLE)["Table"]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    expiry = client.describe_time_to_live(TableName=TABLE)["TimeToLiveDescription"]
    assert expiry == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}


@pytest.mark.flow
def test_a_table_that_was_deleted_is_made_anew(cloud: MotoServer) -> None:
    first, second = a_record(), a_record()
    assert write(first) == Left()
    boto3.client("dynamodb", **cloud.arguments).delete_table(TableName=TABLE)
    assert write(second) == Left(waiting=[second], code="ResourceNotFoundException")
    assert write(second) == Left()
    assert [each["id"] for each in written(cloud)] == [str(second.id)]


@pytest.mark.flow
def test_with_dynamodb_away_all_waits_and_says_why(cloud: MotoServer) -> None:
    cloud.kill()
    records = [a_record() for _ in range(30)]
    left = write(*records)
    assert (left.waiting, left.kept, left.code) == (records, (), "EndpointConnectionError")


@pytest.fixture
def said(cloud: MotoServer) -> Iterator[Stubber]:
    """The client with answers of the test's own."""
    del cloud
    with Stubber(aws.client("dynamodb")) as stubber:
        yield stubber
    aws.forget()


def put(record: LogRecord) -> dict[str, Any]:
    return {"PutRequest": {"Item": dynamodb.item(record, 0)}}


@pytest.mark.flow
def test_what_it_did_not_process_is_asked_for_again_until_the_time_is_over(said: Stubber) -> None:
    dynamodb._READY.add(TABLE)
    records = [a_record() for _ in range(3)]
    said.add_response("batch_write_item", {"UnprocessedItems": {TABLE: [put(each) for each in records[1:]]}})
    said.add_response("batch_write_item", {"UnprocessedItems": {TABLE: [put(records[2])]}})
    said.add_response("batch_write_item", {})
    assert write(*records) == Left()
    said.add_response("batch_write_item", {"UnprocessedItems": {TABLE: [put(records[2])]}})
    assert write(*records, within=0.02) == Left(waiting=records[2:], code="unprocessed")
    said.assert_no_pending_responses()


@pytest.mark.flow
def test_a_part_that_is_throttled_waits_alone(said: Stubber) -> None:
    dynamodb._READY.add(TABLE)
    records = [a_record() for _ in range(30)]
    said.add_response("batch_write_item", {})
    said.add_client_error("batch_write_item", "ThrottlingException", http_status_code=400)
    assert write(*records) == Left(waiting=records[25:], code="ThrottlingException")


@pytest.mark.flow
def test_a_table_that_is_being_made_is_waited_for_and_gets_its_ttl_whoever_made_it(said: Stubber) -> None:
    about = {"TableName": TABLE}
    for _ in range(2):
        said.add_response("describe_table", {"Table": {**about, "TableStatus": "CREATING"}})
    assert write(a_record(), within=1.5).code == "table_not_active"
    said.add_response("describe_table", {"Table": {**about, "TableStatus": "ACTIVE"}})
    said.add_response("describe_time_to_live", {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}})
    said.add_response("update_time_to_live", {})
    said.add_response("batch_write_item", {})
    assert write(a_record()) == Left()
    said.assert_no_pending_responses()


def test_an_items_time_is_its_own_and_not_that_of_the_writing() -> None:
    at = utc_now() - timedelta(days=70)
    assert dynamodb._end_of(a_record(at)) == int(at.timestamp()) + 90 * 24 * 3600
