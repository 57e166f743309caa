"""Figures: what was measured of whom, in which unit, how often, and what the median is."""

import json
import platform
import re
import statistics
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Final

PLACE: Final = re.compile(r"<!-- figures: ([a-z0-9_ ]+) -->.*?<!-- end of figures -->", re.DOTALL)
PACKAGES: Final = ("fastapi", "uvicorn", "celery", "kombu", "redis", "sqlalchemy", "pymysql", "requests")


@dataclass
class Figure:
    """One thing that was measured of several contenders, `rounds` times each, in turn.

    Attributes:
        name: the figure's name, also of its table in the documents.
        title: what it is, in a line.
        unit: of every value.
        ours: whose ratio to the others is shown; empty where nobody is compared with another.
        notes: a few words on each contender, its durability first.
        more_is_better: false for times.
    """

    name: str
    title: str
    unit: str
    ours: str
    notes: dict[str, str]
    more_is_better: bool = True
    values: dict[str, list[float]] = field(default_factory=dict)

    def add(self, contender: str, value: float) -> None:
        """Note one round's value."""
        self.values.setdefault(contender, []).append(value)

    def median(self, contender: str) -> float:
        """The middle of its rounds."""
        return statistics.median(self.values[contender])

    def ratio(self, contender: str) -> float:
        """How many times better ours is."""
        ours, theirs = self.median(self.ours), self.median(contender)
        return ours / theirs if self.more_is_better else theirs / ours

    def table(self) -> str:
        """The figure as a Markdown table."""
        better = ("ours is better by",) if self.ours else ()
        heads = (self.title, f"{self.unit}, median", "of each round", *better, "")
        lines = [_line(*heads), "| --- " * len(heads) + "|"]
        for contender, values in self.values.items():
            rounds = ", ".join(_short(value) for value in values)
            ratio = "" if contender == self.ours else f"{self.ratio(contender):.2f} ×" if self.ours else None
            name = f"**{contender}**" if contender == self.ours else contender
            cells = (name, _short(self.median(contender)), rounds, ratio, self.notes[contender])
            lines.append(_line(*(cell for cell in cells if cell is not None)))
        return "\n".join(lines)


def machine() -> dict[str, str]:
    """What the run ran on."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    cores = subprocess.run(["nproc"], capture_output=True, text=True, check=True).stdout.strip()  # noqa: S607 - coreutils
    return {
        "processor": f"{cores} × {model}",
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
    }


def save(folder: Path, figures: Mapping[str, Figure]) -> None:
    """Write each figure with its machine as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in figures.items():
        said = {"machine": machine(), **asdict(figure)}
        (folder / f"{name}.json").write_text(json.dumps(said, ensure_ascii=False, indent=1) + "\n")


def tell(page: Path, folder: Path) -> None:
    """Write the tables of all saved figures into a page, each where `<!-- figures: names -->` asks for it."""
    text = page.read_text()
    for place in PLACE.finditer(text):
        said = [_read(folder / f"{name}.json") for name in place[1].split() if (folder / f"{name}.json").exists()]
        tables = "".join(f"\n{figure.table()}\n\n![{figure.title}](benchmarks/{figure.name}.svg)\n" for figure in said)
        text = text.replace(place[0], f"<!-- figures: {place[1]} -->\n{tables}\n<!-- end of figures -->")
    page.write_text(text)


def _read(path: Path) -> Figure:
    said = json.loads(path.read_text())
    del said["machine"]
    return Figure(**said)


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _short(value: float) -> str:
    digits = 0 if value >= 100 else 1 if value >= 10 else 2  # noqa: PLR2004 - three figures are enough
    return f"{value:,.{digits}f}"
