import re
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from aiosmtpd.smtp import Envelope

from tests.workers.transports.mailservers import (
    AUTHENTICATED,
    GREETING,
    READY,
    TRANSMITTED,
    Inbox,
    conversation,
    login,
    mail,
    running,
)
from tests.workers.transports.servers import Listener, Script, drip, hang, reset
from workers.channels.exchange import Reply, Silence, SmtpSend
from workers.transports import smtp
from workers.transports.smtp import SmtpSession

Serve = Callable[[Script], Listener]


def sent(envelope: Envelope) -> bytes:
    assert isinstance(envelope.content, bytes)
    return envelope.content


def test_a_mail_arrives_once_and_whole() -> None:
    inbox = Inbox()
    with running(inbox) as port, SmtpSession() as session:
        assert session.handle(login(port)) == Reply(235)
        assert session.handle(mail("a@example.com", "b@example.com")) == Reply(250, body=b"2.0.0")
    [envelope] = inbox.mails
    assert (envelope.mail_from, envelope.rcpt_tos) == ("alrim@example.com", ["a@example.com", "b@example.com"])
    assert sent(envelope).endswith(b"\r\n\r\nHello\r\n.\r\n..dots\r\n")
    assert inbox.commands == ["QUIT"]


def test_mails_share_a_connection_with_a_reset_between() -> None:
    inbox = Inbox(rcpt={"gone@example.com": "550 5.1.1 no such user"})
    with running(inbox) as port, SmtpSession() as session:
        session.handle(login(port))
        assert session.handle(mail("gone@example.com")) == Reply(550, body=b"5.1.1", refused=((0, 550, "5.1.1"),))
        assert session.handle(mail()) == Reply(250, body=b"2.0.0")
    assert inbox.commands == ["RSET", "QUIT"]
    assert [envelope.rcpt_tos for envelope in inbox.mails] == [["a@example.com"]]


def test_some_recipients_refused_is_accepted_with_their_indices() -> None:
    inbox = Inbox(rcpt={"b@example.com": "550 5.1.1 no such user", "d@example.com": "452 try later"})
    with running(inbox) as port, SmtpSession() as session:
        session.handle(login(port))
        answer = session.handle(mail("a@example.com", "b@example.com", "c@example.com", "d@example.com"))
    assert answer == Reply(250, body=b"2.0.0", refused=((1, 550, "5.1.1"), (3, 452, "")))
    assert [envelope.rcpt_tos for envelope in inbox.mails] == [["a@example.com", "c@example.com"]]


def test_a_mail_for_nobody_is_not_accepted() -> None:
    nobody = SmtpSend("alrim@example.com", (), mail().mail)
    inbox = Inbox()
    with running(inbox) as port, SmtpSession() as session:
        session.handle(login(port))
        answer = session.handle(nobody)
    assert isinstance(answer, Reply)
    assert answer.status >= 400
    assert inbox.mails == []


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("550 5.7.1 spam", Reply(550, body=b"5.7.1")),
        ("550-5.4.5 Daily\r\n550 5.4.5 limit", Reply(550, body=b"5.4.5")),
        ("451 4.3.0 later", Reply(451, body=b"4.3.0")),
        ("554 no enhanced code 5.1.1", Reply(554)),
        ("drop", Silence(may_have_left=True, code="closed")),
    ],
)
def test_the_reply_to_the_final_dot_decides(said: str, answer: Reply | Silence) -> None:
    inbox = Inbox(data=said)
    with running(inbox) as port, SmtpSession() as session:
        session.handle(login(port))
        heard = session.handle(mail())
    assert heard == answer
    assert len(inbox.mails) == 1


def test_after_a_silence_every_further_mail_certainly_stayed() -> None:
    inbox = Inbox(data="drop")
    with running(inbox) as port, SmtpSession() as session:
        session.handle(login(port))
        session.handle(mail())
        assert session.handle(mail()) == Silence(may_have_left=False, code="closed")
    assert len(inbox.mails) == 1


def test_after_a_goodbye_the_connection_is_closed() -> None:
    with running(Inbox(data="421 4.7.0 too much")) as port, SmtpSession() as session:
        session.handle(login(port))
        assert session.handle(mail()) == Reply(421, body=b"4.7.0")
        assert session.handle(mail()) == Silence(may_have_left=False, code="closed")


def test_a_second_login_replaces_the_first() -> None:
    first, second = Inbox(), Inbox()
    with running(first) as one, running(second) as other, SmtpSession() as session:
        session.handle(login(one))
        session.handle(login(other))
        session.handle(mail())
    assert (first.commands, len(first.mails), len(second.mails)) == (["QUIT"], 0, 1)


@pytest.mark.parametrize(
    ("script", "may_have_left"),
    [
        (conversation(*AUTHENTICATED, then=reset), False),
        (conversation(*READY, then=reset), False),
        (conversation(*READY, b"250 odd\r\n"), False),
        (conversation(*TRANSMITTED, then=reset), True),
        (conversation(*TRANSMITTED, b"nonsense\r\n"), True),
    ],
    ids=["after MAIL", "after DATA", "instead of 354", "after the dot", "garbage after the dot"],
)
def test_the_final_dot_divides_what_may_have_left(serve: Serve, script: Script, may_have_left: bool) -> None:  # noqa: FBT001 - a parameter of the table
    listener = serve(script)
    with SmtpSession() as session:
        assert session.handle(login(listener.port)) == Reply(235)
        answer = session.handle(mail())
    assert isinstance(answer, Silence)
    assert answer.may_have_left is may_have_left
    assert listener.accepted == 1


def test_a_drop_in_the_middle_of_the_content_did_not_leave(serve: Serve) -> None:
    def script(connection: socket.socket) -> None:
        conversation(*READY, then=lambda _: None)(connection)
        connection.sendall(b"354 go\r\n")
        connection.recv(1000)
        reset(connection)

    with SmtpSession() as session:
        session.handle(login(serve(script).port))
        answer = session.handle(mail(text="x" * 60 + "\r\n" + "many lines\r\n" * 1_000_000))
    assert isinstance(answer, Silence)
    assert not answer.may_have_left


@pytest.mark.parametrize("before", [(), GREETING, AUTHENTICATED, READY, TRANSMITTED], ids=len)
@pytest.mark.parametrize("action", [hang, lambda connection: drip(connection, b"250-x\r\n")], ids=["hangs", "drips"])
def test_the_whole_exchange_has_one_deadline(
    serve: Serve, quick: float, before: tuple[bytes, ...], action: Script
) -> None:
    begun = time.monotonic()
    with SmtpSession() as session:
        answer = session.handle(login(serve(conversation(*before, then=action)).port))
        if answer == Reply(235):
            begun = time.monotonic()
            answer = session.handle(mail())
        assert answer == Silence(may_have_left=before == TRANSMITTED, code="timeout")
        assert quick - 0.1 < time.monotonic() - begun < quick + 1


def test_closing_does_not_wait_long(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "QUIT_SECONDS", 0.1)
    session = SmtpSession()
    session.handle(login(serve(conversation(*AUTHENTICATED, then=hang)).port))
    begun = time.monotonic()
    session.close()
    session.close()
    assert time.monotonic() - begun < 1


def test_a_body_is_transmitted_as_it_is_and_nothing_is_fetched(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # yagmail attaches a file that a body names, and fetches the stylesheets that it links to.
    monkeypatch.chdir(tmp_path)
    secret = Path("secrets.env")  # a long line would travel in another encoding
    secret.write_text("KEY=hunter2", encoding="utf-8")
    elsewhere = serve(hang)
    text = (
        f'{secret}\r\n<link rel="stylesheet" href="http://127.0.0.1:{elsewhere.port}/a.css">\r\n<script>a</script>\r\n'
    )
    inbox = Inbox()
    with running(inbox) as port, SmtpSession() as session:
        session.handle(login(port))
        session.handle(mail(text=text))
    [envelope] = inbox.mails
    assert sent(envelope).endswith(b"\r\n\r\n" + text.encode())
    assert b"hunter2" not in sent(envelope)
    assert elsewhere.accepted == 0


@pytest.mark.parametrize(
    "address", ["a@example.com>\r\nRCPT TO:<evil@example.net", "a\nb@example.com", "김@example.com"]
)
def test_an_address_adds_no_command_and_is_not_guessed_at(address: str) -> None:
    inbox = Inbox()
    with running(inbox) as port, SmtpSession() as session:
        session.handle(login(port))
        answer = session.handle(mail(address))
    assert isinstance(answer, Silence)
    assert not answer.may_have_left
    assert inbox.mails == []


def test_the_wire_has_one_final_dot() -> None:
    wire = smtp._content(mail(text="a\r\n.\r\nQUIT\r\n.b\r\n").mail)
    assert re.findall(rb"(?m)^\.\r$", wire) == [b".\r"]
    assert wire.endswith(b"\r\n..\r\nQUIT\r\n..b\r\n.\r\n")
