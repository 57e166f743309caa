"""huey: threads; a task is gone from the queue when a worker takes it."""

import sys

from huey import RedisHuey

from benchmarks.peers.calling import REDIS, call

huey = RedisHuey("bench", url=REDIS, results=False)
send = huey.task()(call)

if __name__ == "__main__":
    for number in range(int(sys.argv[1])):
        send(number)
