import tomllib
from pathlib import Path

import pytest

from tests.api.browser import Browser
from tests.api.conftest import Person
from tests.api.signing import sign


def test_the_front_door_says_what_runs_here(client: Browser, pytestconfig: pytest.Config) -> None:
    answer = client.request("GET", "/").json()
    project = tomllib.loads((Path(pytestconfig.rootpath) / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (answer["name"], answer["version"]) == (project["name"], project["version"])
    assert answer["links"]["docs"] == "/docs"


def test_a_key_learns_whose_it_is(client: Browser, person: Person) -> None:
    _, key = person.make_key()
    assert client.deliver(sign(key, "GET", "/api/services")).json() == {"your_email": "user@example.com"}


def test_operations_have_stable_names(client: Browser) -> None:
    paths = client.app.openapi()["paths"]
    names = [operation["operationId"] for path in paths.values() for operation in path.values()]
    assert {"register", "login", "refresh", "logout", "get_me", "create_api_key", "create_whitelist"} <= set(names)
