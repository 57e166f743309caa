"""What a viewer sees of a notification, and by which index the database finds what he asks for."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from api.errors import ApiError, Code
from api.notifications import find, whole
from api.security.caller import Viewer
from config.vocabulary import Role, State
from models.session import snapshot
from models.types import new_id, utc_now
from tests.rows import a_connection, a_row

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]


def shown(row_id: UUID) -> dict[str, Any]:
    with snapshot() as session:
        return whole(session, find(session, Viewer(new_id(), Role.OPERATOR), row_id))


def test_a_queued_one_says_what_it_waits_for() -> None:
    until = utc_now() + timedelta(minutes=1)
    closed = a_connection(closed_until=until, closed_reason="NotEnoughBalance")
    waiting = shown(a_row(State.QUEUED, connection_id=closed))["waiting"]
    assert (waiting.reason, waiting.until) == ("NotEnoughBalance", until)
    assert shown(a_row(State.SENT, connection_id=closed))["waiting"] is None
    assert shown(a_row(State.QUEUED, connection_id=a_connection()))["waiting"] is None
    assert shown(a_row(State.QUEUED))["waiting"] is None


def test_what_is_known_of_an_unknown_one_is_shown() -> None:
    departed = utc_now()
    seen = shown(a_row(State.UNKNOWN, departed_at=departed, group_id="G4V1", code="timeout"))
    assert (seen["departed_at"], seen["group_id"], seen["code"]) == (departed, "G4V1", "timeout")


def test_one_sees_ones_own_and_an_operator_all() -> None:
    mine = new_id()
    row_id = a_row(State.SENT, account_id=mine)
    with snapshot() as session:
        for viewer in (Viewer(mine, Role.USER), Viewer(new_id(), Role.OPERATOR)):
            assert find(session, viewer, row_id).id == row_id
        with pytest.raises(ApiError) as refused:
            find(session, Viewer(new_id(), Role.USER), row_id)
    assert refused.value.code is Code.NOTIFICATION_NOT_FOUND
