import re
from typing import Any
from uuid import UUID

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from api.middleware.request_log import mask_email
from config.log_vocabulary import LogEvent
from tests.api.browser import Browser
from tests.api.conftest import PASSWORD, Person, Start
from tests.api.signing import sign
from workers.publish import logs


def logged(client: Browser, method: str, path: str, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - httpx's
    with capture_logs() as logs:
        client.request(method, path, **arguments)
    (event,) = (dict(each) for each in logs if each["event"] == "request.served")
    return event


def test_a_request_is_one_event(client: Browser) -> None:
    event = logged(client, "GET", "/?q=secret")
    assert (event["method"], event["path"], event["status"], event["log_level"]) == ("GET", "/", 200, "info")
    assert (event["client"], event["account"]) == ("203.0.113.0/24", None)
    assert event["ms"] > 0
    assert "secret" not in str(event)


def test_who_asks_is_named_by_a_masked_address(client: Browser, person: Person) -> None:
    _, key = person.make_key()
    by_token = logged(client, "GET", "/api/user/me", headers={"Authorization": person.tokens["Authorization"]})
    signed = sign(key, "GET", "/api/services")
    by_key = logged(client, "GET", signed.url, headers=signed.headers)
    looking = logged(client, "GET", "/look", headers={"Authorization": person.tokens["Authorization"]})
    assert by_token["account"] == by_key["account"] == looking["account"] == "u***@example.com"
    assert key.access_key not in str(by_key)
    assert "user@example.com" not in str([by_token, by_key, looking])


def test_every_try_to_get_in_says_by_whom_and_how_it_ended(client: Browser, person: Person) -> None:
    path, wrong = "/api/auth/login/email", {"email": "Nobody@example.com", "pw": "wrong horse"}
    failed = logged(client, "POST", path, json=wrong)
    assert (failed["status"], failed["code"], failed["account"]) == (401, "4010011", "n***@example.com")
    got_in = logged(client, "POST", path, json={"email": person.email, "pw": PASSWORD})
    assert (got_in["status"], got_in["code"], got_in["account"]) == (200, None, "u***@example.com")
    asked = logged(client, "POST", "/api/auth/reset", json={"email": person.email})
    assert (asked["status"], asked["account"]) == (202, "u***@example.com")
    assert "horse" not in str([failed, got_in])


def test_a_refusal_says_its_code(client: Browser, person: Person) -> None:
    bearer = {"Authorization": person.tokens["Authorization"]}
    for method, path, headers, code in [
        ("GET", "/api/user/me", {}, "4010001"),
        ("GET", "/api/services?key=x", {"X-Signature": "x"}, "4000006"),
        ("DELETE", "/api/user/apikeys/0193f2a4-7c1e-7d3a-9a55-1c0f5f0e8b11", bearer, "4040003"),
        ("PUT", "/api/user/me", bearer, "4220002"),
        ("GET", "/nowhere", {}, "4040001"),
    ]:
        assert logged(client, method, path, headers=headers)["code"] == code


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/api/receipts/solapi/t0ken", "/api/receipts/solapi/***"),
        ("/api/receipts/solapi/t0ken/more", "/api/receipts/solapi/***"),
        ("/" + "x" * 500, "/" + "x" * 199),
    ],
)
def test_a_path_that_holds_a_secret_or_a_book_is_shortened(client: Browser, path: str, shown: str) -> None:
    assert logged(client, "GET", path)["path"] == shown


@pytest.mark.parametrize("said", ["0193f2a4-7c1e-7d3a-9a55-1c0f5f0e8b11", "a", "A.b_c-9", "x" * 64])
def test_a_request_keeps_the_id_it_came_with(client: Browser, said: str) -> None:
    assert client.request("GET", "/", headers={"X-Request-Id": said}).headers["x-request-id"] == said


@pytest.mark.parametrize("said", ["", "x" * 65, "a b", "a\tb", "é", '"', "a,b"])
def test_any_other_gets_a_new_one(client: Browser, said: str) -> None:
    given_id = client.request("GET", "/", headers={"X-Request-Id": said.encode("latin-1")}).headers["x-request-id"]
    assert re.fullmatch("[0-9a-f]{32}", given_id)


def test_every_event_of_a_request_carries_its_id(client: Browser) -> None:
    with capture_logs([structlog.contextvars.merge_contextvars]) as logs:
        for said in ("one", "two"):
            client.request("GET", "/", headers={"X-Request-Id": said})
    assert [event["request_id"] for event in logs] == ["one", "two"]
    assert "request_id" not in structlog.contextvars.get_contextvars()


def test_an_unexpected_error_is_answered_and_logged_once_without_its_text(client: Browser) -> None:
    with capture_logs() as logs:
        answer = client.request("GET", "/boom", headers={"X-Request-Id": "one"})
    assert (answer.status_code, answer.json()["code"], answer.headers["x-request-id"]) == (500, "5000001", "one")
    (event,) = logs
    assert (event["log_level"], event["status"], event["error"]) == ("error", 500, "RuntimeError")
    assert event["places"][-1].endswith(" boom")
    assert "5678" not in answer.text + str(event)


def test_what_is_shipped_says_whose_it_is_and_nothing_that_is_for_operators(client: Browser, person: Person) -> None:
    logs.cache_clear()
    me = {"Authorization": person.tokens["Authorization"]}
    account_id = UUID(client.request("GET", "/api/user/me", headers={**me, "X-Request-Id": "one"}).json()["id"])
    client.request("GET", "/boom?q=secret", headers={"X-Request-Id": "two"})
    (_, first), (_, second) = logs()._records
    assert (first.account_id, first.request_id, first.event) == (account_id, "one", LogEvent.REQUEST_SERVED)
    assert (second.account_id, second.request_id) == (None, "two")
    for record, path, status in ((first, "/api/user/me", 200), (second, "/boom", 500)):
        assert record.detail.keys() == {"method", "path", "status", "ms", "client", "code"}
        assert (record.detail["path"], record.detail["status"]) == (path, status)
    logs.cache_clear()


def test_with_no_sink_nothing_gathers(start: Start, sqlite_url: str) -> None:
    logs.cache_clear()
    start(sqlite_url, LOG_SINK="none").request("GET", "/")
    assert not logs()._records


@given(st.emails())
def test_a_masked_address_shows_one_letter_and_the_domain(email: str) -> None:
    name, _, domain = email.rpartition("@")
    assert mask_email(email) == f"{name[0]}***@{domain}"
