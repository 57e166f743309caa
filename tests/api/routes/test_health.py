"""What `/ready` says of jobs that nobody does."""

from datetime import timedelta

import pytest
from fastapi import FastAPI

from api.intake import Intake
from api.routes import health
from api.state import State
from config.jobs import GRACE, JOBS
from config.settings import settings
from config.vocabulary import Job
from models import slots
from models.session import engine, transaction
from models.types import utc_now
from tests.api.browser import Browser

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]


def ready(up_for: timedelta) -> dict[str, object]:
    app = FastAPI()
    app.include_router(health.router)
    app.state.alrim = State(Intake(engine()), since=utc_now() - up_for)
    browser = Browser(app)
    said: dict[str, object] = browser.request("GET", "/ready").json()
    browser.close()
    return said


def test_a_job_that_nobody_does_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALRIM_BROKER_URL", "memory://")
    settings.cache_clear()
    assert ready(up_for=timedelta(0))["overdue"] == []
    said = ready(up_for=GRACE)
    assert (said["status"], said["overdue"]) == ("degraded", [str(job) for job in JOBS])
    now = utc_now()
    for job in Job:
        with transaction() as session:
            turn = slots.take(session, job, JOBS[job].slot(now), now)
            assert turn is not None
            slots.end(session, turn, now)
    assert ready(up_for=GRACE)["overdue"] == []
