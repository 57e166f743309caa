"""Draw each saved figure as bars: `python -m benchmarks.plots FOLDER`, in the environment of the peers."""

import json
import statistics
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")
# Text as text, and the same figures give the same file.
mpl.rcParams["svg.fonttype"] = "none"
mpl.rcParams["svg.hashsalt"] = "alrim"

from matplotlib import pyplot as plt  # noqa: E402 - the backend is chosen before


def draw(said: dict[str, Any], path: Path) -> None:
    """Draw the medians as bars and every round as a dot."""
    names = list(said["values"])
    _, axes = plt.subplots(figsize=(8, 0.5 * len(names) + 1.2))
    medians = [statistics.median(said["values"][name]) for name in names]
    axes.barh(names, medians, color=["#0b6e4f" if name == said["ours"] else "#b8c4bb" for name in names])
    for name in names:
        axes.plot(said["values"][name], [name] * len(said["values"][name]), "k.", markersize=4)
    for name, median in zip(names, medians, strict=True):
        axes.annotate(f"{median:,.0f}", (median, name), xytext=(4, 6), textcoords="offset points", fontsize=8)
    axes.invert_yaxis()
    axes.set_title(f"{said['title']} ({said['unit']})", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    plt.tight_layout()
    plt.savefig(path, metadata={"Date": None})
    plt.close()


if __name__ == "__main__":
    for figure in sorted(Path(sys.argv[1]).glob("*.json")):
        draw(json.loads(figure.read_text()), figure.with_suffix(".svg"))
