"""Who may do what: every route asked by every kind of caller, on the whole application and a real database.

A route that the matrix does not name fails the test. Each question has a world of its own: a user with a key, a
notification, a batch and a connection; another user with a key; an operator.
"""

import base64
import json
import os
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

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
from config.vocabulary import BatchState, Channel, KeyKind, KeyStatus, Role, SnsType, State
from models import credentials
from models.account import Account
from models.api_key import ApiKey
from models.connection import Connection
from models.identity import Identity
from models.login_session import LoginSession
from models.schema import metadata
from models.sealing import sealer
from models.session import engine, make_autocommit_engine, transaction
from models.types import new_id, utc_now
from models.whitelist import Whitelist
from tests.api.browser import Browser
from tests.api.signing import Key, Sent, sign
from tests.broker import NOWHERE, use_broker
from tests.flows.rights_matrix import BODIES, CALLERS, MATRIX
from tests.rows import a_batch, a_row

pytestmark = pytest.mark.flow

PASSWORD = "correct horse"


class World:
    """Everybody and everything that a question can be about."""

    def __init__(self, pw_hash: str) -> None:
        self.email = f"{uuid.uuid4().hex}@example.com"
        with transaction() as session:
            self.user = Account.create(session, email=self.email, pw_hash=pw_hash).id
            self.other = Account.create(session).id
            self.operator = Account.create(session, role=Role.OPERATOR).id
            who = {"sns_type": SnsType.KAKAO, "subject": self.email}
            self.identity = Identity.create(session, account_id=self.user, **who).id
            self.connection = new_id()
            secrets = credentials.seal(self.connection, {"api_key": "k"})
            Connection.create(
                session, id=self.connection, account_id=self.user, channel=Channel.SOLAPI, secrets=secrets
            )
        self.key, self.own = self.a_key(self.user)
        self.logins: dict[uuid.UUID, uuid.UUID] = {}
        self.bearers = {name: self.a_bearer(getattr(self, name)) for name in ("user", "other", "operator")}

    def a_bearer(self, account: uuid.UUID) -> str:
        """An access token of a login of an account."""
        hour = utc_now() + timedelta(hours=1)
        with transaction() as session:
            login = LoginSession.create(session, account_id=account, refresh_hash=os.urandom(32), expires_at=hour)
        self.logins[account] = login.id
        return f"Bearer {tokens.issue(account, login.id, utc_now())}"

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
            identity_id=self.identity,
            session_id=self.logins[self.user],
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
        if route == "POST /api/auth/reset":
            return json.dumps({"email": self.email}).encode()
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
        "TRUSTED_HOSTS": "testserver",
        "JWT_SECRET": "j" * 32,
        "INDEX_KEY": "i" * 32,
        "SEAL_KEYS": "1:" + base64.b64encode(b"k" * 32).decode(),
    }.items():
        patch.setenv(f"ALRIM_{name}", value)
    use_broker(NOWHERE, patch)
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
