"""What the running API process holds: one value, made at start, handed to the routes by FastAPI.

No module-level clients: a test makes another state, and nothing is shared between applications.
"""

from dataclasses import dataclass, field
from typing import Annotated, cast

from fastapi import Depends, Request

from api.connections import ConnectionChoice
from api.intake import Intake


@dataclass
class State:
    """The intake and the remembered connection choices of this process."""

    intake: Intake
    connections: ConnectionChoice = field(default_factory=ConnectionChoice)


async def state_of(request: Request) -> State:
    """The state of the application that serves this request."""
    return cast("State", request.app.state.alrim)


Held = Annotated[State, Depends(state_of)]
