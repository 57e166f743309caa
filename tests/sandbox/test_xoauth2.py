"""AUTH XOAUTH2 against the real mail server, by smtplib and byte by byte."""

import json
import smtplib
import socket
from base64 import b64decode, b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from sandbox import google_tokens, tokens, xoauth2
from sandbox.person import Person
from sandbox.settings import Settings
from sandbox.state import State, new
from sandbox.tokens import Grant
from tests.sandbox.mailing import letter, said, serving

PERSON = Person("a@example.com")
NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)
MAIL = frozenset({google_tokens.MAIL})


def access(*scopes: str, person: Person = PERSON, life: timedelta = HOUR) -> str:
    return google_tokens.issue_access(scopes or MAIL, person, NOW + life, "1")


GOOD = access()


def response(token: str, user: str = PERSON.email) -> str:
    return f"user={user}\x01auth=Bearer {token}\x01\x01"


@pytest.fixture(scope="module")
def state() -> State:
    return new(Settings(smtp_port=0))


@pytest.fixture(scope="module")
def port(state: State) -> Iterator[int]:
    with serving(state) as number:
        yield number


@pytest.fixture
def client(port: int) -> Iterator[smtplib.SMTP]:
    with smtplib.SMTP("127.0.0.1", port, timeout=5) as client:
        client.ehlo()
        yield client


def login(client: smtplib.SMTP, token: str, user: str = PERSON.email) -> tuple[int, bytes]:
    """Authenticate as smtplib's documentation asks: a challenge is a refusal, answered with an empty line."""
    return client.auth("XOAUTH2", lambda challenge=None: response(token, user) if challenge is None else "")


def test_the_mechanism_is_advertised(client: smtplib.SMTP) -> None:
    assert set(client.esmtp_features["auth"].split()) == {"LOGIN", "PLAIN", "XOAUTH2"}


def test_a_token_opens_its_own_account_for_mail(client: smtplib.SMTP, state: State) -> None:
    state.inbox.clear()
    assert login(client, GOOD) == (235, b"2.7.0 Accepted")
    assert client.sendmail(PERSON.email, ["b@example.net"], letter()) == {}
    assert [entry.to for entry in state.inbox.entries()] == ["b@example.net"]


def test_the_response_may_come_after_an_empty_challenge(client: smtplib.SMTP) -> None:
    answer = client.auth("XOAUTH2", lambda _=None: response(GOOD), initial_response_ok=False)
    assert answer == (235, b"2.7.0 Accepted")


def test_a_refusal_explains_itself_and_then_says_535(client: smtplib.SMTP) -> None:
    code, challenge = client.docmd("AUTH", "XOAUTH2 " + b64encode(response("other").encode()).decode())
    explanation = {"status": "400", "schemes": "Bearer", "scope": "https://mail.google.com/"}
    assert (code, json.loads(b64decode(challenge))) == (334, explanation)
    code, text = client.docmd("")
    assert (code, text[:5]) == (535, b"5.7.8")
    assert client.mail(PERSON.email)[0] == 530
    assert login(client, GOOD)[0] == 235


def test_smtplib_hears_of_a_refusal(client: smtplib.SMTP) -> None:
    with pytest.raises(smtplib.SMTPAuthenticationError) as caught:
        login(client, "other")
    assert said(caught.value) == (535, "5.7.8")


def test_what_is_no_base64_is_refused_and_an_exchange_can_be_given_up(client: smtplib.SMTP) -> None:
    assert client.docmd("AUTH", "XOAUTH2 !")[0] == 501
    assert client.docmd("AUTH", "XOAUTH2")[0] == 334
    assert client.docmd("*")[0] == 501
    assert client.docmd("AUTH", "XOAUTH2 " + b64encode(b"other").decode())[0] == 334
    assert client.docmd("*")[0] == 501
    assert client.noop()[0] == 250


def test_a_long_token_fits_and_other_lines_are_as_short_as_ever(client: smtplib.SMTP) -> None:
    long = access(google_tokens.MAIL, *(f"https://www.googleapis.com/auth/scope.{number}" for number in range(50)))
    assert login(client, long)[0] == 235
    assert client.docmd("NOOP", "x" * 512)[0] == 500
    with pytest.raises(smtplib.SMTPDataError) as caught:
        client.sendmail(PERSON.email, ["b@example.net"], "x" * 1001)
    assert caught.value.smtp_code == 500


@pytest.mark.parametrize(
    "given",
    [
        response(access(life=-HOUR)),
        response(access("openid", google_tokens.EMAIL)),
        response(GOOD, "b@example.com"),
        response(google_tokens.issue_refresh(MAIL, PERSON, "1")),
        response(tokens.issue("kakao access", Grant(MAIL, NOW + HOUR, PERSON), "1")),
        f"user={PERSON.email}\x01auth=Basic {GOOD}\x01\x01",
        f"user={PERSON.email}\x01auth=Bearer {GOOD}",
        "",
    ],
    ids=["ended", "without the scope", "another's", "refresh token", "kakao's", "basic", "cut off", "nothing"],
)
def test_no_other_response_opens_an_account(given: str) -> None:
    assert xoauth2.user_of(given.encode(), NOW) is None


def test_an_address_is_the_same_in_capitals() -> None:
    assert xoauth2.user_of(response(GOOD, "A@EXAMPLE.com").encode(), NOW) == PERSON.email


def test_each_account_has_its_own_daily_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALRIM_SANDBOX_GMAIL_DAILY", "1")
    with serving(new(Settings(smtp_port=0))) as port:
        assert [sent(port, "a"), sent(port, "b"), sent(port, "a")] == [250, 250, 550]


def sent(port: int, name: str) -> int:
    person = Person(f"{name}@example.com")
    with smtplib.SMTP("127.0.0.1", port, timeout=5) as client:
        client.ehlo()
        login(client, access(person=person), person.email)
        client.mail(person.email)
        client.rcpt("c@example.net")
        return client.data(letter())[0]


def test_no_log_line_holds_a_token(port: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    blob = b64encode(response("hunter2").encode()).decode()
    with socket.create_connection(("127.0.0.1", port), timeout=5) as raw, raw.makefile("rb") as lines:
        raw.sendall(f"EHLO x\r\nAUTH XOAUTH2 {blob}\r\n\r\n".encode())
        assert any(line.startswith(b"535") for line in lines)
    assert not any(word in caplog.text for word in (blob, "hunter2", PERSON.email))
