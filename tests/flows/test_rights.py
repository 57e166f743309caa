"""Who may do what: every route asked by every kind of caller, on the whole application and a real database.

A route that the matrix does not name fails the test. Each question has a world of its own: a user with a key, a
notification, a batch and a connection; another user with a key; an operator.
"""

import base64
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from fastapi import FastAPI

from api.installation import upsert_connections
from api.intake import Intake
from api.main import create_app
from api.security import passwords, tokens
from api.security.keys import SECRET_PLACE, _remembered
from api.security.quota import quota
from api.state import State as ApiState
from config.settings import settings
from config.vocabulary import BatchState, Channel, KeyKind, KeyStatus, Role, State
from models import credentials
from models.account import Account
from models.api_key import ApiKey
from models.connection import Connection
from models.schema import metadata
from models.sealing import sealer
from models.session import engine, make_autocommit_engine, transaction
from models.types import new_id, utc_now
from models.whitelist import Whitelist
from tests.api.browser import Browser
from tests.api.signing import Key, Sent, sign
from tests.rows import a_batch, a_row

pytestmark = pytest.mark.flow

PASSWORD = "correct horse"
CALLERS = ("nobody", "user", "other", "operator", "key", "foreign", "revoked", "test", "reading")
MATRIX: Final = {
    # Sending: by key only. A test key sends to the sandbox, a reading one not at all.
    "POST /api/services/kakao/send": "401 401 401 401 202 202 401 202 403",
    "POST /api/services/solapi/send": "401 401 401 401 202 202 401 202 403",
    "POST /api/services/email/send": "401 401 401 401 202 202 401 202 403",
    "POST /api/services/batches": "401 401 401 401 202 202 401 202 403",
    "PUT /api/services/batches/{batch_id}/recipients": "401 401 401 401 409 404 401 409 403",
    "GET /api/services": "401 401 401 401 200 200 401 200 200",
    # Looking: one's own account's, an operator everybody's.
    "GET /api/services/notifications": "401 200 200 200 200 200 401 200 200",
    "GET /api/services/notifications/{notification_id}": "401 200 404 200 200 404 401 200 200",
    "GET /api/services/batches": "401 200 200 200 200 200 401 200 200",
    "GET /api/services/batches/{batch_id}": "401 200 404 200 200 404 401 200 200",
    "GET /api/services/batches/{batch_id}/rejects": "401 200 404 200 200 404 401 200 200",
    "GET /api/services/batches/{batch_id}/events": "401 200 404 200 200 404 401 200 200",
    # Deciding: the same, but not with a reading key.
    "POST /api/services/notifications/{notification_id}/cancel": "401 200 404 200 200 404 401 200 403",
    "POST /api/services/notifications/{notification_id}/resend": "401 409 404 409 409 404 401 409 403",
    "POST /api/services/notifications/{notification_id}/resolve": "401 409 404 409 409 404 401 409 403",
    "POST /api/services/notifications/replay": "401 200 200 200 200 200 401 200 403",
    "POST /api/services/batches/{batch_id}/pause": "401 409 404 409 409 404 401 409 403",
    "POST /api/services/batches/{batch_id}/resume": "401 409 404 409 409 404 401 409 403",
    "POST /api/services/batches/{batch_id}/cancel": "401 409 404 409 409 404 401 409 403",
    # One's own account: a person only. No key opens it, and no operator looks into another's.
    "GET /api/user/me": "401 200 200 200 401 401 401 401 401",
    "PUT /api/user/me": "401 200 200 200 401 401 401 401 401",
    "DELETE /api/user/me": "401 204 204 204 401 401 401 401 401",
    "GET /api/user/apikeys": "401 200 200 200 401 401 401 401 401",
    "POST /api/user/apikeys": "401 201 201 201 401 401 401 401 401",
    "PUT /api/user/apikeys/{key_id}": "401 200 404 404 401 401 401 401 401",
    "DELETE /api/user/apikeys/{key_id}": "401 204 404 404 401 401 401 401 401",
    "POST /api/user/apikeys/{key_id}/rotate": "401 200 404 404 401 401 401 401 401",
    "POST /api/user/apikeys/{key_id}/stop": "401 200 404 200 401 401 401 401 401",
    "POST /api/user/apikeys/{key_id}/resume": "401 200 404 404 401 401 401 401 401",
    "GET /api/user/apikeys/{key_id}/whitelists": "401 200 404 404 401 401 401 401 401",
    "POST /api/user/apikeys/{key_id}/whitelists": "401 201 404 404 401 401 401 401 401",
    "DELETE /api/user/apikeys/{key_id}/whitelists/{whitelist_id}": "401 204 404 404 401 401 401 401 401",
    "GET /api/user/connections": "401 200 200 200 401 401 401 401 401",
    "POST /api/user/connections": "401 201 201 201 401 401 401 401 401",
    "GET /api/user/connections/{connection_id}": "401 200 404 404 401 401 401 401 401",
    "PUT /api/user/connections/{connection_id}": "401 200 404 404 401 401 401 401 401",
    "DELETE /api/user/connections/{connection_id}": "401 204 404 404 401 401 401 401 401",
    # 503: nobody can be called, the broker of this test is away.
    "POST /api/user/connections/{connection_id}/test": "401 503 404 404 401 401 401 401 401",
    "POST /api/user/connections/kakao/authorize": "401 200 200 200 401 401 401 401 401",
    # Open to everybody: what they need is in the request itself.
    "GET /api/auth/kakao/callback": "400 400 400 400 400 400 400 400 400",
    "POST /api/auth/register/{sns_type}": "409 409 409 409 409 409 409 409 409",
    "POST /api/auth/login/{sns_type}": "200 200 200 200 200 200 200 200 200",
    "POST /api/auth/refresh": "401 401 401 401 401 401 401 401 401",
    "POST /api/auth/logout": "401 401 401 401 401 401 401 401 401",
    "POST /api/receipts/solapi/{token}": "404 404 404 404 404 404 404 404 404",
    "GET /": "200 200 200 200 200 200 200 200 200",
    "GET /health": "200 200 200 200 200 200 200 200 200",
    "GET /ready": "200 200 200 200 200 200 200 200 200",
}
RECIPIENT: Final = {"to": "01012345678"}
SMS: Final = {"from": "0212345678", "text": "hi"}
BODIES: Final[dict[str, Any]] = {
    "POST /api/services/kakao/send": {"msg": "hi"},
    "POST /api/services/solapi/send": {**RECIPIENT, **SMS},
    "POST /api/services/email/send": {"to": ["a@example.com"], "subject": "s", "text": "t"},
    "POST /api/services/batches": {"channel": "solapi", "message": SMS, "recipients": [RECIPIENT]},
    "POST /api/services/notifications/{notification_id}/resend": {"after_attempt": 1},
    "POST /api/services/notifications/{notification_id}/resolve": {"as": "sent", "after_attempt": 1},
    "POST /api/services/notifications/replay": {"dry_run": True},
    "POST /api/user/apikeys": {},
    "PUT /api/user/me": {"name": "x"},
    "PUT /api/user/apikeys/{key_id}": {"user_memo": "x"},
    "POST /api/user/apikeys/{key_id}/rotate": {},
    "POST /api/user/apikeys/{key_id}/whitelists": {"network": "203.0.113.7"},
    "POST /api/user/connections": {"credentials": {"channel": "solapi", "api_key": "k", "api_secret": "s"}},
    "PUT /api/user/connections/{connection_id}": {"name": "x"},
    "POST /api/user/connections/kakao/authorize": {},
    "POST /api/auth/refresh": {"refresh_token": "x"},
    "POST /api/auth/logout": {"refresh_token": "x"},
    "POST /api/receipts/solapi/{token}": [],
}


class World:
    """Everybody and everything that a question can be about."""

    def __init__(self, pw_hash: str) -> None:
        self.email = f"{uuid.uuid4().hex}@example.com"
        with transaction() as session:
            self.user = Account.create(session, email=self.email, pw_hash=pw_hash).id
            self.other = Account.create(session).id
            self.operator = Account.create(session, role=Role.OPERATOR).id
            self.connection = new_id()
            secrets = credentials.seal(self.connection, {"api_key": "k"})
            Connection.create(
                session, id=self.connection, account_id=self.user, channel=Channel.SOLAPI, secrets=secrets
            )
        self.key, self.own = self.a_key(self.user)
        self.bearers = {
            name: f"Bearer {tokens.issue(getattr(self, name), utc_now())}" for name in ("user", "other", "operator")
        }

    def a_key(self, account: uuid.UUID, **values: object) -> tuple[Key, dict[str, uuid.UUID]]:
        """A key of an account with one network, and the ids of both."""
        key_id, access_key = new_id(), (str(uuid.uuid4())[:-12] + str(uuid.uuid4()))
        secret = sealer().seal(SECRET_PLACE, key_id, b"s" * 40)
        network = Whitelist(id=new_id(), network="203.0.113.0/24")
        with transaction() as session:
            values = {"id": key_id, "account_id": account, "access_key": access_key, "secret": secret, **values}
            ApiKey.create(session, **values, whitelist=[network])
        return Key(access_key, "s" * 40), {"key_id": key_id, "whitelist_id": network.id}

    def signer(self, caller: str) -> Key:
        match caller:
            case "foreign":
                return self.a_key(self.other)[0]
            case "revoked":
                return self.a_key(self.user, status=KeyStatus.DELETED)[0]
            case "test":
                return self.a_key(self.user, kind=KeyKind.TEST)[0]
            case "reading":
                return self.a_key(self.user, read_only=True)[0]
            case _:
                return self.key

    def question(self, route: str, caller: str) -> Sent:
        signer, own = self.signer(caller), self.own
        method, template = route.split(" ")
        path = template.format(
            **own,
            notification_id=a_row(State.QUEUED, account_id=self.user, attempt=0),
            batch_id=a_batch(BatchState.FINISHED, account_id=self.user).id,
            connection_id=self.connection,
            sns_type="email",
            token="t",
        )
        query = "state=x&code=y" if template.endswith("/callback") else ""
        body, kind = self._body(route), "text/csv" if template.endswith("/recipients") else "application/json"
        if caller in {"nobody", *self.bearers}:
            headers = {"Content-Type": kind}
            if caller in self.bearers:
                headers["Authorization"] = self.bearers[caller]
            return Sent(method, f"{path}?{query}".rstrip("?"), headers, body)
        sent = sign(signer, method, path, body, name=uuid.uuid4().hex if method == "POST" else "")
        sent.headers["Content-Type"] = kind
        return Sent(method, f"{sent.url}&{query}" if query else sent.url, sent.headers, body)

    def _body(self, route: str) -> bytes:
        if route.endswith("/recipients"):
            return b"to\n01012345678\n"
        if "/api/auth/login" in route or "/api/auth/register" in route:
            return json.dumps({"email": self.email, "pw": PASSWORD}).encode()
        return json.dumps(BODIES[route]).encode() if route in BODIES else b""


@pytest.fixture(scope="module")
def patch() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, patch: pytest.MonkeyPatch) -> Iterator[Browser]:
    folder: Path = tmp_path_factory.mktemp("rights")
    for name, value in {
        "ENV": "test",
        "VAR": str(folder),
        "BROKER_URL": f"redis+socket://{folder}/none.sock?virtual_host=0",
        "TRUSTED_HOSTS": "testserver",
        "JWT_SECRET": "j" * 32,
        "INDEX_KEY": "i" * 32,
        "SEAL_KEYS": "1:" + base64.b64encode(b"k" * 32).decode(),
    }.items():
        patch.setenv(f"ALRIM_{name}", value)
    patch.setattr(passwords, "ROUNDS", 4)
    caches: tuple[Any, ...] = (settings, engine, sealer, _remembered, passwords._nobodys_hash, quota)
    for cached in caches:
        cached.cache_clear()
    metadata.create_all(engine())
    upsert_connections()
    app: FastAPI = create_app()
    writer = make_autocommit_engine(engine().url.render_as_string(hide_password=False))
    intake = Intake(writer)
    intake.start()
    app.state.alrim = ApiState(intake)
    browser = Browser(app)
    yield browser
    browser.close()
    intake.stop()
    writer.dispose()
    engine().dispose()
    for cached in caches:
        cached.cache_clear()


def test_every_route_is_in_the_matrix(client: Browser) -> None:
    paths = client.app.openapi()["paths"]
    assert sorted(MATRIX) == sorted(f"{method.upper()} {path}" for path in paths for method in paths[path])


@pytest.mark.parametrize("route", MATRIX)
def test_everybody_gets_what_he_may(client: Browser, route: str) -> None:
    pw_hash = passwords.hash_password(PASSWORD)
    got = [str(client.deliver(World(pw_hash).question(route, caller)).status_code) for caller in CALLERS]
    assert dict(zip(CALLERS, got, strict=True)) == dict(zip(CALLERS, MATRIX[route].split(), strict=True))
