from collections.abc import Iterator

import pytest
import requests

from sandbox import main, state
from sandbox.settings import Settings
from tests.sandbox.running import running


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with running(Settings(port=0, smtp_port=0)) as base:
        yield base


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/inbox.json", 200),
        ("GET", "/faults", 200),
        ("GET", "/solapi/cash/v1/balance", 400),
        ("POST", "/kakao/auth/oauth/token", 401),
        ("POST", "/kakao/api/v2/api/talk/memo/default/send", 401),
        ("POST", "/google/token", 401),
        ("GET", "/google/userinfo", 401),
        ("POST", "/aws/v2/email/outbound-emails", 403),
        ("GET", "/docs", 404),
        ("GET", "/openapi.json", 404),
    ],
)
def test_every_provider_is_there_and_demands_its_credentials(base: str, method: str, path: str, status: int) -> None:
    assert requests.request(method, base + path, timeout=5).status_code == status


def test_the_state_can_be_reached() -> None:
    shared = state.new(Settings())
    assert main.create(shared).state.sandbox is shared
