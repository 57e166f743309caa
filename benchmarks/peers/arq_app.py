"""arq: a loop a process; a job stays in Redis until it has ended."""

import asyncio
import sys
from typing import Any, ClassVar

from arq import create_pool
from arq.connections import RedisSettings

from benchmarks.peers.calling import REDIS, Caller

caller = Caller()


async def send(_: object, number: int) -> None:
    """Send one."""
    await caller.call(number)


class WorkerSettings:
    """What arq's worker reads."""

    functions: ClassVar[list[Any]] = [send]
    redis_settings = RedisSettings.from_dsn(REDIS)
    max_jobs = 100
    keep_result = 0
    poll_delay = 0.05
    queue_read_limit = 1000


async def enqueue(number: int) -> None:
    """Queue so many."""
    pool = await create_pool(RedisSettings.from_dsn(REDIS))
    for each in range(number):
        await pool.enqueue_job("send", each)


if __name__ == "__main__":
    asyncio.run(enqueue(int(sys.argv[1])))
