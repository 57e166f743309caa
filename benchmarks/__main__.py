"""Measure and print: `python -m benchmarks [FIGURES…] [--rounds 3] [--seconds 5] [--out FOLDER]`."""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks import accept, bulk, growth, keeping, latency, memory, scaling, sends, shipping, together, urgent
from benchmarks.figures import Figure, machine, save, tell
from benchmarks.ground import Ground

SUITES: Final[dict[str, Callable[[Ground, int, float], dict[str, Figure]]]] = {
    "accept": accept.measure,
    "latency": latency.measure,
    "bulk": bulk.measure,
    "urgent": urgent.measure,
    "sends": sends.measure,
    "together": together.measure,
    "growth": growth.measure,
    "memory": memory.measure,
    "shipping": shipping.measure,
    "keeping": keeping.measure,
}
BY_NAME: Final = {"growth", "keeping", "memory"}
"""Run when asked for: they take long."""

KEPT: Final = Path("docs/benchmarks")
"""Where the figures that the documents show are kept."""


def main() -> None:
    """Run the suites that were asked for, all by default, and print each figure as a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "suites", nargs="*", choices=[*SUITES, []], help="which figures (default: those that take minutes at most)"
    )
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each contender; the median counts")
    parser.add_argument("--seconds", type=float, default=5, help="length of one measurement")
    parser.add_argument("--out", type=Path, default=Path("var/benchmarks"), help="where the JSON goes")
    parser.add_argument("--rows", type=int, help="rows of the large table of `growth`, or of each kind of `keeping`")
    asked = parser.parse_args()
    suites = SUITES
    if asked.rows:
        suites |= {
            "growth": partial(growth.measure, rows=asked.rows),
            "keeping": partial(keeping.measure, rows=asked.rows),
        }
    print(" · ".join(f"{name} {value}" for name, value in machine().items()))
    for name in asked.suites or [name for name in SUITES if name not in BY_NAME]:
        with Ground() as ground:
            figures = suites[name](ground, asked.rounds, asked.seconds)
        save(asked.out, figures)
        if asked.out == KEPT:
            tell(Path("docs/performance.md"), asked.out)
            scaling.tell()
        for figure in figures.values():
            print(f"\n{figure.table()}")


if __name__ == "__main__":
    main()
