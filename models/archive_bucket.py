"""The archive in a bucket of S3, and the rule by which its objects become colder."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from config.archive import BucketName
from config.log_sinks import LogsAws
from config.settings import settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import LifecycleRuleTypeDef

CONNECT: Final = 2.0
ANSWER: Final = 10.0
"""Seconds."""
RULE: Final = "alrim-archive"
COLDER: Final = "GLACIER_IR"
"""Glacier Instant Retrieval: a fifth of the price, searches still read it. S3 leaves objects below 128 KB where they
are: https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html."""
MISSING: Final = frozenset({"NoSuchKey", "404"})
SMALLEST: Final = "TransitionDefaultMinimumObjectSize"
NO_RULES: Final = "NoSuchLifecycleConfiguration"


class Bucket:
    """A bucket that exists already: whoever owns it decides about its region, encryption and access."""

    def __init__(self, where: BucketName) -> None:
        """Connect to nothing yet."""
        self._where = where

    def write(self, name: str, data: bytes) -> None:
        """Put the object; S3 compares its checksum."""
        with _as_os_error():
            client().put_object(
                Bucket=self._where.bucket,
                Key=self._where.prefix + name,
                Body=data,
                ContentType="application/gzip",
                ChecksumAlgorithm="SHA256",
            )

    def read(self, name: str) -> bytes:
        """Get the whole object."""
        with _as_os_error():
            return client().get_object(Bucket=self._where.bucket, Key=self._where.prefix + name)["Body"].read()

    def delete(self, name: str) -> None:
        """Delete the object; S3 says nothing if there is none."""
        with _as_os_error():
            client().delete_object(Bucket=self._where.bucket, Key=self._where.prefix + name)

    def become_colder(self, after_days: int) -> "LifecycleRuleTypeDef":
        """Put the rule beside those that the bucket has, and give back what S3 says of it then.

        Raises:
            OSError: it cannot be put, or S3 says something else than what was put.
        """
        rule: LifecycleRuleTypeDef = {
            "ID": RULE,
            "Status": "Enabled",
            "Filter": {"Prefix": self._where.prefix},
            "Transitions": [{"Days": after_days, "StorageClass": COLDER}],
        }
        with _as_os_error():
            rules, further = self._rules()
            others: Any = [each for each in rules if each.get("ID") != RULE]
            client().put_bucket_lifecycle_configuration(
                Bucket=self._where.bucket, LifecycleConfiguration={"Rules": [*others, rule]}, **further
            )
            heard = next((each for each in self._rules()[0] if each.get("ID") == RULE), None)
        if heard is None or any(heard.get(key) != value for key, value in rule.items()):
            raise OSError(f"S3 took the rule, and says otherwise: {heard}")
        return heard

    def _rules(self) -> tuple[list["LifecycleRuleTypeDef"], dict[str, Any]]:
        """The bucket's rules, and what is said for all of them, which goes back as it is."""
        try:
            said: dict[str, Any] = {**client().get_bucket_lifecycle_configuration(Bucket=self._where.bucket)}
        except ClientError as error:
            if error.response["Error"].get("Code") == NO_RULES:
                return [], {}
            raise
        return list(said["Rules"]), {key: said[key] for key in (SMALLEST,) if key in said}


@contextmanager
def _as_os_error() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = error.response["Error"].get("Code", "")
        raise (FileNotFoundError if code in MISSING else OSError)(f"S3: {code}") from None
    except BotoCoreError as error:
        raise OSError(f"S3: {type(error).__name__}") from None


@functools.cache
def client() -> "S3Client":
    """Make this process's client, once.

    Raises:
        NoCredentialsError: neither the settings nor the machine say who we are, yet.
    """
    known, session = settings(LogsAws), boto3.session.Session()
    key_id = known.logs_aws_access_key_id.get_secret_value() or None
    if key_id is None and session.get_credentials() is None:
        # Made now, it would have none for good.
        raise NoCredentialsError
    return session.client(
        "s3",
        region_name=known.logs_aws_region,
        endpoint_url=known.logs_aws_endpoint_url or None,
        aws_access_key_id=key_id,
        aws_secret_access_key=known.logs_aws_secret_access_key.get_secret_value() or None,
        config=Config(
            connect_timeout=CONNECT,
            read_timeout=ANSWER,
            retries={"total_max_attempts": 2},
            # An endpoint of one's own knows no names of buckets.
            s3={"addressing_style": "path" if known.logs_aws_endpoint_url else "auto"},
        ),
    )
