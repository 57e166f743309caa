"""Memory of every process while messages are accepted and sent: it must not grow with what was done."""

import time
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from benchmarks.bulk import accept
from benchmarks.figures import Figure
from benchmarks.ground import Ground, Installation, load
from benchmarks.together import KAKAO
from tests.flows.batch_client import BatchClient
from tests.flows.client import Client

SOLAPI: Final[dict[str, Any]] = {"to": "01012345678", "from": "0212345678", "text": "번호 {n}", "lane": "urgent"}
LOOKS: Final = 10
ROUND: Final = 10.0
"""Seconds of load between two batches."""
A_BATCH: Final = 200
MIB: Final = 1024 * 1024


def measure(ground: Ground, _rounds: int, seconds: float) -> dict[str, Figure]:
    """Look ten times at every process, evenly over `seconds` of load."""
    minutes = f"{seconds / 60:,.0f} minutes" if seconds >= ROUND * LOOKS else f"{seconds:.0f} s"
    figure = Figure("memory", f"memory of its own, ten looks over {minutes} of load", "MiB", "", {})
    stack = ground.stack()
    with ExitStack() as running:
        running.enter_context(stack.providing(20))
        client = running.enter_context(stack.serving(processes=2))
        running.enter_context(stack.at_work())
        _load(client, 2)
        for look in range(1, LOOKS + 1):
            _load(client, seconds / LOOKS)
            sizes = {name: size / MIB for name, size in _sizes(stack).items()}
            print(f"look {look} of {LOOKS}, MiB:", ", ".join(f"{name} {size:.1f}" for name, size in sizes.items()))
            for name, size in sizes.items():
                figure.add(name, size)
                figure.notes.setdefault(name, "")
        figure.notes["web"] = f"{stack.count():,} messages came to the provider meanwhile"
    return {figure.name: figure}


def _load(client: Client, seconds: float) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        accept(BatchClient(client), 1, A_BATCH)
        for path, content in (("/api/services/kakao/send", KAKAO), ("/api/services/solapi/send", SOLAPI)):
            load(client, path, [content], connections=2, gap=0.05, seconds=min(left, ROUND) / 2, most=1_000)


def _sizes(stack: Installation) -> dict[str, int]:
    """Bytes of each process: those that were started, and each one's children, the oldest first."""
    parents: dict[int, list[int]] = defaultdict(list)
    for each in Path("/proc").glob("[0-9]*"):
        try:
            parents[int((each / "stat").read_text().rpartition(")")[2].split()[1])].append(int(each.name))
        except FileNotFoundError:
            continue
    sizes = {}
    for name, process in stack.processes.items():
        sizes[name] = _size(process.pid)
        sizes |= {f"{name}, child {n}": _size(child) for n, child in enumerate(sorted(parents[process.pid]), 1)}
    return sizes


def _size(pid: int) -> int:
    """Bytes of its own: what it wrote. Pages of files (libraries, the interpreter) come when they are first used."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    kibibytes = dict(line.split(":", 1) for line in lines)["RssAnon"].removesuffix("kB")
    return int(kibibytes) * 1024
