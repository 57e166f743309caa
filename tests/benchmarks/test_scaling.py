"""What a day's messages need: the page says what the kept figures come to."""

from pathlib import Path

import pytest

from benchmarks.scaling import BEGIN, END, KEPT, PAGE, Costs, costs, count, number, size, table, tell
from tests.rules.sources import ROOT


def test_the_page_holds_what_the_kept_figures_come_to() -> None:
    said = (ROOT / PAGE).read_text().partition(BEGIN)[2].partition(END)[0].strip()
    assert said == table(costs(ROOT / KEPT))


def test_the_arithmetic_on_round_numbers() -> None:
    lines = table(Costs(100, 1000, 500, 250, 1000, 2000)).splitlines()
    rows = {cells[0]: cells[2:] for cells in ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)}
    # 15 % of a million in an hour, twice: 83.3 a second; of a hundred million 8,333.
    assert rows["**built for**"] == ["83.3", "8,333"]
    assert rows["cores, for everything"] == ["2", "84"]
    assert rows["… API processes on them"] == ["2", "9"]
    assert rows["commits a second, each alone"] == ["333", "33,333"]
    assert rows["messages that must share one"] == ["1", "34"]
    assert rows["database a day, rows"] == ["2 GB", "200 GB"]
    assert rows["… at the least"] == ["62 GB", "6.2 TB"]
    assert rows["**installations**, by size"] == ["1", "7"]
    assert rows["Kakao: apps"] == ["34", "3,334"]


@pytest.mark.parametrize(
    ("said", "written"),
    [
        (number(11.574), "11.6"),
        (number(1157.4), "1,157"),
        (count(1.01, 1), "2"),
        (count(0.1, 2), "2"),
        (size(1.33e9), "1.33 GB"),
        (size(5.92e13), "59.2 TB"),
        (size(1.5e6), "1.5 MB"),
    ],
)
def test_how_figures_are_written(said: str, written: str) -> None:
    assert said == written


def test_the_table_is_written_into_its_place_again_and_again(tmp_path: Path) -> None:
    page = tmp_path / "scaling.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    tell(page, ROOT / KEPT)
    told = page.read_text()
    assert told == f"before\n{BEGIN}\n\n{table(costs(ROOT / KEPT))}\n\n{END}\nafter\n"
    tell(page, ROOT / KEPT)
    assert page.read_text() == told
