"""The API process: wires settings, intake, routers, middleware and error handlers. `create_app()` is all."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import anyio.to_thread
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from api import docs, errors
from api.installation import upsert_connections
from api.intake import Intake
from api.middleware.body_limit import BodyLimit
from api.middleware.hardening import Hardening
from api.middleware.process_time import ProcessTime
from api.middleware.request_log import RequestLog
from api.middleware.traced import Traced
from api.middleware.trusted_hosts import TrustedHosts
from api.routes import (
    api_keys,
    auth,
    batch_views,
    batches,
    connections,
    consents,
    decisions,
    export,
    health,
    identities,
    index,
    logs,
    notifications,
    receipts,
    resets,
    services,
    sessions,
    social,
    statistics,
    users,
)
from api.security.quota import quota
from api.security.schemes import show_access_keys
from api.security.usage import usage
from api.state import State
from config import tracing
from config.archive import Archive
from config.logging import configure
from config.memory import keep_what_is_loaded, share_arenas
from config.settings import Api, Installation, Secrets, SettingsError, settings
from config.vocabulary import Process
from models.sealing import sealer
from models.session import engine, make_autocommit_engine
from workers.publish import logs as log_buffer

THREADS = 16
"""Threads for the routes that are plain `def`: bcrypt and the rare reads; the accept path uses none."""


ROUTES = (
    services,
    notifications,
    decisions,
    receipts,
    batches,
    batch_views,
    index,
    health,
    auth,
    resets,
    social,
    users,
    sessions,
    logs,
    statistics,
    identities,
    export,
    api_keys,
    connections,
    consents,
)
"""In the order in which a request looks through them: what is asked for most comes first."""


def create_app() -> FastAPI:
    """Build the application; reads the environment and refuses to start when something is missing.

    Raises:
        SystemExit: a setting is missing or wrong; the message names it.
    """
    try:
        installation, edge = settings(Installation), settings(Api)
        _demand_the_rest(installation)
    except SettingsError as error:
        raise SystemExit(f"alrim does not start: {error}") from None
    configure(Process.WEB)
    share_arenas()
    app = FastAPI(
        title="Alrim",
        summary="Notifications for Korean services: accepted durably, sent once.",
        version=index.VERSION,
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
    )
    errors.install(app)
    docs.install(app)
    for module in ROUTES:
        app.include_router(module.router)
    if installation.is_local:
        show_access_keys(app)
    # The last one added is the outermost.
    if edge.cors_origins:
        app.add_middleware(CORSMiddleware, **cross_origin(edge.cors_origins))
    app.add_middleware(BodyLimit)
    app.add_middleware(TrustedHosts, hosts=edge.trusted_hosts)
    app.add_middleware(RequestLog)
    if settings(tracing.Tracing).tracing:
        app.add_middleware(Traced)
    app.add_middleware(Hardening)
    app.add_middleware(ProcessTime)
    return app


def _demand_the_rest(installation: Installation) -> None:
    """Look for everything that would be missed only later."""
    settings(Secrets)
    sealer()
    engine()
    installation.broker()
    settings(Archive).where()
    tracing.check()


def cross_origin(origins: Sequence[str]) -> dict[str, Any]:
    """What pages of these origins may ask of this API."""
    return {
        "allow_origins": list(origins),
        "allow_methods": ["GET", "POST", "PUT", "DELETE"],
        "allow_headers": ["Authorization", "Content-Type", "Idempotency-Key", "X-Signature", "X-Request-Id"],
        "expose_headers": ["Location", "Retry-After", "X-Request-Id", "Idempotent-Replayed", "RateLimit-Remaining"],
        # The cookie of a consent.
        "allow_credentials": "*" not in origins,
        "max_age": 600,
    }


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
    await anyio.to_thread.run_sync(upsert_connections)
    writer = make_autocommit_engine(settings(Installation).database())
    intake = Intake(writer)
    intake.start()
    usage().start()
    log_buffer().start()
    app.state.alrim = State(intake)
    # What lives from here on lives for ever; collecting it again and again costs the slowest requests 50 ms.
    keep_what_is_loaded()
    yield
    await anyio.to_thread.run_sync(intake.stop)
    await anyio.to_thread.run_sync(usage().stop)
    await anyio.to_thread.run_sync(log_buffer().stop)
    await anyio.to_thread.run_sync(tracing.stop)
    await quota().close()
    writer.dispose()
    engine().dispose()
