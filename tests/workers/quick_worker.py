"""The product's worker, with a pulse quick enough for tests and with faults that remote control puts into it."""

import time
from pathlib import Path
from typing import Any, ClassVar

from celery.worker.control import control_command

from workers.celery_app import app
from workers.consumption import Pace
from workers.pulse import Listening, Pulse

QUICK = Pace(pulse_every=0.3, fresh=3, give_up=6)


class QuickPulse(Pulse):
    pace: ClassVar[Pace] = QUICK


app.steps["worker"].discard("workers.pulse:Pulse")
app.steps["worker"].add(QuickPulse)


@app.task(name="nap", ignore_result=True)
def nap(seconds: float, began: str, ended: str) -> None:
    Path(began).touch()
    time.sleep(seconds)
    Path(ended).touch()


@control_command()
def deafen(state: Any) -> None:  # noqa: ANN401 - Celery's own, without a type
    """Lose what is consumed and keep the connection, heartbeat and remote control, as Celery has done."""
    listening = next(step for step in state.consumer.steps if isinstance(step, Listening))
    listening.stop(state.consumer)
    state.consumer.task_consumer.cancel()


@control_command(args=[("seconds", float)])
def block(_: object, seconds: float) -> None:
    """Hold the main loop."""
    time.sleep(seconds)
