import time
from collections.abc import Iterator

import pytest
import requests

from sandbox.settings import Settings
from tests.sandbox.running import Api, api

SETTINGS = Settings(port=0, smtp_port=0, seed=1)
BALANCE = "/solapi/cash/v1/balance"


@pytest.fixture(scope="module")
def started() -> Iterator[Api]:
    with api(SETTINGS) as started:
        yield started


@pytest.fixture(autouse=True)
def _no_faults(started: Api) -> Iterator[None]:
    yield
    started.session.delete(f"{started.base}/faults", timeout=10)


def get(started: Api, path: str = BALANCE) -> requests.Response:
    return started.session.get(started.base + path, timeout=10)


@pytest.mark.parametrize(
    ("channel", "path", "status", "body"),
    [
        ("solapi", BALANCE, 503, {"errorCode": "InternalError"}),
        ("solapi", BALANCE, 402, {"errorCode": "NotEnoughBalance"}),
        ("kakao", "/kakao/api/v2/user/me", 503, {"code": -9798}),
        ("kakao", "/kakao/auth/oauth/token", 500, {"code": -1}),
        ("google", "/google/userinfo", 503, {"error": "internal_failure"}),
        ("ses", "/aws/v2/email/outbound-emails", 500, {"message": "a fault of the sandbox"}),
    ],
)
def test_a_status_comes_in_the_vendors_words(
    started: Api, channel: str, path: str, status: int, body: dict[str, object]
) -> None:
    started.fault(channel=channel, kind="status", rate=1, status=status)
    answer = get(started, path)
    assert answer.status_code == status
    assert body.items() <= answer.json().items()


def test_amazon_names_its_error_in_a_header(started: Api) -> None:
    started.fault(channel="ses", kind="throttle", rate=1, seconds=1.5)
    answer = get(started, "/aws/v2/email/outbound-emails")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "2")
    assert answer.headers["x-amzn-ErrorType"] == "TooManyRequestsException"


def test_a_throttle_says_when_to_come_again(started: Api) -> None:
    started.fault(channel="solapi", kind="throttle", rate=1)
    answer = get(started)
    assert (answer.status_code, answer.headers["Retry-After"], answer.json()["errorCode"]) == (
        429,
        "1",
        "TooManyRequests",
    )


def test_latency_delays_and_lets_through(started: Api) -> None:
    started.fault(channel="solapi", kind="latency", rate=1, seconds=0.2)
    began = time.monotonic()
    assert get(started).status_code == 200
    assert time.monotonic() - began >= 0.2


def test_a_reset_comes_before_anything_happens(started: Api) -> None:
    started.fault(channel="solapi", kind="reset_before", rate=1)
    with pytest.raises(requests.ConnectionError):
        started.call("POST", "/messages/v4/groups", {})
    started.session.delete(f"{started.base}/faults", timeout=10)
    assert started.call("GET", "/messages/v4/groups")[1]["groupList"] == {}


def test_other_channels_and_the_inbox_are_spared(started: Api) -> None:
    for kind in ("status", "reset_before"):
        started.fault(channel="kakao", kind=kind, rate=1)
    assert get(started).status_code == 200
    assert get(started, "/inbox.json").status_code == 200


def test_a_rate_is_a_share(started: Api) -> None:
    started.fault(channel="solapi", kind="status", rate=0.5)
    statuses = [get(started).status_code for _ in range(60)]
    assert 15 < statuses.count(503) < 45
    assert set(statuses) == {200, 503}
