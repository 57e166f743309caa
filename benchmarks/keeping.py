"""Retention at work: what accepting costs while old notifications are scrubbed and older ones deleted."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Engine, create_engine, insert, text

from benchmarks.figures import Figure
from benchmarks.filling import ACCOUNTS, fill_up_to, owner
from benchmarks.ground import Ground, Installation, load
from config.jobs import JOBS
from config.vocabulary import AccountStatus, Job, Role
from models.account import Account
from models.run import Run
from models.types import new_id, utc_now
from tests.flows.client import Client

ROWS: Final = 1_000_000
"""To be scrubbed; as many are to be deleted."""
SCRUBBED: Final = timedelta(days=35)
DELETED: Final = timedelta(days=405)
"""How old the youngest of each kind are; the others are up to a hundred days older."""
CONTENT: Final[dict[str, Any]] = {"to": "01012345678", "from": "0212345678", "text": "번호 {n}"}
PATH: Final = "/api/services/solapi/send"
CONNECTIONS: Final = 20
GAP: Final = 0.09
"""Together some 200 requests a second."""
ROUND: Final = 20.0
"""Seconds for which requests are signed beforehand."""
JOBS_HERE: Final = (Job.SCRUB_OLD, Job.DELETE_OLD)
LONGEST: Final = 3600.0
WITHOUT: Final = "without"
WITH: Final = "while both jobs run"


def measure(ground: Ground, _rounds: int, seconds: float, rows: int = ROWS) -> dict[str, Figure]:
    """Accept for so many seconds with nothing old, as it were, and then until everything old is gone."""
    title = f"accept, p99 at 200 requests/s, beside {rows:,} scrubbed and {rows:,} deleted"
    figure = Figure("keeping", title, "ms", WITH, {WITHOUT: "", WITH: ""}, more_is_better=False)
    stack = ground.stack()
    engine = create_engine(stack.database_url)
    with engine.begin() as connection:
        connection.execute(insert(Account), [_account(number) for number in range(ACCOUNTS)])
        connection.execute(insert(Run), [_run(job) for job in Job])
    for age in (DELETED, SCRUBBED):
        fill_up_to(engine, rows, utc_now() - age)
    with ExitStack() as running:
        running.enter_context(stack.providing(20))
        client = running.enter_context(stack.serving(processes=2))
        running.enter_context(stack.at_work())
        _p99(client, lambda: True, 5, ROUND)
        figure.add(WITHOUT, _p99(client, lambda: False, seconds, ROUND))
        _let_begin(engine)
        began = time.monotonic()
        figure.add(WITH, _p99(client, lambda: _are_over(engine), LONGEST, min(seconds, ROUND)))
        took = time.monotonic() - began
    figure.notes[WITH] = f"both were over after {took:,.0f} s"
    _check(stack, engine, rows)
    engine.dispose()
    return {figure.name: figure}


def _account(number: int) -> dict[str, Any]:
    now = utc_now()
    return {
        "id": owner(number).account_id,
        "created_at": now,
        "updated_at": now,
        "status": AccountStatus.ACTIVE,
        "role": Role.USER,
    }


def _run(job: Job) -> dict[str, Any]:
    """The present slot of a job, done: nobody begins it."""
    now = utc_now()
    done = dict.fromkeys(("created_at", "updated_at", "started_at", "touched_at", "ended_at"), now)
    return {**done, "id": new_id(), "name": job, "slot": JOBS[job].slot(now), "turn": 1, "done": 0}


def _let_begin(engine: Engine) -> None:
    with engine.begin() as connection:
        for job in JOBS_HERE:
            connection.execute(text("DELETE FROM runs WHERE name = :name"), {"name": job})


def _are_over(engine: Engine) -> bool:
    with engine.connect() as connection:
        ended = text("SELECT COUNT(*) FROM runs WHERE name IN :names AND ended_at IS NOT NULL")
        return int(connection.scalar(ended, {"names": JOBS_HERE}) or 0) == len(JOBS_HERE)


def _p99(client: Client, is_over: Callable[[], bool], seconds: float, a_round: float) -> float:
    """Accept until it is over, at least one round and for at most so many seconds; milliseconds."""
    latencies: list[float] = []
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 1 and not (latencies and is_over()):
        seen = load(client, PATH, [CONTENT], connections=CONNECTIONS, gap=GAP, seconds=min(left, a_round), most=6_000)
        if set(seen.statuses) != {"202"}:
            raise RuntimeError(f"not everything was accepted: {seen.statuses}")
        latencies += seen.latencies
    return sorted(latencies)[len(latencies) * 99 // 100] * 1000


def _check(stack: Installation, engine: Engine, rows: int) -> None:
    """See that everything old is gone, whole.

    Raises:
        RuntimeError: it is not.
    """
    orphans = "FROM attempts a LEFT JOIN notifications n ON n.id = a.notification_id WHERE n.id IS NULL"
    with engine.connect() as connection:
        left = connection.scalar(text("SELECT COUNT(*) FROM notifications WHERE created_at < NOW() - INTERVAL 30 DAY"))
        personal = connection.scalar(
            text("SELECT COUNT(*) FROM notifications WHERE created_at < NOW() - INTERVAL 30 DAY AND sealed IS NOT NULL")
        )
        attempts = connection.scalar(text(f"SELECT COUNT(*) {orphans}"))
    if (left, personal, attempts) != (rows, 0, 0):
        raise RuntimeError(
            f"{left} of {rows} left, {personal} with contents, {attempts} attempts of none: {stack.directory}"
        )
