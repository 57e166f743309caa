"""Groups that nobody fires go, on a real database and the sandbox's SOLAPI; whatever may be somebody's stays."""

import time
from collections.abc import Generator, Iterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from config.settings import settings
from config.vocabulary import Channel, Job, State
from models.notification import Notification
from models.session import transaction
from models.types import new_id
from sandbox.settings import Settings
from tests import rows
from tests.sandbox.running import Api, api
from tests.workers.tasks.connecting import owned
from workers.channels import solapi_wire as wire
from workers.channels.exchange import Message
from workers.tasks import drop_orphans
from workers.tasks.carry import Carrier, stamp
from workers.tasks.drop_orphans import drop_everywhere
from workers.tasks.once import once

pytestmark = [pytest.mark.store, pytest.mark.flow, pytest.mark.usefixtures("database")]

BODY = {"to": "01012345555", "from": "0212345678", "text": "hi"}


@pytest.fixture(scope="module")
def solapi() -> Iterator[Api]:
    with api(Settings(port=0, smtp_port=0, seed=1)) as started:
        yield started


@pytest.fixture
def known(solapi: Api, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The account's credentials; every group is old enough."""
    monkeypatch.setattr(drop_orphans, "OLD", timedelta(seconds=-5))
    monkeypatch.setenv("ALRIM_SOLAPI_BASE_URL", f"{solapi.base}/solapi")
    settings.cache_clear()
    return {"api_key": "sandbox", "api_secret": "sandbox", "base_url": f"{solapi.base}/solapi"}


def follow(dialogue: Generator[Any, Any, Any]) -> Any:  # noqa: ANN401 - what a dialogue gives
    with Carrier(Channel.SOLAPI, [], time.monotonic()) as carrier:
        return carrier.follow(dialogue)


def group_of(known: dict[str, str], ids: Sequence[UUID], *, fired: bool = False) -> str:
    """Make a group as a worker does that dies before it departs, or after it fired."""

    def dialogue() -> Generator[Any, Any, str]:
        created = yield wire.compose_group(known, stamp())
        group_id: str = created.said["groupId"]
        messages = [Message(str(each), 1, "SMS", BODY) for each in ids]
        if messages:
            yield wire.compose_messages(group_id, messages, {}, known, stamp())
        if fired:
            yield wire.compose_fire(group_id, [], known, stamp())
        return group_id

    made: str = follow(dialogue())
    return made


def status_of(known: dict[str, str], group_id: str) -> str:
    def dialogue() -> Generator[Any, Any, str]:
        group = yield wire.compose_look(group_id, known, stamp())
        return str(group.said["status"])

    said: str = follow(dialogue())
    return said


def row(connection_id: UUID, group_id: str | None = None) -> UUID:
    return rows.a_row(State.SENT, due=True, connection_id=connection_id, group_id=group_id)


def name(row_id: UUID, group_id: str) -> None:
    with transaction() as session:
        session.get_one(Notification, row_id).group_id = group_id


def test_only_what_is_nobodys_goes(known: dict[str, str]) -> None:
    mine, other = owned(Channel.SOLAPI, known), owned(Channel.SOLAPI, known | {"api_secret": "wrong"})
    left, empty = group_of(known, [row(mine), row(mine, "G-the-next-one")]), group_of(known, [])
    departed_row = row(mine)
    departed = group_of(known, [row(mine), departed_row])
    name(departed_row, departed)
    elsewhere = group_of(known, [row(other)])
    foreign = group_of(known, [row(mine), new_id()])
    fired = group_of(known, [row(mine)], fired=True)
    assert once(Job.SOLAPI_ORPHANS, drop_everywhere) == "finished 2"
    assert [status_of(known, each) for each in (left, empty)] == ["DELETED"] * 2
    assert [status_of(known, each) for each in (departed, elsewhere, foreign)] == ["PENDING"] * 3
    assert status_of(known, fired) not in {"PENDING", "DELETED"}


def test_what_is_young_stays(known: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drop_orphans, "OLD", timedelta(minutes=1))
    mine = owned(Channel.SOLAPI, known)
    young = group_of(known, [row(mine)])
    assert once(Job.SOLAPI_ORPHANS, drop_everywhere) == "finished 0"
    assert status_of(known, young) == "PENDING"


def test_another_programs_group_stays(known: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(wire, "MARK", {"by": "somebody else"})
        others = group_of(known, [])
    owned(Channel.SOLAPI, known)
    once(Job.SOLAPI_ORPHANS, drop_everywhere)
    assert status_of(known, others) == "PENDING"


def test_a_silent_solapi_costs_nothing(known: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALRIM_SOLAPI_BASE_URL", "http://127.0.0.1:1")
    settings.cache_clear()
    owned(Channel.SOLAPI, known)
    assert once(Job.SOLAPI_ORPHANS, drop_everywhere) == "finished 0"
