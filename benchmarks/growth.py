"""How the product's work slows with its table: each act on a table of millions beside the same on a small one.

Both tables are on one server, and what is searched for is the same in both: a page is as long here as there. The
ratio of an act is taken within each round. Run by its name only, since the table must be filled first.
"""

import base64
import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import structlog
from sqlalchemy import text

from benchmarks.acts import WORK, Doing, lists
from benchmarks.figures import Figure
from benchmarks.filling import LONG_AGO, fill, owner
from benchmarks.ground import Ground
from benchmarks.yard import KIND, Yard
from config.settings import settings
from models.schema import metadata
from models.sealing import sealer
from models.session import engine, make_engine
from models.types import utc_now
from tests.rows import a_connection

ROWS: Final = 10_000_000
FEW: Final = 20_000
"""Of the small table: enough that each search finds a page."""
POOL: Final = "8G"
"""The buffer pool: a machine of 12 GB that serves the database alone."""
TIMES: Final = 15
AROUND: Final = timedelta(hours=12)
"""The time that is searched in; filling takes a while."""
SCATTERED: Final = (
    "uq_notifications_api_key_id_idempotency",
    "ix_notifications_recipient",
    "ix_notifications_reference",
)
"""What an insert touches anywhere; all else is written at the end."""
SETTINGS: Final = {
    "ALRIM_ENV": "test",
    "ALRIM_SEAL_KEYS": "1:" + base64.b64encode(b"k" * 32).decode(),
    "ALRIM_INDEX_KEY": "i" * 32,
    "ALRIM_JWT_SECRET": "j" * 32,
}


@dataclass
class Timed:
    """One act's times in ms on each of the two tables, a median for each round, and the pages it had to fetch."""

    small: list[float] = field(default_factory=list)
    large: list[float] = field(default_factory=list)
    pages: float = 0


def measure(
    ground: Ground, rounds: int, _seconds: float, rows: int = ROWS, pool: str = POOL, times: int = TIMES
) -> dict[str, Figure]:
    """Fill both tables, then time every act on both, in each of the rounds in turn and `times` times."""
    ground.tuning += (f"--innodb-buffer-pool-size={pool}", "--innodb-file-per-table=1")
    small, large = ground.database(), ground.database()
    for url, number in ((small, min(FEW, rows)), (large, rows)):
        prepare(url, number)
    return {each.name: each for each in (compare(small, large, rounds, times), sizes(large, rows))}


def prepare(url: str, rows: int) -> None:
    """Make the tables, filled."""
    with at(url):
        metadata.create_all(engine())
        a_connection(KIND[0], id=owner(0).connection_id)
        fill(engine(), rows)
    warm(url)


def warm(url: str) -> None:
    """Read the indexes that every insert touches; a server that has accepted for hours has them in memory."""
    patient = make_engine(url, answer_within=None)
    with patient.connect() as connection:
        for index in SCATTERED:
            connection.execute(text(f"SELECT COUNT(*) FROM notifications FORCE INDEX ({index})"))  # noqa: S608 - our own names
    patient.dispose()


def compare(small: str, large: str, rounds: int, times: int = TIMES) -> Figure:
    """Time every act on both tables."""
    needles = utc_now() - LONG_AGO
    every = {**WORK, **lists((needles - AROUND, needles + AROUND))}
    seen = {name: Timed() for name in every}
    yards = {url: Yard(owner(0)) for url in (small, large)}
    # Its lines, one for each act, would be the measurement's own.
    with structlog.testing.capture_logs():
        for _ in range(rounds):
            for name, make in every.items():
                for url, kept in ((small, seen[name].small), (large, seen[name].large)):
                    with at(url):
                        took, seen[name].pages = _time(make, yards[url], times)
                    kept.append(took)
    return _figure(seen)


def _time(make: Callable[[Yard], Doing], yard: Yard, times: int) -> tuple[float, float]:
    """The median in ms, and the pages read from disk each time, after one that counts not."""
    make(yard)()
    took, pages = [], 0
    for _ in range(times):
        do = make(yard)
        fetched, began = _fetched(), time.perf_counter()
        do()
        took.append((time.perf_counter() - began) * 1000)
        pages += _fetched() - fetched
    return statistics.median(took), pages / times


def _fetched() -> int:
    with engine().connect() as connection:
        return int(connection.execute(text("SHOW GLOBAL STATUS LIKE 'Innodb_buffer_pool_reads'")).one()[1])


def _figure(seen: dict[str, Timed]) -> Figure:
    figure = Figure("growth", "time of an act, the large table's ÷ the small one's", "×", "", {}, more_is_better=False)
    for name, timed in seen.items():
        for before, after in zip(timed.small, timed.large, strict=True):
            figure.add(name, after / before)
        before, after = statistics.median(timed.small), statistics.median(timed.large)
        figure.notes[name] = f"{before:.2f} ms → {after:.2f} ms, {timed.pages:.1f} pages from disk"
    return figure


def sizes(url: str, rows: int) -> Figure:
    """What a notification takes on disk: its row, its entry in each index, its attempt."""
    figure = Figure("growth_size", f"storage, {rows:,} notifications", "bytes a notification", "", {})
    with at(url), engine().connect() as connection:
        pages = connection.execute(
            text(
                "SELECT table_name, index_name, stat_value * @@innodb_page_size FROM mysql.innodb_index_stats WHERE"
                " database_name = DATABASE() AND stat_name = 'size' AND table_name IN ('notifications', 'attempts')"
            )
        ).all()
        files = connection.execute(
            text(
                "SELECT SUBSTRING_INDEX(name, '/', -1), file_size FROM information_schema.innodb_sys_tablespaces"
                " WHERE name IN (CONCAT(DATABASE(), '/notifications'), CONCAT(DATABASE(), '/attempts'))"
            )
        ).all()
    for name, size in [(f"{table}: {index}", size) for table, index, size in pages] + [
        (f"{table}: the file", size) for table, size in files
    ]:
        figure.add(name, int(size) / rows)
        figure.notes[name] = f"{int(size) / 2**30:,.2f} GiB"
    return figure


@contextmanager
def at(url: str) -> Iterator[None]:
    """Have this process work on that database."""
    before = {name: os.environ.get(name) for name in (*SETTINGS, "ALRIM_DATABASE_URL")}
    os.environ.update({**SETTINGS, "ALRIM_DATABASE_URL": url})
    _forget()
    try:
        yield
        engine().dispose()
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
        _forget()


def _forget() -> None:
    for cached in (settings, engine, sealer):
        cached.cache_clear()
