"""What beat tells: of itself, of gates, and of a broker and a database that are away."""

from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus

import pytest
from prometheus_client.parser import text_string_to_metric_families

from config.jobs import GRACE
from config.settings import settings
from config.vocabulary import Channel, Job
from models.session import engine
from models.types import utc_now
from tests.broker import use_broker
from tests.rows import a_connection
from workers.tasks import observe
from workers.tasks.observe import Beat

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]


@pytest.fixture
def beat(monkeypatch: pytest.MonkeyPatch) -> Iterator[Beat]:
    use_broker("memory://", monkeypatch)
    beat = Beat()
    monkeypatch.setattr(beat, "_since", utc_now() - GRACE)
    yield beat
    settings.cache_clear()


def numbers(beat: Beat) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(beat.numbers().body.decode())
    return {(each.name, *each.labels.values()): each.value for family in families for each in family.samples}


def test_gates_and_jobs(beat: Beat) -> None:
    soon = utc_now() + timedelta(minutes=5)
    for reason in ("NotEnoughBalance", "http_503", "http_503", "what the vendor says"):
        a_connection(Channel.SOLAPI, closed_until=soon, closed_reason=reason)
    a_connection(Channel.SOLAPI)
    found = numbers(beat)
    closed = {name[1:]: value for name, value in found.items() if name[0] == "alrim_connections_closed"}
    assert closed == {("solapi", "NotEnoughBalance"): 1, ("solapi", "http_503"): 2, ("solapi", "other"): 1}
    assert all(found["alrim_job_overdue", str(job)] == 1 for job in Job)
    assert (found["alrim_broker_away",], found["alrim_database_away",]) == (0, 0)


def test_what_was_seen_is_told_for_some_seconds(beat: Beat, monkeypatch: pytest.MonkeyPatch) -> None:
    first = numbers(beat)
    a_connection(Channel.SOLAPI, closed_until=utc_now(), closed_reason="http_503")
    assert numbers(beat) == first
    monkeypatch.setattr(observe, "LOOKS_EVERY", 0)
    assert numbers(beat) != first


def test_a_broker_and_a_database_that_are_away(beat: Beat, monkeypatch: pytest.MonkeyPatch) -> None:
    use_broker("redis://127.0.0.1:1/0", monkeypatch)
    monkeypatch.setenv("ALRIM_DATABASE_URL", "mysql+pymysql://nobody@127.0.0.1:1/alrim")
    engine().dispose()
    for cached in (settings, engine):
        cached.cache_clear()
    found = numbers(beat)
    assert (found["alrim_broker_away",], found["alrim_database_away",]) == (1, 1)
    assert not [name for name in found if name[0] in {"alrim_queue_messages", "alrim_waiting_notifications"}]


def test_beat_is_well_while_it_rings(beat: Beat, monkeypatch: pytest.MonkeyPatch) -> None:
    assert beat.health().status is HTTPStatus.OK
    monkeypatch.setattr(beat, "_began", beat._began - 100)
    assert beat.health().status is HTTPStatus.SERVICE_UNAVAILABLE
    beat.rang("sweep", body=None)
    assert beat.health().status is HTTPStatus.OK
    assert numbers(beat)["alrim_beat_last_ring_timestamp_seconds", "sweep"] > 0
