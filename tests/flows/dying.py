"""Letting workers die at chosen points, each in a process of its own (tests/flows/stopping.py)."""

import json
import signal
import subprocess
from collections.abc import Sequence

from tests.flows.stack import PYTHON, ROOT, Stack

NOWHERE = -1
Case = tuple[str, int, list[str]]
"""What a worker does, at which point it dies, and with which notifications."""


def die(stack: Stack, cases: Sequence[Case]) -> list[list[str]]:
    """Let a worker die in each case (or live, at NOWHERE) and return the points that each came to."""
    command = [PYTHON, "-m", "tests.flows.stopping"]
    said = json.dumps(cases).encode()
    ended = subprocess.run(
        command, cwd=ROOT, env=stack.environment, input=said, capture_output=True, timeout=99, check=False
    )
    assert ended.returncode == 0, ended.stderr.decode()[-2000:]
    results: list[tuple[list[str], int]] = json.loads(ended.stderr)
    assert [status for _, status in results] == [0 if at == NOWHERE else -signal.SIGKILL for _, at, _ in cases]
    return [points for points, _ in results]
