"""An application of the account routes on a real database, and people who use it."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from json import dumps
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import pytest
import structlog
from fastapi import Depends, FastAPI
from httpx import Response
from pydantic import BaseModel, ConfigDict

from api import errors
from api.middleware import request_log
from api.middleware.body_limit import BodyLimit
from api.middleware.hardening import Hardening
from api.middleware.process_time import ProcessTime
from api.middleware.request_log import RequestLog
from api.middleware.trusted_hosts import TrustedHosts
from api.routes import (
    api_keys,
    auth,
    connections,
    consents,
    decisions,
    export,
    identities,
    index,
    logs,
    notifications,
    resets,
    sessions,
    social,
    statistics,
    users,
)
from api.security import passwords
from api.security.caller import either_caller, signed_caller
from api.security.keys import _remembered
from api.security.quota import quota
from api.security.who import Caller, Viewer
from config.settings import Api, settings
from models.schema import metadata
from models.sealing import sealer
from models.session import engine
from tests.api.browser import Browser
from tests.api.signing import Key, Sent

CACHES: tuple[Any, ...] = (settings, engine, sealer, _remembered, passwords._nobodys_hash, quota)
PASSWORD = "correct horse"
ROUTES = (
    *(index, auth, resets, social, users, sessions, identities, export, api_keys, connections, consents),
    *(notifications, decisions, logs, statistics),
)


class Text(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str


def make_app() -> FastAPI:
    app = FastAPI(generate_unique_id_function=lambda route: route.name)
    errors.install(app)
    for module in ROUTES:
        app.include_router(module.router)
    _protect(app)

    @app.post("/accept/{place}")
    async def accept(caller: Annotated[Caller, Depends(signed_caller)], body: Text) -> dict[str, str]:
        name = caller.idempotency.hex() if caller.idempotency else ""
        return {"text": body.text, "idempotency": name, "body_hash": caller.body_hash.hex()}

    @app.get("/look")
    async def look(viewer: Annotated[Viewer, Depends(either_caller)]) -> dict[str, UUID | str | None]:
        return {"account": viewer.account_id, "role": viewer.role, "key": viewer.api_key_id}

    @app.post("/look")
    async def change(viewer: Annotated[Viewer, Depends(either_caller)]) -> UUID:
        return viewer.account_id

    @app.get("/boom")
    async def boom() -> None:
        raise RuntimeError("the text of an error can hold 010-1234-5678")

    return app


def _protect(app: FastAPI) -> None:
    app.add_middleware(BodyLimit)
    app.add_middleware(TrustedHosts, hosts=settings(Api).trusted_hosts)
    app.add_middleware(RequestLog)
    app.add_middleware(Hardening)
    app.add_middleware(ProcessTime)


@dataclass
class Person:
    """Somebody with an account; knows how to ask with a token and how to make keys."""

    client: Browser
    email: str
    tokens: dict[str, Any] = field(default_factory=dict)

    def register(self) -> "Person":
        body = {"email": self.email, "pw": PASSWORD}
        answer = self.client.request("POST", "/api/auth/register/email", json=body)
        assert answer.status_code == 201, answer.text
        self.tokens = answer.json()
        return self

    def log_in(self) -> "Person":
        answer = self.client.request("POST", "/api/auth/login/email", json={"email": self.email, "pw": PASSWORD})
        assert answer.status_code == 200, answer.text
        self.tokens = answer.json()
        return self

    def sent(self, method: str, path: str, json: object = None) -> Sent:
        headers = {"Authorization": self.tokens["Authorization"], "Content-Type": "application/json"}
        return Sent(method, path, headers, b"" if json is None else dumps(json).encode())

    def ask(self, method: str, path: str, json: object = None) -> Response:
        return self.client.deliver(self.sent(method, path, json))

    def make_key(self, **fields: object) -> tuple[str, Key]:
        answer = self.ask("POST", "/api/user/apikeys", fields)
        assert answer.status_code == 201, answer.text
        made = answer.json()
        return made["id"], Key(made["access_key"], made["secret_key"])


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'alrim.db'}"


Start = Callable[..., Browser]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Start the application on a database, with any further ALRIM_ variables."""
    running: list[Browser] = []

    def run(url: str, **variables: str) -> Browser:
        known = {
            "DATABASE_URL": url,
            "ENV": "test",
            "TRUSTED_HOSTS": "testserver",
            "JWT_SECRET": "j" * 32,
            "INDEX_KEY": "i" * 32,
            "SEAL_KEYS": "1:" + base64.b64encode(b"k" * 32).decode(),
        }
        for name, value in {**known, **variables}.items():
            monkeypatch.setenv(f"ALRIM_{name}", value)
        # A hash that takes a quarter of a second proves nothing here that one of a millisecond does not.
        monkeypatch.setattr(passwords, "ROUNDS", 4)
        for module in (errors, request_log):
            # Once used, a logger keeps the configuration that some test before found.
            monkeypatch.setattr(module, "log", structlog.get_logger())
        for cached in CACHES:
            cached.cache_clear()
        metadata.create_all(engine())
        client = Browser(make_app())
        running.append(client)
        return client

    yield run
    for client in running:
        client.close()
        engine().dispose()
    for cached in CACHES:
        cached.cache_clear()


@pytest.fixture
def client(start: Start, sqlite_url: str) -> Browser:
    return start(sqlite_url)


@pytest.fixture
def person(client: Browser) -> Person:
    return Person(client, "user@example.com").register()
