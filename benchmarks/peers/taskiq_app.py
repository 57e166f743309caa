"""taskiq: a loop a process; this broker acknowledges after the task (Redis streams)."""

import asyncio
import sys

from taskiq_redis import RedisStreamBroker

from benchmarks.peers.calling import REDIS, Caller

broker = RedisStreamBroker(REDIS)
caller = Caller()


@broker.task(task_name="send")
async def send(number: int) -> None:
    """Send one."""
    await caller.call(number)


async def enqueue(number: int) -> None:
    """Queue so many."""
    await broker.startup()
    for each in range(number):
        await send.kiq(each)
    await broker.shutdown()


if __name__ == "__main__":
    asyncio.run(enqueue(int(sys.argv[1])))
