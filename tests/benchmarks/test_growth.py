"""The growth of the table: the same code as for ten million rows, on a few thousand."""

import pytest

from benchmarks.acts import WORK
from benchmarks.ground import Ground
from benchmarks.growth import measure
from tests.servers.mariadb import Mariadb

pytestmark = pytest.mark.flow


def test_every_act_is_timed_on_both_tables_and_every_index_is_sized(mariadb: Mariadb) -> None:
    # The server of the session is not used; asking for it says what could not be covered.
    assert mariadb.port
    with Ground() as ground:
        figures = measure(ground, 1, 0, rows=2000, pool="64M", times=1)
    times, sizes = figures["growth"], figures["growth_size"]
    assert set(WORK) < set(times.values)
    assert all(0 < ratio < 100 for [ratio] in times.values.values())
    assert "operator list: rare code" in times.table()
    assert {"notifications: PRIMARY", "notifications: ix_notifications_due", "attempts: the file"} <= set(sizes.values)
    assert 500 < sizes.median("notifications: the file") < 20_000
