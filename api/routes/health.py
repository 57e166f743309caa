"""Whether this process lives and can accept, and its numbers: for supervisors, load balancers and Prometheus."""

from datetime import datetime
from typing import Literal

import anyio.to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from api import metrics
from api.errors import ApiError, Code, problems
from api.routes.index import VERSION
from api.state import Held
from config.jobs import expected
from config.metrics import Metrics
from config.settings import Installation, settings
from config.vocabulary import Job, Queue
from models import slots
from models.session import snapshot
from models.types import utc_now
from workers.publish import Bell, logs

router = APIRouter(tags=["health"])


class HealthOut(BaseModel):
    """Whether the process lives."""

    status: Literal["ok", "broken"]


class ReadyOut(BaseModel):
    """Whether it can accept; `degraded` still accepts: the workers hear of it when the broker is back.

    `overdue` names periodic jobs that nobody has done in time: beat, workers or broker need looking after.
    `limits` are per process where no Redis is shared: each then keeps to its part of the rate and of the quota.
    """

    status: Literal["ok", "degraded", "unavailable"]
    database: Literal["ok", "away"]
    broker: Literal["ok", "away"]
    limits: Literal["shared", "per process"]
    overdue: list[Job] = []


@router.get("/health", summary="Whether it lives", responses={503: {"model": HealthOut, "description": "Restart it."}})
async def health(state: Held, response: Response) -> HealthOut:
    """Answer 200 while the intake's threads run, else 503: the process must be restarted."""
    if state.intake.alive:
        return HealthOut(status="ok")
    response.status_code = 503
    return HealthOut(status="broken")


@router.get(
    "/ready", summary="Whether it can accept", responses={503: {"model": ReadyOut, "description": "No database."}}
)
async def ready(response: Response, state: Held) -> ReadyOut:
    """Answer 200 `ok`, 200 `degraded` when only the broker is away or a job is overdue, 503 when the database is."""
    broker, overdue = await anyio.to_thread.run_sync(_look, state.since)
    limits: Literal["shared", "per process"] = "per process" if settings(Installation).redis() is None else "shared"
    if overdue is None:
        response.status_code = 503
        return ReadyOut(status="unavailable", database="away", broker=broker, limits=limits)
    status: Literal["ok", "degraded"] = "ok" if broker == "ok" and not overdue else "degraded"
    return ReadyOut(status=status, database="ok", broker=broker, limits=limits, overdue=overdue)


@router.get(
    "/metrics",
    summary="Its numbers",
    response_class=PlainTextResponse,
    responses={200: {"description": "In Prometheus' text format."}, **problems(401)},
)
async def show_metrics(request: Request, state: Held) -> Response:
    """Show this process's numbers to whoever bears `ALRIM_METRICS_TOKEN`; in `local`, without one, to everybody."""
    known = settings(Metrics)
    is_open = settings(Installation).has_sandbox and known.metrics_token is None
    if not is_open and not known.lets_in(request.headers.get("authorization", "")):
        detail = "Authorization: Bearer, with the value of ALRIM_METRICS_TOKEN"
        raise ApiError(Code.CREDENTIALS_MISSING, detail=detail)
    text = metrics.shown(VERSION, logs().dropped, broker_away=state.intake.broker_away)
    return Response(text, media_type=CONTENT_TYPE_PLAIN_0_0_4)


def _look(since: datetime) -> tuple[Literal["ok", "away"], list[Job] | None]:
    """Whether the broker is there, and what is overdue; None if the database is away."""
    bell = Bell()
    depth = bell.depth(Queue.PERIODIC)
    bell.close()
    broker: Literal["ok", "away"] = "away" if depth is None else "ok"
    try:
        with snapshot() as session:
            session.execute(text("SELECT 1"))
            return broker, slots.overdue(session, expected(since, utc_now()))
    except SQLAlchemyError:
        return broker, None
