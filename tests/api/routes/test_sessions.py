"""Where one is logged in, and an end to it."""

import pytest

from tests.api.browser import Browser
from tests.api.conftest import Person, Start

pytestmark = pytest.mark.store


def test_one_sees_where_one_is_logged_in_and_ends_it(start: Start, database_url: str) -> None:
    client = start(database_url)
    here, there = Person(client, "user@example.com").register(), Person(client, "user@example.com").log_in()
    logins = here.ask("GET", "/api/user/sessions").json()
    assert [each["is_current"] for each in logins] == [True, False]
    assert {each["address"] for each in logins} == {"203.0.113.7"}
    assert all(each["agent"].startswith("python-httpx") for each in logins)
    assert here.ask("DELETE", f"/api/user/sessions/{logins[1]['id']}").status_code == 204
    assert there.ask("GET", "/api/user/me").json()["code"] == "4010009"
    refresh = {"refresh_token": there.tokens["refresh_token"]}
    assert client.request("POST", "/api/auth/refresh", json=refresh).status_code == 401
    assert [each["id"] for each in here.ask("GET", "/api/user/sessions").json()] == [logins[0]["id"]]


def test_all_others_end_at_once(client: Browser) -> None:
    here, *others = (
        Person(client, "user@example.com").register(),
        *(Person(client, "user@example.com").log_in() for _ in range(3)),
    )
    assert here.ask("DELETE", "/api/user/sessions").status_code == 204
    assert [each.ask("GET", "/api/user/me").status_code for each in (here, *others)] == [200, 401, 401, 401]


def test_ones_own_login_can_be_ended_too_and_logging_out_ends_its_token(client: Browser) -> None:
    here = Person(client, "user@example.com").register()
    [login] = here.ask("GET", "/api/user/sessions").json()
    assert here.ask("DELETE", f"/api/user/sessions/{login['id']}").status_code == 204
    assert here.ask("GET", "/api/user/me").status_code == 401
    again = here.log_in()
    client.request("POST", "/api/auth/logout", json={"refresh_token": again.tokens["refresh_token"]})
    assert again.ask("GET", "/api/user/me").status_code == 401


def test_anothers_login_is_as_good_as_none(client: Browser) -> None:
    me, other = Person(client, "user@example.com").register(), Person(client, "other@example.com").register()
    [login] = other.ask("GET", "/api/user/sessions").json()
    answer = me.ask("DELETE", f"/api/user/sessions/{login['id']}")
    assert (answer.status_code, answer.json()["code"]) == (404, "4040009")
    assert other.ask("GET", "/api/user/me").status_code == 200
