from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from ipaddress import ip_address

import pytest
from httpx import Response

from api.errors import ApiError, Code
from api.security.throttle import LOGIN_FROM, PASSWORD, Gauge, Rule, forgive, take
from models.session import transaction
from models.throttle import Throttle
from models.types import utc_now
from tests.api.browser import Browser
from tests.api.conftest import PASSWORD as PASSPHRASE
from tests.api.conftest import Start

ME = {"email": "user@example.com", "pw": PASSPHRASE}
pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]
SECOND = timedelta(seconds=1)
OWN = Rule("own", 3, SECOND * 10, SECOND * 60, SECOND * 3600)
SHARED = Rule("shared", 3, SECOND * 10, SECOND * 60, SECOND * 3600, shared=True)


def wait(*gauges: Gauge) -> int:
    """Try: how many seconds it says to wait; 0 means that the try was let through."""
    try:
        take(*gauges)
    except ApiError as error:
        return int(error.headers["Retry-After"]) if error.code is Code.TOO_MANY_TRIES else -1
    return 0


def later(gauge: Gauge, by: timedelta) -> None:
    """Let time pass for a gauge."""
    with transaction() as session:
        row = session.get_one(Throttle, gauge.row_id)
        row.until = None if row.until is None else row.until - by
        row.forgotten_at -= by


def tries(gauge: Gauge) -> int:
    with transaction() as session:
        row = session.get(Throttle, gauge.row_id)
        return 0 if row is None else row.tries


def test_waits_grow_up_to_the_longest() -> None:
    waits = [OWN.wait(tries) / SECOND for tries in range(1, 9)]
    assert waits == [0, 0, 0, 10, 20, 40, 60, 60]
    assert OWN.wait(10**6) == SECOND * 60


def test_who_tries_too_often_waits_longer_and_longer() -> None:
    gauge = OWN.of("user@example.com")
    assert [wait(gauge) for _ in range(4)] == [0] * 4
    assert wait(gauge) == 10
    # A try that was not let through costs nothing.
    assert wait(gauge) == 10
    later(gauge, SECOND * 10)
    assert (wait(gauge), wait(gauge)) == (0, 20)


def test_after_a_rest_all_is_forgotten() -> None:
    gauge = OWN.of("user@example.com")
    for _ in range(4):
        take(gauge)
    later(gauge, SECOND * 3600)
    assert [wait(gauge) for _ in range(4)] == [0] * 4


def test_nothing_is_counted_where_one_gauge_says_to_wait() -> None:
    full, free = OWN.of("a"), SHARED.of("b")
    for _ in range(4):
        take(full)
    assert wait(full, free) == 10
    assert tries(free) == 0


def test_success_forgets_ones_own_tries_and_of_shared_ones_the_last_alone() -> None:
    own, shared = OWN.of("a"), SHARED.of("b")
    for _ in range(3):
        take(own, shared)
    with transaction() as session:
        forgive(session, own, shared)
    assert (tries(own), tries(shared)) == (0, 2)


def test_many_at_once_find_no_gap() -> None:
    gauge = OWN.of("user@example.com")
    with ThreadPoolExecutor(12) as pool:
        let = [waited == 0 for waited in pool.map(lambda _: wait(gauge), range(12))]
    # Three are free, the next begins the wait.
    assert sum(let) == 4
    assert tries(gauge) == 4


def test_whose_it_is_is_not_stored_and_nobody_shares_it() -> None:
    one = PASSWORD.of("user@example.com")
    assert one.row_id != PASSWORD.of("other@example.com").row_id
    assert one.row_id != LOGIN_FROM.of("user@example.com").row_id
    assert one == PASSWORD.of("user@example.com")


def test_an_address_of_ipv6_is_its_network() -> None:
    one, same, other = (LOGIN_FROM.of(ip_address(each)) for each in ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"))
    assert one == same
    assert one != other
    assert LOGIN_FROM.of(ip_address("192.0.2.1")) != LOGIN_FROM.of(ip_address("192.0.2.2"))


def test_what_is_forgotten_has_a_time() -> None:
    gauge = OWN.of("a")
    take(gauge)
    with transaction() as session:
        left = session.get_one(Throttle, gauge.row_id).forgotten_at - utc_now()
    assert SECOND * 3590 < left <= SECOND * 3600


def enter(client: Browser, email: str = ME["email"], pw: str = ME["pw"], how: str = "login") -> Response:
    return client.request("POST", f"/api/auth/{how}/email", json={"email": email, "pw": pw})


def guess(client: Browser, email: str = "user@example.com", number: int = 1) -> list[int]:
    return [enter(client, email, "wrong horse").status_code for _ in range(number)]


def test_guessing_is_locked_out_and_nobody_else(start: Start, database_url: str) -> None:
    client = start(database_url)
    tokens = enter(client, how="register").json()
    enter(client, "other@example.com", how="register")
    assert guess(client, number=20) == [*[401] * 6, *[429] * 14]
    # The right password does not help now, nor does it tell that it is the right one.
    answer = enter(client)
    assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (429, "4290003", "2")
    # The owner's login goes on, and so does everybody else's.
    me = client.request("GET", "/api/user/me", headers={"Authorization": tokens["Authorization"]})
    assert me.status_code == 200
    renewal = client.request("POST", "/api/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    assert renewal.status_code == 200
    assert enter(client, "other@example.com").status_code == 200


def test_an_account_that_does_not_exist_is_locked_out_the_same_way(client: Browser) -> None:
    enter(client, how="register")
    assert guess(client, number=8) == guess(client, "nobody@example.com", 8)


def test_many_accounts_guessed_from_one_address_lock_the_address_out(client: Browser) -> None:
    enter(client, how="register")
    seen = [guess(client, f"user{number}@example.com")[0] for number in range(33)]
    assert seen == [*[401] * 31, 429, 429]
    assert enter(client).status_code == 429


def test_who_remembers_in_the_end_is_forgiven(client: Browser) -> None:
    enter(client, how="register")
    for _ in range(3):
        guess(client, number=5)
        assert enter(client).status_code == 200
