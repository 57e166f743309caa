"""Whether this process lives, and whether it can accept: for supervisors and load balancers."""

from typing import Literal

import anyio.to_thread
from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from api.state import Held
from config.settings import Installation, settings
from config.vocabulary import Queue
from models.session import snapshot
from workers.publish import Bell

router = APIRouter(tags=["health"])


class HealthOut(BaseModel):
    """Whether the process lives."""

    status: Literal["ok", "broken"]


class ReadyOut(BaseModel):
    """Whether it can accept; `degraded` still accepts, the workers hear of it when the broker is back.

    `limits` are per process where no Redis is shared: each then keeps to its part of the rate and of the quota.
    """

    status: Literal["ok", "degraded", "unavailable"]
    database: Literal["ok", "away"]
    broker: Literal["ok", "away"]
    limits: Literal["shared", "per process"]


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
async def ready(response: Response) -> ReadyOut:
    """Answer 200 `ok`, 200 `degraded` when only the broker is away, 503 when the database is."""
    database, broker = await anyio.to_thread.run_sync(_look)
    limits: Literal["shared", "per process"] = "per process" if settings(Installation).redis() is None else "shared"
    if database == "away":
        response.status_code = 503
        return ReadyOut(status="unavailable", database=database, broker=broker, limits=limits)
    return ReadyOut(status="ok" if broker == "ok" else "degraded", database=database, broker=broker, limits=limits)


def _look() -> tuple[Literal["ok", "away"], Literal["ok", "away"]]:
    bell = Bell()
    depth = bell.depth(Queue.PERIODIC)
    bell.close()
    try:
        with snapshot() as session:
            session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return "away", "away" if depth is None else "ok"
    return "ok", "away" if depth is None else "ok"
