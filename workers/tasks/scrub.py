"""Scrub: personal data of deleted accounts goes, slice by slice. Any number may run; they wait for one another."""

import time
from typing import Final

import structlog

from models import scrubbing
from models.session import snapshot, transaction
from models.types import utc_now
from workers.celery_app import app
from workers.tasks.patience import AWAY

log = structlog.get_logger()

ENOUGH: Final = 20.0
"""Seconds after which the rest is left to the next one, well within a task's limit."""


@app.task(name="scrub")
def scrub() -> int:
    """Scrub what is to be scrubbed; how many slices that were. The next one goes on."""
    return scrub_all(time.monotonic() + ENOUGH)


def scrub_all(until: float) -> int:
    """Scrub slices until this monotonic moment, or until there are none; how many there were."""
    slices = 0
    try:
        with snapshot() as session:
            accounts = scrubbing.deleted(session)
        for account_id in accounts:
            with transaction() as session:
                scrubbing.end_batches(session, account_id, utc_now())
            more = True
            while more and time.monotonic() < until:
                with transaction() as session:
                    more = scrubbing.scrub_account(session, account_id, utc_now())
                slices += more
            log.info("account.scrubbed", account=str(account_id), slices=slices)
    except AWAY as error:
        log.warning("scrub.store_away", error=type(error).__name__)
    return slices
