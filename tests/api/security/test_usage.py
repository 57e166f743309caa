"""The last use of a key is written later, by a thread of its own, and changes nothing else."""

from ipaddress import ip_address
from uuid import UUID

import pytest

from api.security.usage import Usage
from models.account import Account
from models.api_key import ApiKey
from models.session import engine, snapshot, transaction
from models.types import new_id, utc_now

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]


def a_key() -> UUID:
    with transaction() as session:
        account = Account.create(session).id
        return ApiKey.create(session, account_id=account, access_key=str(new_id()), secret=b"").id


def read(key_id: UUID) -> ApiKey:
    with snapshot() as session:
        return session.get_one(ApiKey, key_id)


def test_the_last_of_many_uses_is_written_once() -> None:
    usage, first, second = Usage(), a_key(), a_key()
    before = read(first)
    for place in ("203.0.113.7", "2001:db8::1"):
        usage.note(first, ip_address(place))
    usage.note(second, None)
    assert read(first).last_used_at is None
    assert usage.write() == 2
    assert usage.write() == 0
    used = read(first)
    assert used.last_used_at is not None
    assert (utc_now() - used.last_used_at).total_seconds() < 60
    assert (used.last_used_from, used.updated_at) == ("2001:db8::1", before.updated_at)
    assert (read(second).last_used_at is not None, read(second).last_used_from) == (True, None)


def test_what_is_left_is_written_at_the_end() -> None:
    usage, key = Usage(), a_key()
    usage.start()
    usage.note(key, ip_address("203.0.113.7"))
    usage.stop()
    assert read(key).last_used_from == "203.0.113.7"


def test_a_database_that_is_away_stops_nothing() -> None:
    usage, key = Usage(), a_key()
    with engine().begin() as connection:
        connection.exec_driver_sql("DROP TABLE whitelists")
        connection.exec_driver_sql("DROP TABLE api_keys")
    usage.note(key, None)
    assert usage.write() == 1
