"""One stream, one format: whatever an event holds, it is one line of JSON with the moment in UTC."""

import json
import subprocess
import sys
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.rules.sources import ROOT

FORGED = 'x\n{"event": "trail.noted"}\r\u2028\u0085\x1b[2J\x9b2J 가'
OURS = "structlog.get_logger().info('request.served', path=said)"
OTHERS = "logging.getLogger('library').warning('%s', said)"


def lines_of(statement: str) -> list[str]:
    """What a process writes that logs so; a process of its own, since a configuration is one process's."""
    start = "import sys, logging, structlog; from config.logging import configure; configure('web'); said = sys.argv[1]"
    program = f"{start}; {statement}"
    done = subprocess.run(
        [sys.executable, "-c", program, FORGED], cwd=ROOT, capture_output=True, timeout=30, check=True, encoding="utf-8"
    )
    return done.stdout.splitlines()


@pytest.mark.parametrize(("statement", "name"), [(OURS, "path"), (OTHERS, "event")])
def test_nobody_can_write_a_line_of_the_log_or_steer_a_terminal(statement: str, name: str) -> None:
    [line] = lines_of(statement)
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)[name] == FORGED


@pytest.mark.parametrize("statement", [OURS, OTHERS])
def test_an_event_says_when_in_utc_and_in_which_process(statement: str) -> None:
    event: dict[str, Any] = json.loads(lines_of(statement)[0])
    assert datetime.fromisoformat(event["at"]).utcoffset() == timedelta(0)
    assert (event["process"], event["level"]) in {("web", "info"), ("web", "warning")}
