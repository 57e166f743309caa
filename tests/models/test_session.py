"""What a pooled connection promises: one that died while it rested is replaced before anybody uses it."""

import ssl
from contextlib import suppress
from typing import Any

import certifi
import pymysql
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from models import session
from models.session import make_engine
from tests.servers.mariadb import Mariadb

pytestmark = pytest.mark.store


@pytest.fixture
def pool(mariadb: Mariadb) -> Engine:
    mariadb.start()
    return make_engine(mariadb.fresh_database(), pool_size=1)


def _number(engine: Engine) -> int:
    with engine.begin() as connection:
        return int(connection.execute(text("SELECT CONNECTION_ID()")).scalar_one())


def _kill(pool: Engine, number: int) -> None:
    other = make_engine(pool.url.render_as_string(hide_password=False))
    with other.begin() as connection:
        connection.execute(text(f"KILL {number}"))
    other.dispose()


def test_a_connection_that_died_at_rest_is_replaced(pool: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _number(pool)
    _kill(pool, before)
    monkeypatch.setattr(session, "FRESH_SECONDS", 0.0)
    assert _number(pool) != before
    pool.dispose()


def test_one_that_was_just_used_is_not_asked_first(pool: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "FRESH_SECONDS", 60.0)
    before = _number(pool)
    assert _number(pool) == before
    _kill(pool, before)
    with pytest.raises(OperationalError):
        _number(pool)
    assert _number(pool) != before
    pool.dispose()


def test_a_transaction_that_broke_leaves_nothing_to_the_next(pool: Engine) -> None:
    with pool.begin() as connection:
        connection.execute(text("CREATE TABLE one (number INT)"))
    with suppress(ZeroDivisionError), pool.begin() as connection:
        connection.execute(text("INSERT INTO one VALUES (1)"))
        raise ZeroDivisionError
    with pool.begin() as connection:
        assert connection.execute(text("SELECT COUNT(*) FROM one")).scalar_one() == 0
    pool.dispose()


def test_a_database_by_tls_must_prove_who_it_is() -> None:
    engine = make_engine(f"mysql+pymysql://u:p@db.example.com/alrim?ssl_ca={certifi.where()}&ssl_check_hostname=true")
    _, options = engine.dialect.create_connect_args(engine.url)
    # Its types are of an older one.
    connection: Any = pymysql.Connection(**options, defer_connect=True)
    context = connection.ctx
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
