"""Whether this process lives, and whether it can accept: for supervisors and load balancers."""

from datetime import datetime
from typing import Literal

import anyio.to_thread
from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from api.state import Held
from config.jobs import expected
from config.settings import Installation, settings
from config.vocabulary import Job, Queue
from models import slots
from models.session import snapshot
from models.types import utc_now
from workers.publish import Bell

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
