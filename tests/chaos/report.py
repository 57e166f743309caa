"""How a run is told: lines while it goes on, the schedule, and the table at its end. Pure, save `say`."""

import sys
import time
from collections import Counter
from collections.abc import Sequence

from tests.chaos.judge import Table
from tests.chaos.recovery import Figure
from tests.chaos.schedule import Action, Event, count, kills_in

COLUMNS = (
    "channel",
    "accepted",
    "delivered",
    "lost",
    "twice",
    "held",
    "failed",
    "denied",
    "stray",
    "slowest",
    "silence",
)
BEGAN = time.monotonic()


def say(text: str) -> None:
    """Print one line at once, with the seconds since the start."""
    sys.stdout.write(f"{time.monotonic() - BEGAN:7.1f} {text}\n")
    sys.stdout.flush()


def show_plan(events: Sequence[Event]) -> str:
    """The schedule, a line a blow, and its counts."""
    lines = [f"  {event.at:7.2f} s  {event.action:<16} {event.target:<9} down {event.down:.2f} s" for event in events]
    counts = count(events)
    totals = ", ".join(f"{action} {counts[action]}" for action in Action)
    return "\n".join([*lines, f"  {kills_in(events)} kills; {totals}"])


def show_table(table: Table) -> str:
    """The table, a line a channel, and what is held or failed, one by one."""
    lines = [_row(COLUMNS)]
    for channel, line in table.items():
        numbers = (line.accepted, line.delivered, len(line.lost), len(line.twice), len(line.held))
        rest = (line.failed.total(), len(line.denied), len(line.stray))
        lines.append(_row((channel, *numbers, *rest, f"{line.slowest:.1f} s", f"{line.silence:.1f} s")))
    for channel, line in table.items():
        if line.failed:
            lines.append(f"{channel} failed: " + ", ".join(f"{code} ×{times}" for code, times in line.failed.items()))
        if line.held:
            codes = ", ".join(f"{code} ×{times}" for code, times in Counter(line.held.values()).items())
            lines.append(f"{channel} held as unknown: {codes}: {' '.join(line.held)}")
    return "\n".join(lines)


def show_figures(figures: Sequence[Figure]) -> str:
    """The recovery figures, a line each."""
    return "\n".join(
        f"  {each.what}: {each.rows} rows, the last after {each.seconds:.1f} s (promised: {each.limit:.0f} s"
        + (f" and {each.started:.1f} s in which the worker started)" if each.started else ")")
        for each in figures
    )


def _row(cells: Sequence[object]) -> str:
    return "".join(f"{cell!s:>10}" for cell in cells)
