"""Draw Grafana's dashboard without Grafana, in the environment of the peers.

    python -m benchmarks.dashboard http://127.0.0.1:9090 MINUTES picture.png

Each panel is drawn from its own queries, put to a Prometheus that runs; only the look is not Grafana's.
"""

import json
import math
import re
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import requests
from PIL import Image

mpl.use("agg")

from matplotlib import dates
from matplotlib import pyplot as plt

DASHBOARD: Final = Path(__file__).parents[1] / "deploy/monitoring/grafana/dashboards/alrim.json"
RATE_INTERVAL: Final = "1m"
POINTS: Final = 200
COLUMNS: Final = 3
MOST_LINES: Final = 8
Points = Sequence[tuple[datetime, float]]
UNITS: Final = {"reqps": "a second", "s": "seconds", "short": ""}
GREY: Final = "#444444"


def ask(prometheus: str, query: str, minutes: float) -> list[tuple[Mapping[str, str], Points]]:
    """What a query gave in the last minutes: labels and points of each line."""
    now = time.time()
    values: dict[str, Any] = {
        "query": query.replace("$__rate_interval", RATE_INTERVAL),
        "start": now - minutes * 60,
        "end": now,
        "step": max(minutes * 60 / POINTS, 1),
    }
    answer = requests.get(f"{prometheus}/api/v1/query_range", params=values, timeout=30)
    answer.raise_for_status()
    return [
        (each["metric"], [(datetime.fromtimestamp(moment, UTC), float(value)) for moment, value in each["values"]])
        for each in answer.json()["data"]["result"]
    ]


def name(legend: str, labels: Mapping[str, str]) -> str:
    """Write a legend as Grafana does."""
    return re.sub(r"\{\{(\w+)\}\}", lambda found: labels.get(found[1], ""), legend).strip()


def draw_panel(axes: Any, panel: Mapping[str, Any], prometheus: str, minutes: float) -> None:  # noqa: ANN401 - matplotlib is not typed here
    """Draw the lines of one panel, the highest ones named."""
    lines = [
        (name(target["legendFormat"], labels), points)
        for target in panel["targets"]
        for labels, points in ask(prometheus, target["expr"], minutes)
    ]
    # A quantile of nothing is no number.
    lines.sort(key=lambda line: -max((value for _, value in line[1] if not math.isnan(value)), default=0))
    for number, (legend, points) in enumerate(lines):
        moments, values = [moment for moment, _ in points], [value for _, value in points]
        axes.plot(moments, values, linewidth=1.1, label=legend if number < MOST_LINES else None)
    unit = UNITS[panel["fieldConfig"]["defaults"]["unit"]]
    axes.set_title(panel["title"] + (f" ({unit})" if unit else ""), fontsize=10, loc="left", color=GREY)
    highest = max((value for _, points in lines for _, value in points if not math.isnan(value)), default=0)
    # Room for the names above the lines.
    axes.set_ylim(0, highest * 1.5 or 1)
    axes.xaxis.set_major_formatter(dates.DateFormatter("%H:%M"))
    axes.tick_params(labelsize=7, colors=GREY)
    axes.grid(visible=True, linewidth=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    if lines:
        axes.legend(fontsize=6.5, loc="upper left", frameon=False, ncols=2)


def draw(prometheus: str, minutes: float, path: Path) -> None:
    """Draw every panel where the dashboard has it."""
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    rows = -(-len(panels) // COLUMNS)
    figure, grid = plt.subplots(rows, COLUMNS, figsize=(18, 2.9 * rows))
    for axes in grid.flat[len(panels) :]:
        axes.set_visible(False)
    for axes, panel in zip(grid.flat, panels, strict=False):
        draw_panel(axes, panel, prometheus, minutes)
    figure.tight_layout()
    drawn = BytesIO()
    figure.savefig(drawn, dpi=72)
    # Few colours: the file stays small.
    Image.open(drawn).convert("RGB").quantize(48).save(path, optimize=True)


if __name__ == "__main__":
    draw(sys.argv[1], float(sys.argv[2]), Path(sys.argv[3]))
