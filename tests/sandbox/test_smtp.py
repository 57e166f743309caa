import smtplib
import socket
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from sandbox import smtp
from sandbox.faults import Fault, Kind
from sandbox.settings import Settings
from sandbox.state import State, new
from tests.sandbox.mailing import ACCOUNT, NID, letter, said, serving


@pytest.fixture(scope="module")
def state() -> State:
    return new(Settings(smtp_port=0, hang=0.2))


@pytest.fixture(scope="module")
def port(state: State) -> Iterator[int]:
    with serving(state) as number:
        yield number


@pytest.fixture(autouse=True)
def _clean(state: State) -> None:
    state.inbox.clear()
    state.faults.clear()


@contextmanager
def session(port: int) -> Iterator[smtplib.SMTP]:
    client = smtplib.SMTP("127.0.0.1", port, timeout=5)
    try:
        client.login(ACCOUNT, "sandbox")
        yield client
    finally:
        client.close()


def send(port: int, *recipients: str) -> dict[str, tuple[int, bytes]]:
    with session(port) as client:
        return client.sendmail(ACCOUNT, recipients or ["a@example.net"], letter())


def test_one_mail_arrives(port: int, state: State) -> None:
    assert send(port) == {}
    (entry,) = state.inbox.entries()
    assert (entry.channel, entry.type, entry.to, entry.subject) == ("gmail", "mail", "a@example.net", "안내")
    assert (entry.text, entry.notification_id) == ("안녕하세요\n.점으로 시작하는 줄\n", NID)


def test_several_mails_go_through_one_connection(port: int, state: State) -> None:
    with session(port) as client:
        for number in range(5):
            assert client.sendmail(ACCOUNT, [f"a{number}@example.net"], letter()) == {}
            assert client.rset()[0] == 250
    assert [entry.to for entry in state.inbox.entries()] == [f"a{number}@example.net" for number in range(5)]
    assert len({entry.provider_id for entry in state.inbox.entries()}) == 5


@pytest.mark.parametrize("mechanism", ["plain", "login"])
def test_both_mechanisms_check_the_password(port: int, mechanism: str) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=5) as client:
        client.ehlo()
        authenticate = getattr(client, f"auth_{mechanism}")
        client.user, client.password = ACCOUNT, "other"
        with pytest.raises(smtplib.SMTPAuthenticationError) as caught:
            client.auth(mechanism.upper(), authenticate)
        assert said(caught.value) == (535, "5.7.8")
        client.password = "sandbox"
        assert client.auth(mechanism.upper(), authenticate)[0] == 235


def test_without_authentication_nothing_is_taken(port: int) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=5) as client:
        client.ehlo()
        assert client.mail(ACCOUNT) == (530, b"5.7.0 Authentication Required")


def test_an_unknown_recipient_is_refused_while_others_get_theirs(port: int, state: State) -> None:
    refused = send(port, "a@example.net", "u0002@example.net")
    assert [(to, code) for to, (code, _) in refused.items()] == [("u0002@example.net", 550)]
    assert refused["u0002@example.net"][1].startswith(b"5.1.1")
    assert [entry.to for entry in state.inbox.entries()] == ["a@example.net"]


def test_a_busy_recipient_is_put_off_once(port: int, state: State) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
        send(port, "u0004@example.net")
    ((code, text),) = caught.value.recipients.values()
    assert (code, text[:5]) == (450, b"4.2.1")
    assert send(port, "u0004@example.net") == {}
    assert len(state.inbox.entries()) == 1


def test_a_mail_can_be_taken_without_a_reply(port: int, state: State) -> None:
    began = time.monotonic()
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(port, "u0003@example.net")
    assert time.monotonic() - began >= 0.2
    assert [entry.to for entry in state.inbox.entries()] == ["u0003@example.net"]


@pytest.mark.parametrize(
    ("kind", "code", "enhanced"),
    [(Kind.STATUS, 451, "4.3.0"), (Kind.THROTTLE, 421, "4.7.0"), (Kind.REJECT, 554, "5.7.0")],
)
def test_faults_have_gmails_replies(port: int, state: State, kind: Kind, code: int, enhanced: str) -> None:
    state.faults.put(Fault("gmail", kind, rate=1.0))
    with pytest.raises(smtplib.SMTPResponseException) as caught:
        send(port)
    assert said(caught.value) == (code, enhanced)
    assert state.inbox.entries() == []


@pytest.mark.parametrize(("kind", "stored"), [(Kind.RESET_BEFORE, 0), (Kind.HANG_AFTER_ACCEPT, 1)])
def test_a_connection_can_end_around_the_final_dot(port: int, state: State, kind: Kind, stored: int) -> None:
    state.faults.put(Fault("gmail", kind, rate=1.0))
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(port)
    assert len(state.inbox.entries()) == stored


def test_latency_delays(port: int, state: State) -> None:
    state.faults.put(Fault("gmail", Kind.LATENCY, rate=1.0, seconds=0.2))
    began = time.monotonic()
    send(port)
    assert time.monotonic() - began >= 0.2


def test_a_throttled_connection_is_closed(port: int, state: State) -> None:
    state.faults.put(Fault("gmail", Kind.THROTTLE, rate=1.0))
    with session(port) as client:
        assert client.mail(ACCOUNT)[0] == 421
        with pytest.raises(smtplib.SMTPServerDisconnected):
            client.noop()


def test_a_mail_over_the_limit_is_refused_with_gmails_code(port: int) -> None:
    with session(port) as client:
        code, text = client.mail(ACCOUNT, ["size=35882578"])
    assert (code, text[:5]) == (552, b"5.2.3")


def test_a_mail_has_at_most_a_hundred_recipients(port: int, state: State) -> None:
    refused = send(port, *(f"a{number}@example.net" for number in range(101)))
    assert [(to, code) for to, (code, _) in refused.items()] == [("a100@example.net", 452)]
    assert len(state.inbox.entries()) == 100


def test_a_mail_that_cannot_be_read_is_malformed(port: int) -> None:
    with session(port) as client, pytest.raises(smtplib.SMTPDataError) as caught:
        client.sendmail(ACCOUNT, ["a@example.net"], "Content-Type: text/plain; charset=x-nothing\n\nhello")
    assert said(caught.value) == (554, "5.6.0")


def test_the_daily_limit_rolls_over_24_hours() -> None:
    quota, now = smtp.Quota(3), datetime(2026, 11, 24, tzinfo=UTC)
    assert [quota.take(2, now), quota.take(2, now), quota.take(1, now)] == [True, False, True]
    assert not quota.take(1, now + timedelta(hours=23, minutes=59))
    assert quota.take(3, now + timedelta(hours=24))
    assert not quota.take(1, now + timedelta(hours=47))


def test_over_the_daily_limit_gmail_says_550_5_4_5(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALRIM_SANDBOX_GMAIL_DAILY", "1")
    state = new(Settings(smtp_port=0))
    with serving(state) as port:
        send(port)
        with pytest.raises(smtplib.SMTPDataError) as caught:
            send(port)
    assert said(caught.value) == (550, "5.4.5")
    assert len(state.inbox.entries()) == 1


def test_stopping_cuts_connections_that_are_open() -> None:
    with serving(new(Settings(smtp_port=0, hang=60.0))) as port:
        held = smtplib.SMTP("127.0.0.1", port, timeout=5)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        held.noop()
    held.close()


def test_no_log_line_names_anyone(port: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    with socket.create_connection(("127.0.0.1", port)) as raw:
        raw.sendall(b"AUTH PLAIN " + b64encode(b"\0sandbox@example.com\0hunter2") + b"\r\n")
        raw.recv(1000)
    send(port, "a@example.net")
    assert "smtp accepted" in caplog.text
    assert not any(word in caplog.text for word in ("example.net", "hunter2", ACCOUNT, "안내"))
