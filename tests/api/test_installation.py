"""The installation's rows follow its environment, keep their ids, and are sealed."""

from collections.abc import Mapping
from datetime import timedelta
from threading import Barrier, Thread
from uuid import UUID

import pytest
from sqlalchemy import select

from api.installation import upsert_connections
from config.settings import settings
from config.vocabulary import Channel
from models.connection import IDS, SANDBOX_IDS, Connection, is_sandbox
from models.credentials import reveal
from models.session import transaction
from models.types import utc_now

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]


def rows(ids: Mapping[Channel, UUID] = IDS) -> dict[Channel, Connection]:
    with transaction() as session:
        made = session.scalars(select(Connection).where(Connection.id.in_(ids.values())))
        return {row.channel: row for row in made}


def credentials(row: Connection) -> dict[str, str]:
    return reveal(row)


def test_every_channel_gets_the_sandbox_in_test() -> None:
    upsert_connections()
    made = rows()
    assert {channel: row.id for channel, row in made.items()} == IDS
    assert all("sandbox" in " ".join(credentials(row).values()) for row in made.values())
    assert all(b"sandbox" not in row.secrets for row in made.values())


def test_test_keys_have_connections_where_there_is_a_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALRIM_ENV", "prod")
    settings.cache_clear()
    upsert_connections()
    assert rows(SANDBOX_IDS) == {}
    monkeypatch.setenv("ALRIM_SANDBOX_URL", "http://sandbox.internal:8025/")
    settings.cache_clear()
    upsert_connections()
    made = rows(SANDBOX_IDS)
    assert {channel: row.id for channel, row in made.items()} == SANDBOX_IDS
    assert credentials(made[Channel.SOLAPI])["base_url"] == "http://sandbox.internal:8025/solapi"
    assert credentials(made[Channel.GMAIL])["host"] == "sandbox.internal"
    assert all(is_sandbox(row.id) for row in made.values())
    assert rows() == {}


def test_a_second_start_changes_nothing() -> None:
    upsert_connections()
    before = {channel: row.secrets for channel, row in rows().items()}
    upsert_connections()
    assert {channel: row.secrets for channel, row in rows().items()} == before


def test_a_changed_environment_opens_the_connection_again(monkeypatch: pytest.MonkeyPatch) -> None:
    upsert_connections()
    with transaction() as session:
        row = Connection.get(session, IDS[Channel.SOLAPI])
        assert row is not None
        row.closed_until, row.closed_reason = utc_now() + timedelta(hours=1), "InvalidAPIKey"
    monkeypatch.setenv("ALRIM_SOLAPI_API_KEY", "renewed")
    monkeypatch.setenv("ALRIM_SOLAPI_API_SECRET", "secret")
    monkeypatch.setenv("ALRIM_SOLAPI_RECEIPT_TOKEN", "token")
    settings.cache_clear()
    upsert_connections()
    changed = rows()[Channel.SOLAPI]
    assert (changed.closed_until, changed.closed_reason) == (None, None)
    assert credentials(changed)["api_key"] == "renewed"
    assert changed.receipt_token_hash is not None


def test_two_processes_may_start_at_once() -> None:
    start = Barrier(3)
    failures: list[BaseException] = []

    def run() -> None:
        start.wait()
        try:
            upsert_connections()
        except Exception as error:  # noqa: BLE001 - whatever it is, the test must see it
            failures.append(error)

    threads = [Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert set(rows()) == set(Channel)


def test_nothing_is_offered_without_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALRIM_ENV", "prod")
    settings.cache_clear()
    upsert_connections()
    assert rows() == {}
