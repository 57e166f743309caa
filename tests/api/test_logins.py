"""How long a login goes on."""

from datetime import timedelta

import pytest

from api import logins
from models.login_session import LoginSession
from models.session import transaction
from models.types import utc_now
from tests.api.browser import Browser
from tests.api.conftest import Person

pytestmark = pytest.mark.store
DAY = timedelta(days=1)


def renew(client: Browser, person: Person) -> int:
    answer = client.request("POST", "/api/auth/refresh", json={"refresh_token": person.tokens["refresh_token"]})
    person.tokens = answer.json()
    return answer.status_code


def began(days: int) -> None:
    with transaction() as session:
        LoginSession.filter(session)[0].created_at = utc_now() - days * DAY


def left() -> timedelta:
    with transaction() as session:
        return LoginSession.filter(session)[0].expires_at - utc_now()


def test_a_login_that_is_renewed_goes_on_for_ninety_days_and_no_longer(client: Browser, person: Person) -> None:
    assert logins.LONGEST == 90 * DAY
    began(days=50)
    assert renew(client, person) == 200
    assert 29 * DAY < left() <= 30 * DAY
    began(days=88)
    assert renew(client, person) == 200
    assert DAY < left() <= 2 * DAY
    began(days=91)
    assert renew(client, person) == 200
    assert left() < timedelta(0)
    assert person.ask("GET", "/api/user/me").status_code == 401
    assert renew(client, person) == 401


def test_an_access_token_ends_with_its_login(person: Person) -> None:
    with transaction() as session:
        LoginSession.filter(session)[0].expires_at = utc_now()
    assert person.ask("GET", "/api/user/me").json()["code"] == "4010009"
