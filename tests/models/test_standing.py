from datetime import timedelta

import pytest

from config.vocabulary import Channel, Lane, State
from models import standing
from models.session import snapshot
from models.standing import Standing
from models.types import utc_now
from tests.rows import a_row

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]
MINUTE = timedelta(minutes=1)


def of(channel: Channel, lane: Lane) -> Standing:
    with snapshot() as session:
        [found] = [each for each in standing.look(session, utc_now()) if (each.channel, each.lane) == (channel, lane)]
    return found


def test_an_empty_table() -> None:
    with snapshot() as session:
        found = standing.look(session, utc_now())
    assert len(found) == 12
    assert all(each.is_empty and each.oldest is None for each in found)


def mail(status: State, **changes: object) -> None:
    a_row(status, due=True, channel=Channel.SES, lane=Lane.BULK, **changes)


def test_what_waits_for_what() -> None:
    now = utc_now()
    for age in (1, 3, 2):
        mail(State.QUEUED, not_before=now - age * MINUTE, wake_at=now - age * MINUTE)
    mail(State.QUEUED, not_before=now + MINUTE, wake_at=now + MINUTE)
    mail(State.QUEUED, not_before=now, wake_at=None)
    mail(State.UNKNOWN, wake_at=now)
    for _ in range(2):
        mail(State.UNKNOWN, wake_at=None)
    mail(State.SENT, wake_at=now)
    a_row(State.QUEUED, channel=Channel.SES, lane=Lane.URGENT, wake_at=now)
    assert of(Channel.SES, Lane.BULK)[2:7] == (3, 1, 1, 1, 2)
    assert of(Channel.SES, Lane.BULK).oldest == now - 3 * MINUTE
    assert of(Channel.SES, Lane.URGENT)[2:7] == (1, 0, 0, 0, 0)


def test_no_more_is_counted_than_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "MOST", 2)
    for _ in range(3):
        a_row(State.UNKNOWN, channel=Channel.KAKAO, lane=Lane.NORMAL, wake_at=None)
    assert of(Channel.KAKAO, Lane.NORMAL).held == 2
