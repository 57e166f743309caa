"""The gate on real databases: one event when it closes, one when it opens, and one probe however many race for it."""

from datetime import timedelta
from threading import Barrier, Thread
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from models import gate
from models.connection import Connection
from models.gate import Probe
from models.session import snapshot, transaction
from models.types import utc_now
from tests.rows import LEASE, a_connection, gate_of

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]


def the(connection_id: UUID) -> Connection:
    with snapshot() as session:
        found = Connection.get(session, connection_id)
        assert found is not None
        return found


def test_it_closes_with_one_event_and_never_for_less() -> None:
    connection, now = a_connection(), utc_now()
    with capture_logs() as events, transaction() as session:
        gate.close(session, connection, now + timedelta(minutes=5), "402")
        gate.close(session, connection, now + timedelta(minutes=1), "429")
        assert gate_of(connection) is not None
    assert [event["event"] for event in events] == ["connection.closed"]
    assert gate_of(connection) == (now + timedelta(minutes=5), "402", 0)
    with transaction() as session:
        gate.close(session, connection, now + timedelta(hours=1), "-532")
    assert gate_of(connection) == (now + timedelta(hours=1), "-532", 0)


def test_one_of_many_carries_the_probe() -> None:
    connection = the(a_connection(closed_until=utc_now() - LEASE, closed_reason="402"))
    start, now = Barrier(8), utc_now()
    taken: list[Probe | None] = []

    def work() -> None:
        start.wait()
        with transaction() as session:
            taken.append(gate.take_probe(session, connection, now, LEASE))

    threads = [Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [probe for probe in taken if probe] == [Probe(connection.id, now + LEASE)]
    assert gate_of(connection.id)[:2] == (now + LEASE, "402")


def test_only_the_probe_that_still_holds_opens_it_and_with_one_event() -> None:
    connection, now = the(a_connection(closed_until=utc_now() - LEASE, closed_reason="402", failures=12)), utc_now()
    with transaction() as session:
        probe = gate.take_probe(session, connection, now, LEASE)
        assert probe is not None
        gate.close(session, connection.id, now + LEASE * 2, "suspended")
    with capture_logs() as events, transaction() as session:
        gate.open_again(session, probe)
    assert (gate_of(connection.id), events) == ((now + LEASE * 2, "suspended", 12), [])
    with capture_logs() as events, transaction() as session:
        gate.open_again(session, Probe(connection.id, now + LEASE * 2))
        gate.open_again(session, Probe(connection.id, now + LEASE * 2))
    assert gate_of(connection.id) == (None, None, 0)
    assert [event["event"] for event in events] == ["connection.opened"]


def test_each_failing_probe_doubles_the_rest_up_to_its_longest() -> None:
    connection_id, now = (
        a_connection(closed_until=utc_now(), closed_reason="refused", failures=gate.PATIENCE),
        utc_now(),
    )
    rests = []
    for _ in range(9):
        with transaction() as session:
            probe = gate.take_probe(session, the(connection_id), now, LEASE)
            assert probe is not None
        with transaction() as session:
            gate.count_failure(session, the(connection_id), now, "refused", probe)
        until = gate_of(connection_id)[0]
        assert until is not None
        rests.append((until - now).total_seconds())
    assert rests == [10, 20, 40, 80, 160, 320, 320, 320, 320]
