"""dramatiq: threads; a message is acknowledged after its task and comes back if the worker dies."""

import sys

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from benchmarks.peers.calling import REDIS, call

dramatiq.set_broker(RedisBroker(url=REDIS))
send = dramatiq.actor(call, actor_name="send")

if __name__ == "__main__":
    for number in range(int(sys.argv[1])):
        send.send(number)
