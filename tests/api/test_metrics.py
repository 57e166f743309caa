"""What the API's numbers say of requests, and who may read them."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families

from api import errors, metrics
from api.intake import Intake
from api.middleware.request_log import RequestLog
from api.routes import health, services
from api.state import State
from config.settings import settings
from config.vocabulary import Channel, Lane
from models.session import make_engine
from tests.api.browser import Browser

TOKEN = "a token of the tests"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    monkeypatch.setenv("ALRIM_ENV", "test")
    monkeypatch.setenv("ALRIM_LOG_SINK", "none")
    settings.cache_clear()
    metrics.meters.cache_clear()
    app = FastAPI()
    errors.install(app)
    app.include_router(health.router)
    app.include_router(services.router)
    app.add_middleware(RequestLog)
    app.state.alrim = State(Intake(make_engine("sqlite://")))
    browser = Browser(app)
    yield browser
    browser.close()
    settings.cache_clear()


def numbers(browser: Browser) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(browser.request("GET", "/metrics").text)
    return {(sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples}


def test_requests_are_counted_by_their_route_as_it_is_declared(browser: Browser) -> None:
    for path in ("/health", "/health?x=1", "/api/nobody/0190", "/api/nobody/0191"):
        browser.request("GET", path)
    browser.request("BREW", "/health")
    browser.request("POST", "/api/services/solapi/send")
    found = numbers(browser)
    counted = {name[1:]: value for name, value in found.items() if name[0] == "alrim_http_request_seconds_count"}
    assert counted == {
        ("GET", "/health", "503"): 2,
        ("GET", "none", "404"): 2,
        ("POST", "/api/services/solapi/send", "401"): 1,
        ("other", "/health", "405"): 1,
    }


def test_what_was_accepted_dropped_and_what_runs(browser: Browser) -> None:
    metrics.accepted(Channel.SES, Lane.BULK, 3)
    found = numbers(browser)
    assert found["alrim_accepted_total", "ses", "bulk"] == 3
    assert found["alrim_log_records_dropped_total",] == 0
    assert found["alrim_intake_broker_away",] == 0
    assert found["alrim_build_info", "0.1.0"] == 1


@pytest.mark.parametrize(
    ("env", "token", "headers", "status"),
    [
        ("test", "", {}, 200),
        ("test", TOKEN, {}, 401),
        ("test", TOKEN, BEARER, 200),
        ("prod", TOKEN, BEARER, 200),
        ("prod", TOKEN, {"Authorization": "Bearer another"}, 401),
        ("prod", TOKEN, {"Authorization": "Bearer \u00ff"}, 401),
        ("prod", "", {}, 401),
        ("prod", "", {"Authorization": "Bearer "}, 401),
    ],
)
def test_who_may_read_them(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, env: str, token: str, headers: dict[str, str], status: int
) -> None:
    monkeypatch.setenv("ALRIM_ENV", env)
    monkeypatch.setenv("ALRIM_METRICS_TOKEN", token)
    settings.cache_clear()
    said = {name: value.encode("latin-1") for name, value in headers.items()}
    assert browser.request("GET", "/metrics", headers=said).status_code == status
