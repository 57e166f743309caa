"""A private AWS, as far as moto imitates it: CloudWatch Logs, DynamoDB and S3 in the memory of one process.

It forgets everything when it ends.
"""

import sys
from pathlib import Path
from typing import TypedDict

from tests.servers.process import LOOPBACK, Child, first_words, free_port

ROOT = Path(__file__).resolve().parents[2]
HELLO = b"GET /moto-api/ HTTP/1.0\r\n\r\n"


class Arguments(TypedDict):
    """What a test's own client of boto3 must be told."""

    endpoint_url: str
    region_name: str
    aws_access_key_id: str
    aws_secret_access_key: str


class MotoServer:
    """One server, empty at each start, on one port."""

    def __init__(self, home: Path) -> None:
        self.port = free_port()
        command = [sys.executable, "-m", "tests.servers.moto_process", "--host", LOOPBACK, "--port", str(self.port)]
        self._child = Child(command, home / "moto.log", {"PYTHONPATH": str(ROOT)})

    @property
    def url(self) -> str:
        """Where it is, for boto3."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What an installation must be told to ship its logs there."""
        return {
            "ALRIM_LOGS_AWS_ENDPOINT_URL": self.url,
            "ALRIM_LOGS_AWS_ACCESS_KEY_ID": "test",
            "ALRIM_LOGS_AWS_SECRET_ACCESS_KEY": "test",
        }

    @property
    def arguments(self) -> Arguments:
        """What a test's own client of boto3 must be told."""
        return {
            "endpoint_url": self.url,
            "region_name": "ap-northeast-2",
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
        }

    def start(self) -> None:
        """Serve; does nothing if it runs."""
        self._child.start(lambda: first_words(self.port, HELLO).startswith(b"HTTP/"), within=30)

    def stop(self) -> None:
        """End it in order."""
        self._child.stop()

    def hang(self) -> None:
        """Let it take connections and answer nothing, until it is killed."""
        self._child.pause()

    def kill(self) -> None:
        """Cut the power: everything in it is gone."""
        self._child.kill()
