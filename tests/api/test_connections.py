"""Which connection serves an account: the one it names, its own, the installation's."""

import asyncio
from uuid import UUID

import pytest

from api.connections import ConnectionChoice, find
from api.errors import ApiError, Code
from api.installation import upsert_connections
from api.security.who import Caller
from config.settings import settings
from config.vocabulary import Channel, ConnectionStatus, KeyKind
from models.account import Account
from models.connection import IDS, SANDBOX_IDS, Connection
from models.session import transaction
from models.types import new_id

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]

EMAIL = "a@example.com"


def an_account() -> UUID:
    with transaction() as session:
        return Account.create(session, email=EMAIL).id


def a_caller(account: UUID, kind: KeyKind = KeyKind.LIVE, channels: frozenset[Channel] = frozenset(Channel)) -> Caller:
    return Caller(account, new_id(), EMAIL, kind, channels, None, b"", b"")


def a_connection(
    account_id: UUID | None, status: ConnectionStatus = ConnectionStatus.ACTIVE, *, is_default: bool = False
) -> UUID:
    values = {"account_id": account_id, "channel": Channel.KAKAO, "status": status, "is_default": is_default}
    with transaction() as session:
        return Connection.create(session, secrets=b"x", **values).id


def test_ones_own_comes_before_the_installations() -> None:
    account = an_account()
    upsert_connections()
    assert find(account, Channel.KAKAO, None) == IDS[Channel.KAKAO]
    own = a_connection(account)
    assert find(account, Channel.KAKAO, None) == own
    assert find(account, Channel.KAKAO, IDS[Channel.KAKAO]) == IDS[Channel.KAKAO]
    assert find(account, Channel.SOLAPI, own) is None


def test_the_default_comes_before_the_oldest_and_one_that_works_before_both() -> None:
    account = an_account()
    first, second, third = a_connection(account), a_connection(account), a_connection(account, is_default=True)
    assert find(account, Channel.KAKAO, None) == third
    with transaction() as session:
        session.get_one(Connection, third).status = ConnectionStatus.BLOCKED
    assert find(account, Channel.KAKAO, None) == first
    assert find(account, Channel.KAKAO, second) == second
    assert find(account, Channel.KAKAO, third) is ConnectionStatus.BLOCKED


def test_no_other_sender_takes_the_place_of_ones_own_broken_one() -> None:
    account = an_account()
    upsert_connections()
    broken = a_connection(account, ConnectionStatus.NEEDS_REAUTH)
    assert find(account, Channel.KAKAO, None) is ConnectionStatus.NEEDS_REAUTH
    assert find(account, Channel.KAKAO, broken) is ConnectionStatus.NEEDS_REAUTH
    assert find(account, Channel.KAKAO, IDS[Channel.KAKAO]) == IDS[Channel.KAKAO]
    with pytest.raises(ApiError) as caught:
        asyncio.run(ConnectionChoice().choose(a_caller(account), Channel.KAKAO, None))
    assert caught.value.code is Code.CONNECTION_BROKEN


def test_what_is_not_ones_own_serves_nobody() -> None:
    account, other = an_account(), new_id()
    with transaction() as session:
        stranger = Account.create(session).id
    foreign = a_connection(stranger)
    assert find(account, Channel.KAKAO, foreign) is None
    assert find(account, Channel.KAKAO, new_id()) is None
    assert find(other, Channel.KAKAO, None) is None


@pytest.mark.parametrize(
    ("serves", "served"), [("", False), ("b@example.com", False), (f"b@example.com,{EMAIL}", True)]
)
def test_elsewhere_the_installation_serves_whom_it_names(
    serves: str, *, served: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = an_account()
    upsert_connections()
    monkeypatch.setenv("ALRIM_ENV", "prod")
    monkeypatch.setenv("ALRIM_SERVES", serves)
    settings.cache_clear()
    assert (find(account, Channel.KAKAO, None) is not None) is served


def test_a_missing_one_is_said_with_the_way_out() -> None:
    choice, caller = ConnectionChoice(), a_caller(an_account())
    with pytest.raises(ApiError) as caught:
        asyncio.run(choice.choose(caller, Channel.KAKAO, None))
    assert (caught.value.code, "ALRIM_SERVES" in caught.value.detail) == (Code.NO_CONNECTION, True)
    with pytest.raises(ApiError) as caught:
        asyncio.run(choice.choose(caller, Channel.KAKAO, new_id()))
    assert caught.value.code is Code.CONNECTION_NOT_FOUND


def test_a_test_keys_messages_go_to_the_sandbox_whatever_the_account_has(monkeypatch: pytest.MonkeyPatch) -> None:
    account = an_account()
    own = a_connection(account)
    assert find(account, Channel.KAKAO, None, KeyKind.TEST) == SANDBOX_IDS[Channel.KAKAO]
    assert find(account, Channel.KAKAO, own, KeyKind.TEST) is None
    assert find(account, Channel.KAKAO, SANDBOX_IDS[Channel.KAKAO]) is None
    monkeypatch.setenv("ALRIM_ENV", "prod")
    settings.cache_clear()
    assert find(account, Channel.KAKAO, None, KeyKind.TEST) is None


def test_a_key_sends_on_its_channels_only() -> None:
    caller = a_caller(an_account(), channels=frozenset({Channel.SES}))
    with pytest.raises(ApiError) as caught:
        asyncio.run(ConnectionChoice().choose(caller, Channel.KAKAO, None))
    assert caught.value.code is Code.CHANNEL_NOT_ALLOWED
