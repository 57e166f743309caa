"""Sample: what waits is written down once a minute, so that yesterday's queue can be looked at today."""

from config.jobs import JOBS
from config.vocabulary import Job, Queue
from models import sampling, standing
from models.session import snapshot, transaction
from models.types import utc_now
from workers.celery_app import app
from workers.tasks.observe import look_at_queues
from workers.tasks.once import Portion, once


@app.task(name=str(Job.QUEUE_SAMPLES))
def sample() -> str:
    """Write down what waits."""
    return once(Job.QUEUE_SAMPLES, take_samples)


def take_samples(portion: Portion) -> bool:
    """Look once at every channel and lane, in the database and at the broker."""
    now, depths = utc_now(), look_at_queues()
    with snapshot() as session:
        seen = standing.look(session, now)
    lines = [(each, None if depths is None else depths[str(Queue.send(each.channel, each.lane)),]) for each in seen]
    slot = JOBS[Job.QUEUE_SAMPLES].slot(now)
    with transaction() as session:
        number = sampling.keep(session, slot, now, lines)
        portion.goes_on_with(session, number)
    return True
