"""The OpenAPI document holds: whatever it allows, and much that it does not, gets an answer that it describes.

Schemathesis makes the requests, this module signs them as a client would: with a key where one is taken, with an
access token elsewhere. Ids are real ones every other time.
"""

import re
import uuid
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import one_of
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.flows.client import Client
from tests.flows.conftest import installed
from tests.flows.stack import Stack
from tests.servers.redis import RedisServer

pytestmark = pytest.mark.flow

EXAMPLES: Final = 16
"""Requests of each operation and each way to say who one is."""
CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SIGNED: Final = "/api/services"
CREDENTIALS: Final = ("authorization", "x-signature", "secret")
SMS: Final = {"to": "01012345678", "from": "0212345678", "text": "hi"}
asked: Counter[str] = Counter()


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory, redis_server: RedisServer) -> Iterator[Stack]:
    """An API and its broker; nobody sends, so that nothing changes by itself."""
    with installed(tmp_path_factory, redis_server, "sandbox", "web") as running:
        yield running


@cache
def someone(api: str, operation: str) -> tuple[Client, dict[str, str]]:
    """Whoever asks for one operation, and ids of what is his: what one operation ends ends for no other."""
    assert operation
    client = Client.register(api)
    own = {"Authorization": client.bearer}
    keys = requests.get(f"{api}/api/user/apikeys", headers=own, timeout=10).json()
    network = {"network": "127.0.0.1"}
    entry = requests.post(f"{api}/api/user/apikeys/{keys[0]['id']}/whitelists", json=network, headers=own, timeout=10)
    sessions = requests.get(f"{api}/api/user/sessions", headers=own, timeout=10).json()
    given = {"credentials": {"channel": "solapi", "api_key": "sandbox", "api_secret": "sandbox"}}
    connection = requests.post(f"{api}/api/user/connections", json=given, headers=own, timeout=10)
    batch = client.post(
        "/api/services/batches", {"channel": "solapi", "message": {k: SMS[k] for k in ("from", "text")}}
    )
    return client, {
        "key_id": keys[0]["id"],
        "whitelist_id": entry.json()["id"],
        "connection_id": connection.json()["id"],
        "batch_id": batch.json()["id"],
        "notification_id": client.send("solapi", SMS),
        "sns_type": "email",
        "session_id": sessions[0]["id"],
        "identity_id": entry.json()["id"],
    }


def ask(case: Case[Any], api: str, *, by_key: bool) -> requests.Response:
    """Send what was made, with real ids every other time, and with credentials that hold."""
    client, ids = someone(api, case.operation.label)
    asked[case.operation.label] += 1
    if asked[case.operation.label] % 2:
        for name in case.path_parameters or {}:
            case.path_parameters[name] = ids.get(name, case.path_parameters[name])
    made = requests.Request(**{**case.as_transport_kwargs(base_url=api), "cookies": None})
    made.headers = {name: value for name, value in dict(made.headers).items() if name.lower() not in CREDENTIALS}
    prepared = made.prepare()
    if by_key:
        path, _, query = (prepared.path_url).partition("?")
        body = prepared.body if isinstance(prepared.body, bytes) else (prepared.body or "").encode()
        name = uuid.uuid4().hex if prepared.method == "POST" else ""
        url, headers = client.signed(prepared.method or "", path, body, name, query)
        prepared.url = url
        prepared.headers.update(headers)
    else:
        prepared.headers["Authorization"] = client.bearer
    with requests.Session() as session:
        return session.send(prepared, timeout=10, allow_redirects=False)


def perform(api: str, pattern: str, *, by_key: bool) -> int:
    """Ask for every operation whose path matches, and hold each answer against the document; how many were asked."""
    number = 0
    for found in schemathesis.openapi.from_url(f"{api}/openapi.json").get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()
        # A stream of a batch that nobody sends would have no end.
        if not re.search(pattern, operation.path) or operation.path.endswith("/events"):
            continue

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
            derandomize=True,
            database=None,
        )
        @given(one_of(*(operation.as_strategy(generation_mode=mode) for mode in GenerationMode)))
        def hold(case: Case[Any]) -> None:
            nonlocal number
            number += 1
            case.validate_response(ask(case, api, by_key=by_key), checks=CHECKS)

        hold()
    return number


@pytest.mark.parametrize("part", ["^/api/auth", "^/api/user", "^(?!/api/(auth|user))"])
def test_every_answer_to_a_person_is_described(described: Stack, part: str) -> None:
    assert perform(described.api, part, by_key=False) > EXAMPLES


def test_every_answer_to_a_key_is_described(described: Stack) -> None:
    assert perform(described.api, f"^{SIGNED}", by_key=True) > EXAMPLES
