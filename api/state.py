"""What the running API process holds: one value, made at start, handed to the routes by FastAPI.

No module-level clients: a test makes another state, and nothing is shared between applications.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Final, cast

from anyio import CapacityLimiter
from fastapi import Depends, Request

from api.connections import ConnectionChoice
from api.intake import Intake
from models.types import utc_now

UPLOADS: Final = 4
"""Batches that are filled at the same time; the next one waits."""


@dataclass
class State:
    """The intake, the remembered connection choices, the room for filling batches, and since when this process runs."""

    intake: Intake
    connections: ConnectionChoice = field(default_factory=ConnectionChoice)
    since: datetime = field(default_factory=utc_now)
    filling: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(UPLOADS))


async def state_of(request: Request) -> State:
    """The state of the application that serves this request."""
    return cast("State", request.app.state.alrim)


Held = Annotated[State, Depends(state_of)]
