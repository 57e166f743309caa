"""What a number of messages a day needs, computed from the kept figures: `python -m benchmarks.scaling`.

It writes its table into docs/scaling.md. All that is assumed stands here by name, all that is measured is read from
docs/benchmarks; it measures nothing itself.
"""

import json
import math
import statistics
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

KEPT: Final = Path("docs/benchmarks")
PAGE: Final = Path("docs/scaling.md")
BEGIN, END = "<!-- scaling -->", "<!-- end of scaling -->"
LOADS: Final = (1_000_000, 100_000_000)

BUSIEST_HOUR: Final = 0.15
"""Share of a day's messages that come in its busiest hour."""
HEADROOM: Final = 2
"""How much more than that everything must carry: a machine is away, a campaign starts."""
CORES, WEBS, SLOTS = 2, 2, 4
"""What the figures were measured on, and with: cores in all, API processes, children of workers."""
COMMITS: Final = 4
"""Of a message that comes alone: accepted, claimed, departed, recorded."""
TOGETHER: Final = 4
"""Messages that share a commit under load, at least."""
LOG_RECORDS, LOG_BYTES = 2, 500
"""A request and an attempt, each with its indexes."""
DOORBELL_BYTES: Final = 1_214
"""Memory of Redis for one message with one id: 5,000 were published by workers.publish and used_memory compared."""
KEEP_DAYS, SHORTEST_DAYS, LOG_DAYS = 400, 31, 60
A_PRIMARY: Final = 1e12
"""Bytes that one database is asked to hold, so that it can be copied in a night."""
KAKAO_A_DAY, GMAIL_A_DAY, SES_A_SECOND, SOLAPI_A_GROUP = 30_000, 2_000, 14, 1_000


class Costs(NamedTuple):
    """What was measured; rates are a second."""

    both_a_core: float
    accepted_a_process: float
    solapi_a_slot: float
    kakao_a_slot: float
    commits: float
    row_bytes: float


def costs(folder: Path = KEPT) -> Costs:
    """Read the medians of the kept figures."""

    def median(figure: str, contender: str = "alrim") -> float:
        values: list[float] = json.loads((folder / f"{figure}.json").read_text())["values"][contender]
        return statistics.median(values)

    return Costs(
        median("together_sent") / CORES,
        median("accept_rate") / WEBS,
        median("sends_solapi") / SLOTS,
        median("sends_kakao") / SLOTS,
        median("accept_rate", "COMMITs alone"),
        median("growth_size", "notifications: the file") + median("growth_size", "attempts: the file"),
    )


Line = tuple[str, str, Callable[[int], str]]
"""What is needed, how it is computed, and the computation, from a day's messages."""


def peak(day: int) -> float:
    """Messages a second in the busiest hour."""
    return day * BUSIEST_HOUR / 3600


def design(day: int) -> float:
    """Messages a second that everything is built for."""
    return peak(day) * HEADROOM


def rates() -> Iterator[Line]:
    """How many come."""
    yield "messages a second, evenly", "day ÷ 86,400", lambda day: number(day / 86_400)
    yield "… in the busiest hour", f"{BUSIEST_HOUR:.0%} of the day ÷ 3,600", lambda day: number(peak(day))
    yield "**built for**", f"× {HEADROOM}", lambda day: number(design(day))


def processes(measured: Costs) -> Iterator[Line]:
    """Who works."""
    needed = (
        ("cores, for everything", "accepted and sent a core", measured.both_a_core, 2),
        ("… API processes on them", "requests a process", measured.accepted_a_process, 2),
        ("… worker children, SOLAPI", "a child", measured.solapi_a_slot, SLOTS),
        ("… worker children, Kakao", "a child", measured.kakao_a_slot, SLOTS),
    )
    for what, how, each, least in needed:
        yield what, f"÷ {each:,.0f} {how}", partial(_divided, each, least)


def _divided(each: float, least: int, day: int) -> str:
    return count(design(day) / each, least)


def storage(measured: Costs) -> Iterator[Line]:
    """What is kept, and where it waits."""
    row, a_log, commits = measured.row_bytes, LOG_RECORDS * LOG_BYTES, measured.commits
    yield "commits a second, each alone", f"built for × {COMMITS}", lambda day: number(design(day) * COMMITS)
    shared = f"÷ {commits:,.0f} commits a second"
    yield "messages that must share one", shared, lambda day: count(design(day) * COMMITS / commits, 1)
    yield "database a day, rows", f"× {row:,.0f} bytes", lambda day: size(day * row)
    yield "… log records", f"× {LOG_RECORDS} × {LOG_BYTES} bytes", lambda day: size(day * a_log)
    default = f"rows {KEEP_DAYS} days, log records {LOG_DAYS}"
    yield "kept, as set by default", default, lambda day: size(day * (row * KEEP_DAYS + a_log * LOG_DAYS))
    least = f"rows {SHORTEST_DAYS} days, log records elsewhere"
    yield "… at the least", least, lambda day: size(day * row * SHORTEST_DAYS)
    doorbells = f"busiest hour × {DOORBELL_BYTES:,} bytes"
    yield "broker, after an hour without workers", doorbells, lambda day: size(peak(day) * 3600 * DOORBELL_BYTES)
    together = f"built for × {COMMITS} ÷ {TOGETHER} together ÷ {commits:,.0f}"
    yield "**installations**, by commits", together, lambda day: count(design(day) * COMMITS / TOGETHER / commits, 1)
    each = f"at the least ÷ {size(A_PRIMARY)} each"
    yield "**installations**, by size", each, lambda day: count(day * row * SHORTEST_DAYS / A_PRIMARY, 1)


def providers() -> Iterator[Line]:
    """What the vendors let through."""
    yield "SOLAPI: groups", f"÷ {SOLAPI_A_GROUP:,} messages", lambda day: count(day / SOLAPI_A_GROUP, 1)
    first = f"busiest hour ÷ {SES_A_SECOND} a second"
    yield "SES: times its first rate", first, lambda day: count(peak(day) / SES_A_SECOND, 1)
    yield "Kakao: apps", f"÷ {KAKAO_A_DAY:,} messages", lambda day: count(day / KAKAO_A_DAY, 1)
    yield "Gmail: Workspace mailboxes", f"÷ {GMAIL_A_DAY:,} recipients", lambda day: count(day / GMAIL_A_DAY, 1)


def number(value: float) -> str:
    """Write a rate, three figures of it."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three figures are enough


def count(value: float, least: int) -> str:
    """Write how many there must be."""
    return f"{max(math.ceil(value), least):,}"


def size(value: float) -> str:
    """Write bytes."""
    unit, power = next((unit, power) for unit, power in (("TB", 12), ("GB", 9), ("MB", 6)) if value >= 10**power)
    return f"{value / 10**power:.3g} {unit}"


def table(measured: Costs) -> str:
    """The whole as a Markdown table."""
    heads = ["messages a day", "how", *(f"{load:,}" for load in LOADS)]
    lines = (*rates(), *processes(measured), *storage(measured), *providers())
    rows = [[what, how, *(compute(load) for load in LOADS)] for what, how, compute in lines]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, ["---"] * len(heads), *rows))


def tell(page: Path = PAGE, folder: Path = KEPT) -> None:
    """Write the table into its place in the page."""
    before, _, rest = page.read_text().partition(BEGIN)
    page.write_text(f"{before}{BEGIN}\n\n{table(costs(folder))}\n\n{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    tell()
    print(table(costs()))
