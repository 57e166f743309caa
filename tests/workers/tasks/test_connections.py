"""Connections are tried out and renewed against the sandbox, over real HTTP and on real databases."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
import requests
from fastapi import FastAPI

from config.settings import settings
from config.vocabulary import Channel, ConnectionStatus, State
from models import credentials, gate, renewal
from models.connection import Connection
from models.session import transaction
from models.types import new_id, utc_now
from sandbox import main, state
from sandbox.faults import Faults
from sandbox.inbox import Inbox
from sandbox.settings import Settings
from tests import rows
from tests.sandbox.serving import served
from tests.workers.tasks.connecting import Clock, beat, owned, read, send, send_again
from tests.workers.tasks.gmail_consent import ENDED, GRANTED, consented, google, refused_at_gmail
from tests.workers.transports.mailservers import TOKEN
from workers.tasks import connections
from workers.tasks.connections import try_out

HOUR = timedelta(hours=1)
BACK = "http://127.0.0.1/back"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(connections, "utc_now", clock)
    return clock


@pytest.fixture
def provider(clock: Clock, database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The sandbox, whose time is the clock's; its address is the vendors'."""
    assert database
    app: FastAPI = main.create(state.State(Settings(), Inbox(), Faults(1), clock))
    with served("", app.router) as base:
        for name, path in {
            "KAKAO_API_BASE_URL": "kakao/api",
            "KAKAO_AUTH_BASE_URL": "kakao/auth",
            "SOLAPI_BASE_URL": "solapi",
            "AWS_ENDPOINT_URL": "aws",
        }.items():
            monkeypatch.setenv(f"ALRIM_{name}", f"{base}/{path}")
        settings.cache_clear()
        yield base


def consent(base: str, clock: Clock) -> UUID:
    """Consent as a person does in his browser, and connect what comes of it."""
    asked = {"client_id": "sandbox", "redirect_uri": BACK, "response_type": "code", "prompt": "none"}
    back = requests.get(f"{base}/kakao/auth/oauth/authorize", params=asked, allow_redirects=False, timeout=5)
    code = back.headers["Location"].partition("code=")[2]
    form = {"grant_type": "authorization_code", "client_id": "sandbox", "redirect_uri": BACK, "code": code}
    said = requests.post(f"{base}/kakao/auth/oauth/token", data=form, timeout=5).json()
    known = {name: said[name] for name in ("access_token", "refresh_token")}
    return owned(Channel.KAKAO, known, renew_at=clock.now + timedelta(seconds=said["expires_in"]) / 2)


@pytest.mark.store
def test_ninety_days_pass_without_a_failed_message(provider: str, clock: Clock) -> None:
    """Kakao's access token lives six hours, its refresh token sixty days, and is replaced in its last month."""
    connection, began, renewals = consent(provider, clock), clock.now, 0
    first = credentials.reveal(read(connection))
    while clock.now < began + timedelta(days=90):
        for _ in range(4):
            clock.now += 2 * HOUR
            renewals += beat(clock)
        sent = rows.read(send(connection))
        assert (sent.status, sent.attempt, sent.code) == (State.SENT, 1, None), clock.now - began
    # Due after half of six hours, looked at every two.
    assert renewals == 90 * 24 / 4
    last = credentials.reveal(read(connection))
    assert last["refresh_token"] != first["refresh_token"]


@pytest.mark.store
def test_a_token_that_was_refused_is_renewed_at_once_and_its_message_goes(provider: str, clock: Clock) -> None:
    connection = consent(provider, clock)
    with transaction() as session:
        # As if it had been made invalid long before its end.
        session.get_one(Connection, connection).renew_at = utc_now() + 100 * HOUR
    clock.now += 7 * HOUR
    row_id = send(connection)
    waiting, closed = rows.read(row_id), read(connection)
    assert (waiting.status, waiting.tries, waiting.code) == (State.QUEUED, 0, "-401")
    assert closed.closed_until is not None
    assert closed.closed_until - utc_now() <= timedelta(seconds=5)
    clock.now = utc_now()
    assert beat(clock) == 1
    assert beat(clock) == 0
    assert send_again(row_id).status is State.SENT
    assert read(connection).closed_until is None


@pytest.mark.usefixtures("database")
@pytest.mark.store
def test_a_token_that_gmail_refused_is_renewed_at_once_and_its_mail_goes(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    with google(monkeypatch, GRANTED) as (inbox, asked):
        connection, row_id = refused_at_gmail(clock)
        assert (beat(clock), beat(clock)) == (1, 0)
        assert send_again(row_id).status is State.SENT
    assert [mail.rcpt_tos for mail in inbox.mails] == [["a@example.com"]]
    row, [request] = read(connection), asked
    assert b"refresh_token=1%2F%2Fr" in request
    assert (row.closed_until, row.renew_at) == (None, clock.now + timedelta(seconds=3599) / 2)
    assert credentials.reveal(row) == consented(TOKEN)


@pytest.mark.usefixtures("database")
@pytest.mark.store
def test_a_gmail_consent_that_ended_says_how_to_help(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    with google(monkeypatch, ENDED):
        connection, row_id = refused_at_gmail(clock)
        assert beat(clock) == 1
        ended = read(connection)
        assert (ended.status, ended.renew_at) == (ConnectionStatus.NEEDS_REAUTH, None)
        assert ended.problem == "Google does not renew this consent any more: connect it again"
        # What is known better is not said worse by the next refusal.
        assert send_again(row_id).status is State.QUEUED
        assert read(connection).problem == ended.problem
        assert try_out(connection) == "refused"
    assert read(connection).problem == "the mail server refused the login (535-5.7.8): connect it again"


@pytest.mark.usefixtures("database")
@pytest.mark.store
def test_a_login_that_a_new_token_does_not_help_is_not_tried_again_and_again(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    with google(monkeypatch, GRANTED) as (inbox, asked):
        inbox.tokens.clear()
        connection, row_id = refused_at_gmail(clock)
        assert beat(clock) == 1
        assert read(connection).status is ConnectionStatus.ACTIVE
        assert send_again(row_id).status is State.QUEUED
        clock.now = utc_now()
        assert beat(clock) == 0
        assert len(asked) == 1
    row = read(connection)
    assert row.status is ConnectionStatus.NEEDS_REAUTH
    assert row.closed_until is not None
    assert row.closed_until - utc_now() > gate.RESTS_FOR - timedelta(minutes=1)


@pytest.mark.store
def test_a_consent_that_ended_waits_for_its_owner(provider: str, clock: Clock) -> None:
    connection = consent(provider, clock)
    clock.now += timedelta(days=61)
    assert beat(clock) == 1
    row = read(connection)
    assert (row.status, row.renew_at) == (ConnectionStatus.NEEDS_REAUTH, None)
    assert "connect it again" in (row.problem or "")
    assert beat(clock) == 0


@pytest.mark.usefixtures("provider")
@pytest.mark.store
def test_a_login_server_that_is_away_is_asked_again(
    provider: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = consent(provider, clock)
    clock.now += 4 * HOUR
    with monkeypatch.context() as away:
        away.setenv("ALRIM_KAKAO_AUTH_BASE_URL", "http://127.0.0.1:9")
        settings.cache_clear()
        assert beat(clock) == 1
    row = read(connection)
    assert (row.status, row.renew_at) == (ConnectionStatus.ACTIVE, clock.now + renewal.TURN)
    assert "did not answer" in (row.problem or "")
    settings.cache_clear()
    clock.now += 2 * renewal.TURN
    assert beat(clock) == 1
    assert read(connection).problem is None


@pytest.mark.store
@pytest.mark.parametrize(
    ("channel", "good", "bad"),
    [
        (Channel.KAKAO, {"access_token": "sandbox"}, {"access_token": "x"}),
        (Channel.SOLAPI, {"api_key": "sandbox", "api_secret": "sandbox"}, {"api_secret": "x"}),
        (
            Channel.SES,
            {
                "access_key_id": "sandbox",
                "secret_access_key": "sandbox",
                "region": "ap-northeast-2",
                "from": "alrim@example.com",
            },
            {"secret_access_key": "x"},
        ),
    ],
)
def test_the_verdict_on_credentials_is_written_to_the_connection(
    provider: str, clock: Clock, channel: Channel, good: dict[str, str], bad: dict[str, str]
) -> None:
    assert provider
    clock.now = utc_now()
    connection = owned(channel, good | bad)
    assert try_out(connection) == "refused"
    row = read(connection)
    assert (row.status, row.tested_at) == (ConnectionStatus.NEEDS_REAUTH, clock.now)
    assert row.problem
    with transaction() as session:
        session.get_one(Connection, connection).secrets = credentials.seal(connection, good)
    assert try_out(connection) == "usable"
    row = read(connection)
    assert (row.status, row.problem) == (ConnectionStatus.ACTIVE, None)
    assert try_out(new_id()) == "gone"


@pytest.mark.usefixtures("database")
@pytest.mark.store
def test_a_mail_server_that_is_away_says_nothing_about_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALRIM_GMAIL_PORT", "9")
    settings.cache_clear()
    connection = owned(Channel.GMAIL, {"user": "a@example.com", "password": "p"})
    assert try_out(connection) == "unheard"
    row = read(connection)
    assert (row.status, row.problem) == (ConnectionStatus.ACTIVE, "the mail server gave no answer (refused)")


@pytest.mark.usefixtures("database")
@pytest.mark.store
def test_what_cannot_be_read_or_renewed_is_said(clock: Clock) -> None:
    broken = owned(Channel.KAKAO, {}, renew_at=clock.now)
    static = owned(Channel.SOLAPI, {"api_key": "k"}, renew_at=clock.now)
    with transaction() as session:
        session.get_one(Connection, broken).secrets = b"x"
    assert try_out(broken) == "refused"
    assert beat(clock) == 2
    assert {read(each).status for each in (broken, static)} == {ConnectionStatus.NEEDS_REAUTH}
