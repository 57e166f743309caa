import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from workers.metrics import gauge, shown

ROOT = Path(__file__).resolve().parents[2]
WORKER = """
import os, signal, sys, time
from pathlib import Path
from workers.metrics import meters, share
directory = Path(sys.argv[1])
share(directory)
children = []
for number in (1, 2):
    if (child := os.fork()) == 0:
        meters().attempts.labels("ses", "accepted", "").inc(number)
        meters().calls.labels("ses", "yes").observe(0.2)
        meters().dropped.inc()
        print(flush=True)
        time.sleep(60)
    children.append(child)
sys.stdin.readline()
for child in children:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
print(flush=True)
sys.stdin.readline()
"""


def values(text: bytes) -> dict[str, float]:
    families = text_string_to_metric_families(text.decode())
    return {
        f"{sample.name}{'' if not sample.labels else sorted(sample.labels.values())}": sample.value
        for family in families
        for sample in family.samples
    }


def counted(found: dict[str, float]) -> Sequence[float | None]:
    names = ("alrim_attempts_total['', 'accepted', 'ses']", "alrim_log_records_dropped_total")
    return [found.get(name) for name in (*names, "alrim_provider_call_seconds_count['ses', 'yes']")]


@pytest.mark.timeout(30)
def test_what_killed_children_counted_stays_until_the_next_start(tmp_path: Path) -> None:
    directory = tmp_path / "metrics.worker"
    for _ in range(2):
        with subprocess.Popen(
            [sys.executable, "-c", WORKER, str(directory)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as worker:
            assert worker.stdin is not None
            assert worker.stdout is not None
            worker.stdout.readline()
            worker.stdout.readline()
            worker.stdin.write(b"\n")
            worker.stdin.flush()
            worker.stdout.readline()
            found = values(shown([], directory))
            os.kill(worker.pid, signal.SIGKILL)
        assert counted(found) == [3, 2, 2]
        assert found["alrim_provider_call_seconds_bucket['0.25', 'ses', 'yes']"] == 2


def test_measurements() -> None:
    text = shown([gauge("alrim_queue_messages", "In a queue.", ["queue"], {("logs",): 3, ("receipts",): 0})])
    assert values(text) == {"alrim_queue_messages['logs']": 3, "alrim_queue_messages['receipts']": 0}
    assert b"# TYPE alrim_queue_messages gauge" in text
