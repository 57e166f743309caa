"""Moto's server with an answer put right that AWS documents otherwise.

A process of its own: moto hooks itself into every boto3 of the process that loads it.
"""

import sys
import time
from typing import Any

from moto.logs.models import LogsBackend
from moto.server import main

TWO_HOURS = 2 * 3600 * 1000


def as_documented(said: dict[str, Any], moments: list[int], now: int) -> dict[str, Any]:
    """What AWS says of rejected events: moto 5.2 names the last old one, not the one after it, and the last new one."""
    right = dict(said)
    if "tooOldLogEventEndIndex" in said:
        right["tooOldLogEventEndIndex"] = said["tooOldLogEventEndIndex"] + 1
    if "tooNewLogEventStartIndex" in said:
        right["tooNewLogEventStartIndex"] = sum(moment <= now + TWO_HOURS for moment in moments)
    return right


def _correct() -> None:
    answer = LogsBackend.put_log_events

    def put_log_events(
        self: LogsBackend, log_group_name: str, log_stream_name: str, log_events: list[dict[str, Any]]
    ) -> tuple[str, dict[str, Any]]:
        token, said = answer(self, log_group_name, log_stream_name, log_events)
        moments = [event["timestamp"] for event in log_events]
        return token, as_documented(said, moments, int(time.time() * 1000))

    LogsBackend.put_log_events = put_log_events  # type: ignore[method-assign]


if __name__ == "__main__":
    _correct()
    main(sys.argv[1:])
