"""The archive in a bucket, by the real boto3 against a server that answers as S3 does."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest

from api.admin import main
from config.settings import settings
from models import archive_bucket
from models.archive_place import Place, place
from tests.servers.moto import MotoServer

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture
def s3(moto_server: MotoServer, monkeypatch: pytest.MonkeyPatch) -> Iterator["S3Client"]:
    moto_server.start()
    client = boto3.session.Session().client("s3", **moto_server.arguments)
    client.create_bucket(Bucket="ours", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"})
    for name, value in {**moto_server.environment, "ALRIM_ARCHIVE": "s3://ours/alrim"}.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    archive_bucket.client.cache_clear()
    yield client
    for each in client.list_objects_v2(Bucket="ours").get("Contents", []):
        client.delete_object(Bucket="ours", Key=each["Key"])
    client.delete_bucket(Bucket="ours")
    settings.cache_clear()
    archive_bucket.client.cache_clear()


@pytest.fixture
def bucket(s3: "S3Client") -> Place:  # noqa: ARG001 - it is there
    where = place()
    assert where is not None
    return where


def test_it_keeps_what_was_written_last_under_its_prefix(s3: "S3Client", bucket: Place) -> None:
    for data in (b"one", b"two"):
        bucket.write("year=2026/month=09/a.json.gz", data)
    assert bucket.read("year=2026/month=09/a.json.gz") == b"two"
    there = s3.list_objects_v2(Bucket="ours")["Contents"]
    assert [each["Key"] for each in there] == ["alrim/year=2026/month=09/a.json.gz"]


def test_what_is_not_there_is_missing_and_may_be_deleted(bucket: Place) -> None:
    bucket.delete("a")
    with pytest.raises(FileNotFoundError):
        bucket.read("a")


@pytest.mark.usefixtures("s3")
def test_what_cannot_be_reached_is_an_error_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALRIM_ARCHIVE", "s3://nobodys")
    settings.cache_clear()
    elsewhere = place()
    assert elsewhere is not None
    with pytest.raises(OSError, match="NoSuchBucket"):
        elsewhere.write("a", b"one")
    monkeypatch.setenv("ALRIM_LOGS_AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    settings.cache_clear()
    archive_bucket.client.cache_clear()
    with pytest.raises(OSError, match="EndpointConnectionError"):
        elsewhere.write("a", b"one")


def test_the_rule_for_the_cold_is_put_beside_others_and_read_back(
    s3: "S3Client", capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    others = [{"ID": "theirs", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 3}}]
    s3.put_bucket_lifecycle_configuration(Bucket="ours", LifecycleConfiguration={"Rules": others})  # type: ignore[typeddict-item] # of one kind
    for after in ("180", "100"):
        monkeypatch.setenv("ALRIM_GLACIER_AFTER_DAYS", after)
        settings.cache_clear()
        assert main(["archive", "cool"]) == 0
        said = json.loads(capsys.readouterr().out)
        assert said["Transitions"] == [{"Days": int(after) - 60, "StorageClass": "GLACIER_IR"}]
        assert said["Filter"] == {"Prefix": "alrim/"}
    rules = s3.get_bucket_lifecycle_configuration(Bucket="ours")["Rules"]
    assert [rule["ID"] for rule in rules] == ["theirs", "alrim-archive"]


def test_a_directory_has_no_rule(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALRIM_ARCHIVE", "/mnt/logs")
    settings.cache_clear()
    assert main(["archive", "cool"]) == 1
    assert "s3://bucket/prefix" in capsys.readouterr().err
    settings.cache_clear()
