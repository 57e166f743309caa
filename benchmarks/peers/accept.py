"""Other ways to write the same accept endpoint: same signature, validation, sealing and log, another way to keep it.

Each is the product's own application with one route replaced, so that nothing differs but what happens between a
valid request and its answer.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import UUID

import anyio.to_thread
import requests
from celery import Celery
from fastapi import APIRouter, BackgroundTasks, FastAPI, Request
from sqlalchemy.orm import Session
from typing_extensions import override

from api.intake import Intake
from api.intake_statement import Receipt
from api.main import create_app
from api.routes.services import Signed, new_row
from api.schemas.notifications import AcceptedOut
from api.schemas.solapi import SolapiIn
from api.state import Held, State
from config.settings import Installation, Kakao, settings
from config.vocabulary import Channel
from models.notification import Notification
from models.session import engine

THREADS: Final = 40
"""Starlette's default."""
celery = Celery("plain", broker=settings(Installation).broker(), set_as_current=False)
"""As everybody has it: Celery's own defaults, without a result backend."""


class Discarding(Intake):
    """Keeps nothing: what the endpoint costs without any storage."""

    @override
    async def submit(self, row: Any) -> Receipt:
        return Receipt(row["id"], row["status"], row["created_at"], row["body_hash"], replayed=False)


def nothing() -> FastAPI:
    """Build the product's application, and discard what it accepts."""
    app = create_app()

    def discard(inner: FastAPI) -> None:
        inner.state.alrim = State(Discarding(engine()))

    return _once_started(app, discard)


def background_tasks() -> FastAPI:
    """Build FastAPI's BackgroundTasks: the call to the provider runs in the server's thread pool after the answer."""
    router = APIRouter()

    @router.post("/api/services/solapi/send", status_code=202)
    async def send(
        body: SolapiIn, caller: Signed, state: Held, request: Request, background: BackgroundTasks
    ) -> AcceptedOut:
        connection_id = await state.connections.choose(caller, Channel.SOLAPI, None)
        row = new_row(caller, Channel.SOLAPI, body, connection_id, request.state.request_id)
        background.add_task(call, str(row["id"]))
        return _accepted(row)

    return _with(router)


def session_and_delay() -> FastAPI:
    """Build what everybody writes: a session, a COMMIT and `delay()` for each request."""
    router = APIRouter()

    @router.post("/api/services/solapi/send", status_code=202)
    def send(body: SolapiIn, caller: Signed, request: Request) -> AcceptedOut:
        row = new_row(caller, Channel.SOLAPI, body, caller.account_id, request.state.request_id)
        with Session(engine()) as session:
            session.add(Notification(**row))
            session.commit()
        plain_send.delay(str(row["id"]))
        return _accepted(row)

    return _with(router)


@celery.task(name="plain.send", ignore_result=True)
def plain_send(notification_id: str) -> None:
    """Send one: read the row, call the provider, write the row."""
    with Session(engine()) as session:
        row = session.get(Notification, UUID(notification_id))
        call(notification_id)
        if row is not None:
            row.tries = 1
            session.commit()


def call(notification_id: str) -> None:
    """Call the provider for one message."""
    url = settings(Kakao).kakao_api_base_url
    requests.post(f"{url}/v2/api/talk/memo/default/send", headers={"X-Request-Id": notification_id}, timeout=10)


def _accepted(row: dict[str, Any]) -> AcceptedOut:
    shown = {name: row[name] for name in ("id", "status", "channel", "created_at")}
    return AcceptedOut(**shown, is_test=False)


def _with(router: APIRouter) -> FastAPI:
    app = create_app()
    app.router.routes[:0] = router.routes

    def widen(_: FastAPI) -> None:
        # The product needs few threads; these live on them, so they get what everybody has.
        anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS

    return _once_started(app, widen)


def _once_started(app: FastAPI, change: Callable[[FastAPI], None]) -> FastAPI:
    lifespan = app.router.lifespan_context

    @asynccontextmanager
    async def changed(inner: FastAPI) -> AsyncIterator[None]:
        async with lifespan(inner):
            kept = inner.state.alrim
            change(inner)
            yield
            inner.state.alrim = kept

    app.router.lifespan_context = changed
    return app
