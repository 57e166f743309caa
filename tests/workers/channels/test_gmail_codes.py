from datetime import timedelta

import pytest

from workers.channels.exchange import Reply
from workers.channels.gmail import read, read_login
from workers.channels.gmail_codes import VERDICTS
from workers.outcome import Outcome, Rejected, Retry, Unknown

DAY, HOURS, QUARTER = timedelta(hours=24), timedelta(hours=2), timedelta(minutes=15)

REPLIES: dict[tuple[int, str], Outcome] = {
    (421, "4.3.0"): Retry("421-4.3.0"),
    (421, "4.4.5"): Retry("421-4.4.5"),
    (421, "4.7.0"): Retry("421-4.7.0"),
    (450, "4.2.1"): Retry("450-4.2.1"),
    (451, "4.3.0"): Retry("451-4.3.0"),
    (451, "4.4.2"): Retry("451-4.4.2"),
    (451, "4.5.0"): Retry("451-4.5.0"),
    (452, "4.2.2"): Retry("452-4.2.2", after=HOURS),
    (452, "4.5.3"): Retry("452-4.5.3"),
    (454, "4.7.0"): Retry("454-4.7.0", after=QUARTER, closes=True),
    (530, "5.5.1"): Retry("530-5.5.1", closes=True, reauth=True),
    (530, "5.7.0"): Retry("530-5.7.0", closes=True, reauth=True),
    (534, "5.7.9"): Retry("534-5.7.9", closes=True, reauth=True),
    (534, "5.7.14"): Retry("534-5.7.14", closes=True, reauth=True),
    (535, "5.7.8"): Retry("535-5.7.8", closes=True, reauth=True),
    (550, "5.1.1"): Rejected("550-5.1.1"),
    (550, "5.2.1"): Rejected("550-5.2.1"),
    (550, "5.4.5"): Retry("550-5.4.5", after=DAY, closes=True),
    (550, "5.7.0"): Rejected("550-5.7.0"),
    (550, "5.7.1"): Rejected("550-5.7.1"),
    (550, "5.7.26"): Rejected("550-5.7.26"),
    (552, "5.2.2"): Rejected("552-5.2.2"),
    (552, "5.2.3"): Rejected("552-5.2.3"),
    (552, "5.7.0"): Rejected("552-5.7.0"),
    (553, "5.1.2"): Rejected("553-5.1.2"),
    (553, "5.1.3"): Rejected("553-5.1.3"),
    (554, "5.6.0"): Rejected("554-5.6.0"),
    (554, "5.7.0"): Rejected("554-5.7.0"),
    (555, "5.5.2"): Rejected("555-5.5.2"),
}
UNLISTED: dict[tuple[int, str], Outcome] = {
    (450, ""): Retry("450"),
    (499, "4.9.9"): Retry("499-4.9.9"),
    (535, ""): Retry("535", closes=True, reauth=True),
    (550, ""): Rejected("550"),
    (571, "5.9.9"): Rejected("571-5.9.9"),
    (354, ""): Unknown("354"),
}


@pytest.mark.parametrize(("said", "outcome"), (REPLIES | UNLISTED).items())
def test_replies_to_a_transmission(said: tuple[int, str], outcome: Outcome) -> None:
    assert read(Reply(said[0], body=said[1].encode())) == outcome


@pytest.mark.parametrize("said", REPLIES | {(554, ""): None, (421, ""): None})
def test_a_refused_login_never_fails_a_message(said: tuple[int, str]) -> None:
    assert isinstance(read_login(Reply(said[0], body=said[1].encode())), Retry)


def test_every_listed_reply_is_expected() -> None:
    assert set(REPLIES) == set(VERDICTS)
