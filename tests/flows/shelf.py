"""An archive as flows need it: the settings that name it, and what it holds."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import boto3

from tests.servers.moto import MotoServer

BUCKET = "logs"
PREFIX = "alrim/"


class Shelf(NamedTuple):
    """An archive; `objects` are its names and bytes."""

    settings: Mapping[str, str]
    objects: Callable[[], dict[str, bytes]]


def in_a_bucket(moto: MotoServer) -> Shelf:
    """Make an empty bucket in this server, as an archive."""
    bucket = (
        boto3.session.Session()
        .resource("s3", **moto.arguments)
        .create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"})
    )
    return Shelf(
        {"ALRIM_ARCHIVE": f"s3://{BUCKET}/{PREFIX}", **moto.environment},
        lambda: {each.key.removeprefix(PREFIX): each.get()["Body"].read() for each in bucket.objects.all()},
    )
