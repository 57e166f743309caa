"""Who is taken along: others of the same connection and lane that wait, and nobody that another worker has in hands."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from config.vocabulary import Channel, Lane, State
from models import gathering
from models.gathering import LOOKED_AT, Others
from models.session import transaction
from models.types import new_id, utc_now
from tests.rows import a_row

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]

MINE = new_id()


def waiting(number: int = 1, **changes: Any) -> list[UUID]:  # noqa: ANN401 - columns
    return [a_row(State.QUEUED, **{"connection_id": MINE, "lane": Lane.BULK, **changes}) for _ in range(number)]


def taken(session: Session, most: int, known: list[UUID] | None = None) -> list[UUID]:
    wanted = Others(MINE, Channel.SOLAPI, Lane.BULK, most)
    return [row.id for row in gathering.lock(session, wanted, known or [], utc_now())]


def test_those_of_the_same_connection_and_lane_come_along_in_the_order_of_their_waiting() -> None:
    now = utc_now()
    ids = [waiting(wake_at=now - timedelta(seconds=number))[0] for number in range(4)]
    waiting(connection_id=new_id())
    waiting(channel=Channel.KAKAO)
    waiting(lane=Lane.NORMAL)
    waiting(wake_at=None)
    waiting(not_before=now + timedelta(minutes=1))
    a_row(State.SENDING, connection_id=MINE, lane=Lane.BULK)
    with transaction() as session:
        assert taken(session, 10) == ids[::-1]
        assert taken(session, 2) == [ids[3], ids[2]]
        assert set(taken(session, 10, ids[1:3])) == {ids[0], ids[3]}


@pytest.mark.parametrize("database_url", ["mariadb"], indirect=True)
def test_workers_who_come_at_once_share_what_waits() -> None:
    ids = waiting(5)
    with transaction() as one, transaction() as another, transaction() as third:
        first, second = taken(one, 2), taken(another, 2)
        assert (len(first), len(second)) == (2, 2)
        assert taken(third, 2) == [each for each in ids if each not in {*first, *second}]


def test_no_more_rows_are_looked_at_than_a_few_for_each_that_is_wanted() -> None:
    now = utc_now()
    [last] = waiting(wake_at=now)
    for _ in range(LOOKED_AT):
        waiting(connection_id=new_id(), wake_at=now - timedelta(seconds=1))
    with transaction() as session:
        assert taken(session, 1) == []
        assert taken(session, 2) == [last]
