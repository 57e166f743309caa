"""A server killed in the middle of a replay: what is queued again is what the audit says; repeating does the rest."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from sqlalchemy import Engine, func, insert, select, update

from config.vocabulary import Action, Channel, Lane, Role, State
from models.account import Account
from models.audit import Audit
from models.notification import Notification
from models.session import make_engine
from models.types import new_id
from tests.flows.client import Client
from tests.flows.stack import Stack

SEVERAL = 20_000
PATH = "/api/services/notifications/replay"


@pytest.fixture
def database(halted: Stack) -> Iterator[Engine]:
    """The database, with many failed notifications."""
    engine = make_engine(halted.database_url)
    with engine.begin() as connection:
        connection.execute(insert(Notification), [a_failed_one() for _ in range(SEVERAL)])
    yield engine
    engine.dispose()


def a_failed_one() -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        **{name: new_id() for name in ("id", "account_id", "api_key_id", "connection_id")},
        "channel": Channel.SOLAPI,
        "lane": Lane.NORMAL,
        "type": "SMS",
        "status": State.FAILED,
        "code": "1062",
        "attempt": 1,
        "tries": 9,
        "not_before": now,
        "created_at": now,
        "updated_at": now,
        "sealed": b"sealed",
    }


def audited(database: Engine) -> list[int]:
    lines = select(Audit.detail).where(Audit.action == Action.REPLAY).order_by(Audit.id)
    with database.connect().execution_options(reading=True) as connection:
        return [json.loads(each)["count"] for each in connection.scalars(lines)]


def queued(database: Engine) -> int:
    query = select(func.count()).where(Notification.status == State.QUEUED, Notification.tries == 0)
    with database.connect().execution_options(reading=True) as connection:
        return connection.scalar(query) or 0


def test_a_replay_may_be_cut_off(halted: Stack, database: Engine) -> None:
    operator = Client.register(halted.api)
    with database.begin() as connection:
        connection.execute(update(Account).where(Account.email == operator.email).values(role=Role.OPERATOR))

    def ask(**body: object) -> requests.Response:
        return requests.post(halted.api + PATH, json=body, headers={"Authorization": operator.bearer}, timeout=60)

    counted = ask().json()
    assert (counted["count"], counted["by_code"]) == (SEVERAL, {"1062": SEVERAL})
    body = {"dry_run": False, "failed_before": counted["failed_before"]}
    with ThreadPoolExecutor(1) as person:
        asked = person.submit(ask, **body)
        while not audited(database):
            assert not asked.done()
        halted.kill("web")
        assert isinstance(asked.exception(), requests.ConnectionError)
    said = sum(audited(database))
    assert 0 < said == queued(database) < SEVERAL
    halted.start("web")
    assert ask(**body).json()["count"] == SEVERAL - said
    assert ask(**body).json()["count"] == 0
    assert sum(audited(database)) == SEVERAL
    assert queued(database) == SEVERAL
