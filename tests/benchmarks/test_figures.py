"""Figures: medians, ratios, and the page that shows them."""

from pathlib import Path

import pytest

from benchmarks.figures import Figure, save, tell


def a_figure(*, more_is_better: bool = True) -> Figure:
    figure = Figure("accept_rate", "accept", "requests/s", "ours", {"ours": "durable", "theirs": "not"}, more_is_better)
    for ours, theirs in ((300.0, 100.0), (900.0, 150.0), (310.0, 90.0)):
        figure.add("ours", ours)
        figure.add("theirs", theirs)
    return figure


@pytest.mark.parametrize(("more_is_better", "ratio"), [(True, 3.1), (False, 1 / 3.1)])
def test_the_middle_round_counts_and_better_is_more_than_one(*, more_is_better: bool, ratio: float) -> None:
    figure = a_figure(more_is_better=more_is_better)
    assert (figure.median("ours"), figure.median("theirs")) == (310, 100)
    assert figure.ratio("theirs") == pytest.approx(ratio)


def test_a_table_shows_every_round_and_what_is_durable() -> None:
    lines = a_figure().table().splitlines()
    assert lines[2] == "| **ours** | 310 | 300, 900, 310 |  | durable |"
    assert lines[3] == "| theirs | 100 | 100, 150, 90.0 | 3.10 × | not |"


def test_a_page_gets_the_figures_that_it_asks_for_again_and_again(tmp_path: Path) -> None:
    figure, page = a_figure(), tmp_path / "performance.md"
    save(tmp_path, {figure.name: figure})
    page.write_text("before\n<!-- figures: accept_rate none_yet -->\nold\n<!-- end of figures -->\nafter\n")
    tell(page, tmp_path)
    told = page.read_text()
    assert figure.table() in told
    assert "old" not in told
    assert (told.splitlines()[0], told.splitlines()[-1]) == ("before", "after")
    tell(page, tmp_path)
    assert page.read_text() == told
