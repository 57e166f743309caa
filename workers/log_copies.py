"""Batches of log records on a broker that is Redis: each stays there under its name until it has been written.

There kombu takes a message from its list first and notes it as unacknowledged then: one that a worker is just taking
when it is killed is nowhere (https://github.com/celery/kombu/issues/305). So a message carries the name of a batch
only, as a ring carries ids, and `sweep` calls again for a batch that nobody came for. On RabbitMQ a message is safe
until it is acknowledged, and carries the batch itself. This knows neither task nor record.
"""

from collections.abc import Sequence
from typing import Any, Final

from kombu.transport.virtual import Channel
from redis import Redis

BATCHES: Final = "{logs}.batches"
DUE: Final = "{logs}.due"
"""When to call again for which batch. The braces keep all of it on one node, where there are many."""
HELD: Final = "{{logs}}.held.{}"


def behind(channel: object) -> "Redis | None":
    """The Redis behind a channel to the broker; None where the broker is none."""
    found = getattr(channel, "client", None) if isinstance(channel, Channel) else None
    return found if isinstance(found, Redis) else None


def keep(redis: Redis, name: str, batch: str, again_at: float) -> None:
    """Keep a batch, or what is left of it; it is held by nobody."""
    with redis.pipeline() as pipe:
        pipe.hset(BATCHES, name, batch)
        pipe.zadd(DUE, {name: again_at})
        pipe.delete(HELD.format(name))
        pipe.execute()


def take(redis: Redis, name: str, now: float, lease: float) -> str | None:
    """Take a batch for so many seconds; None if it was written already, or somebody else has it."""
    if not redis.set(HELD.format(name), "", nx=True, px=int(lease * 1000)):
        return None
    redis.zadd(DUE, {name: now + lease}, xx=True)
    return _text(redis.hget(BATCHES, name))


def drop(redis: Redis, name: str) -> None:
    """Forget a batch that has been written."""
    with redis.pipeline() as pipe:
        pipe.hdel(BATCHES, name)
        pipe.zrem(DUE, name)
        pipe.delete(HELD.format(name))
        pipe.execute()


def due(redis: Redis, now: float, again_at: float, most: int) -> Sequence[str]:
    """The batches for which nobody came in time; they are due again later."""
    found: Any = redis.zrangebyscore(DUE, "-inf", now, start=0, num=most)
    names = [str(_text(name)) for name in found]
    if names:
        redis.zadd(DUE, dict.fromkeys(names, again_at), xx=True)
    return names


def number(redis: Redis) -> int:
    """How many batches are kept."""
    return int(redis.hlen(BATCHES))


def _text(said: object) -> str | None:
    # Whether a client decodes is its maker's choice.
    return said.decode() if isinstance(said, bytes) else None if said is None else str(said)
