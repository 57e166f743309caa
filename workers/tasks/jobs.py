"""The periodic jobs: which are due, and what each does. Each slot of each is done once (`workers.tasks.once`)."""

import time
from datetime import timedelta

from config.jobs import JOBS, Keeping
from config.settings import settings
from config.vocabulary import Job
from models import deletion, scrubbing, slots, tidying
from models.account import Account
from models.archive_place import place
from models.session import snapshot, transaction
from models.types import first_id, utc_now
from workers.celery_app import app
from workers.publish import Bell
from workers.tasks.once import Portion, once
from workers.tasks.slices import FIRST_SLICE, next_size


@app.task(name="jobs")
def jobs() -> list[str]:
    """Ring for every job whose slot nobody has done or is about."""
    now = utc_now()
    with snapshot() as session:
        due = [job for job, rhythm in JOBS.items() if slots.is_due(session, job, rhythm.slot(now), now)]
    bell = Bell()
    for job in due:
        bell.job(job)
    bell.close()
    return [str(job) for job in due]


@app.task(name=str(Job.TIDY))
def tidy() -> str:
    """Delete what has ended: logins, codes, throttles; refuse abandoned uploads."""
    return once(Job.TIDY, tidy_all)


@app.task(name=str(Job.SCRUB_OLD))
def scrub_old() -> str:
    """Scrub recipients and contents after their retention."""
    return once(Job.SCRUB_OLD, scrub_all_old)


@app.task(name=str(Job.DELETE_OLD))
def delete_old() -> str:
    """Delete what is older than anybody needs."""
    return once(Job.DELETE_OLD, delete_all_old)


def tidy_all(portion: Portion) -> bool:
    """Tidy slice by slice; whether nothing is left."""
    number, goes_on = 1, True
    while number and goes_on:
        with transaction() as session:
            number = tidying.tidy_slice(session, utc_now())
        goes_on = portion.goes_on(number)
    return number == 0


def scrub_all_old(portion: Portion) -> bool:
    """Scrub account by account, in the order of their ids; whether all are done."""
    after, goes_on = portion.position or scrubbing.NONE, True
    while goes_on:
        with snapshot() as session:
            account = scrubbing.following(session, after)
        if account is None:
            return True
        if not scrub_one(portion, account):
            return False
        after = account.id
        goes_on = portion.goes_on(0, after)
    return False


def scrub_one(portion: Portion, account: Account) -> bool:
    """Scrub one account up to its retention; False if the portion is over before."""
    before = scrubbing.oldest_kept(account, utc_now(), settings(Keeping).scrub_after_days)
    position, left, goes_on = account.scrubbed_to or scrubbing.NONE, None, True
    while goes_on:
        with transaction() as session:
            part = scrubbing.scrub_slice(session, account.id, position, before)
            # What was left is looked at again from there.
            left = left or part.left
            scrubbing.note(session, account.id, part.last if left is None else scrubbing.just_before(left))
        if part.count == 0:
            return True
        position, goes_on = part.last, portion.goes_on(part.count)
    return False


def delete_all_old(portion: Portion) -> bool:
    """Delete slice by slice, each as large as keeps its locks short; whether nothing is left."""
    kept, now, size = settings(Keeping), utc_now(), FIRST_SLICE
    before, logs_before = (
        first_id(now - timedelta(days=days)) for days in (kept.delete_after_days, kept.delete_logs_after_days)
    )
    if place() is not None:
        logs_before = scrubbing.NONE  # `archive` moves them
    number, goes_on = 1, True
    while number and goes_on:
        begun = time.monotonic()
        with transaction() as session:
            number = deletion.delete_slice(session, before, logs_before, size)
        size = next_size(size, time.monotonic() - begun)
        goes_on = portion.goes_on(number)
    return number == 0
