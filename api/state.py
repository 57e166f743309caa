"""What the running API process holds: one value, made at start, handed to the routes by FastAPI.

No module-level clients: a test makes another state, and nothing is shared between applications.
"""

from dataclasses import dataclass, field
from typing import Annotated, Final, cast

from anyio import CapacityLimiter
from fastapi import Depends, Request

from api.connections import ConnectionChoice
from api.intake import Intake

UPLOADS: Final = 4
"""Batches that are filled at the same time; the next one waits."""


@dataclass
class State:
    """The intake, the remembered connection choices, and the room for filling batches, of this process."""

    intake: Intake
    connections: ConnectionChoice = field(default_factory=ConnectionChoice)
    filling: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(UPLOADS))


async def state_of(request: Request) -> State:
    """The state of the application that serves this request."""
    return cast("State", request.app.state.alrim)


Held = Annotated[State, Depends(state_of)]
