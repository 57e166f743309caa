from datetime import timedelta
from typing import Any

import pytest

from config.vocabulary import Lane
from tests.workers.channels.conversing import IDS, converse, message, stamp
from workers.channels import gmail
from workers.channels.account import Refused, Unheard, Usable, Verdict
from workers.channels.exchange import Answer, Depart, Reply, Silence, SmtpLogin, SmtpSend, Step
from workers.outcome import Accepted, Outcome, Rejected, Retry, Unknown

CREDENTIALS = {
    "user": "alrim@example.com",
    "password": "app password",
    "host": "smtp.gmail.com",
    "port": "465",
    "tls": "implicit",
}
CONSENT = {name: known for name, known in CREDENTIALS.items() if name != "password"} | {
    "access_token": "ya29.t",
    "refresh_token": "1//r",
}
BODY: dict[str, Any] = {"to": [{"email": "a@example.com"}, {"email": "b@example.com"}], "subject": "s", "text": "t"}
IN = Reply(235)
OK = Reply(250, body=b"2.0.0")
LOST = Retry("connection_lost")


def play(answers: list[object], count: int = 3) -> tuple[list[str], list[Outcome | None]]:
    messages = [message(BODY, number) for number in range(count)]
    steps, outcomes = converse(gmail.converse(messages, CREDENTIALS, stamp), answers)
    return [name(step) for step in steps], [outcomes.get(each.id) for each in messages]


def name(step: Step) -> str:
    if isinstance(step, Depart):
        [departing] = step.ids
        return f"depart {IDS.index(departing)}"
    return type(step).__name__


def test_one_at_a_time_when_urgent() -> None:
    assert gmail.BATCH_SIZE == {Lane.URGENT: 1, Lane.NORMAL: 5, Lane.BULK: 5}


def test_one_login_then_each_departs_right_before_its_transmission() -> None:
    steps, outcomes = play([IN, IDS[:1], OK, IDS[1:2], OK, IDS[2:3], OK])
    assert steps == ["SmtpLogin", *(step for i in range(3) for step in (f"depart {i}", "SmtpSend"))]
    assert outcomes == [Accepted()] * 3


def test_the_login_is_the_connections() -> None:
    login = gmail.login(CREDENTIALS)
    assert login == SmtpLogin("smtp.gmail.com", 465, "implicit", "alrim@example.com", "app password")
    assert "alrim" not in repr(login)
    assert "app password" not in repr(login)


def test_a_consents_login_is_its_token() -> None:
    login = gmail.login(CONSENT)
    assert login == SmtpLogin("smtp.gmail.com", 465, "implicit", "alrim@example.com", token="ya29.t")
    assert "ya29" not in repr(login)


@pytest.mark.parametrize("secrets", [{}, {"password": "p", "token": "t"}])
def test_a_login_has_a_password_or_a_token(secrets: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="either"):
        SmtpLogin("smtp.gmail.com", 465, "implicit", "alrim@example.com", **secrets)


def test_the_envelope_is_bare_and_whole() -> None:
    body = BODY | {"bcc": [{"email": "c@example.com", "name": "몰래"}]}
    send = gmail.compose(message(body), CREDENTIALS, stamp())
    assert isinstance(send, SmtpSend)
    assert send.sender == "alrim@example.com"
    assert send.recipients == ["a@example.com", "b@example.com", "c@example.com"]
    assert "example.com" not in repr(send)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Silence(may_have_left=False, code="refused"), Retry("refused")),
        (Silence(may_have_left=True, code="timeout"), Retry("timeout")),
        (Reply(535, body=b"5.7.8"), Retry("535-5.7.8", closes=True, reauth=True)),
        (Reply(454, body=b"4.7.0"), Retry("454-4.7.0", timedelta(minutes=15), closes=True)),
        (Reply(554), Retry("554")),
    ],
)
def test_without_a_login_nothing_departs(answer: Answer, outcome: Outcome) -> None:
    assert play([answer]) == (["SmtpLogin"], [outcome] * 3)


@pytest.mark.parametrize(
    ("answer", "own", "rest"),
    [
        (Silence(may_have_left=True, code="timeout"), Unknown("timeout"), LOST),
        (Silence(may_have_left=False, code="reset"), Retry("reset"), LOST),
        (Reply(421, body=b"4.7.0"), Retry("421-4.7.0"), Retry("421-4.7.0")),
        (
            Reply(530, body=b"5.7.0"),
            Retry("530-5.7.0", closes=True, reauth=True),
            Retry("530-5.7.0", closes=True, reauth=True),
        ),
    ],
)
def test_what_ends_the_connection_ends_it_for_those_behind(answer: Answer, own: Outcome, rest: Outcome) -> None:
    steps, outcomes = play([IN, IDS[:1], answer])
    assert steps == ["SmtpLogin", "depart 0", "SmtpSend"]
    assert outcomes == [own, rest, rest]


@pytest.mark.parametrize("reply", [Reply(550, body=b"5.1.1"), Reply(451, body=b"4.3.0")])
def test_a_refused_mail_does_not_stop_the_next(reply: Reply) -> None:
    steps, outcomes = play([IN, IDS[:1], reply, IDS[1:2], OK], count=2)
    assert steps == ["SmtpLogin", "depart 0", "SmtpSend", "depart 1", "SmtpSend"]
    assert outcomes == [gmail.read(reply), Accepted()]


def test_a_message_that_did_not_depart_is_not_sent() -> None:
    assert play([IN, (), IDS[1:2], OK], count=2) == (
        ["SmtpLogin", "depart 0", "depart 1", "SmtpSend"],
        [None, Accepted()],
    )


def test_what_can_not_be_a_mail_fails_alone() -> None:
    broken = message(BODY | {"to": [{"email": "no address"}]})
    conversation = gmail.converse([broken, message(BODY, 1)], CREDENTIALS, stamp)
    _, outcomes = converse(conversation, [IN, IDS[1:2], OK])
    assert outcomes == {IDS[0]: Rejected("malformed"), IDS[1]: Accepted()}


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply(250, refused=((1, 550, "5.1.1"),)), Accepted(refused=((1, "550-5.1.1"),))),
        (Reply(550, body=b"5.1.1", refused=((0, 550, "5.1.1"), (1, 550, "5.1.1"))), Rejected("550-5.1.1")),
        (Reply(550, body=b"5.1.1", refused=((0, 450, "4.2.1"), (1, 550, "5.1.1"))), Retry("450-4.2.1")),
        # Some were refused at RCPT, then the content was: nobody has it.
        (Reply(451, body=b"4.3.0", refused=((1, 550, "5.1.1"),)), Retry("451-4.3.0")),
    ],
)
def test_recipients_are_judged_one_by_one(reply: Reply, outcome: Outcome) -> None:
    assert gmail.read(reply) == outcome


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (Reply(235), Usable),
        (Reply(535, body=b"5.7.8"), Refused),
        (Reply(534, body=b"5.7.9"), Refused),
        (Reply(454, body=b"4.7.0"), Unheard),
        (Silence(may_have_left=False, code="refused"), Unheard),
    ],
)
def test_the_mail_servers_verdict(answer: Answer, verdict: type[Verdict]) -> None:
    asking = gmail.check(CREDENTIALS, stamp)
    assert next(asking) == gmail.login(CREDENTIALS)
    with pytest.raises(StopIteration) as end:
        asking.send(answer)
    assert type(end.value.value) is verdict


@pytest.mark.parametrize(
    ("credentials", "remedy"), [(CREDENTIALS, "give it a new app password"), (CONSENT, "connect it again")]
)
def test_a_refused_login_says_what_its_owner_can_do(credentials: dict[str, str], remedy: str) -> None:
    asking = gmail.check(credentials, stamp)
    next(asking)
    with pytest.raises(StopIteration) as end:
        asking.send(Reply(535, body=b"5.7.8"))
    assert end.value.value == Refused(f"the mail server refused the login (535-5.7.8): {remedy}")
