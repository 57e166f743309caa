"""The pace of a connection: a slot a message, over all workers, and a count of the day's recipients.

One script in Redis does both, so that a slot is taken whole or not at all (GCRA: a single moment, "when the next
is due", is all it keeps of a rate). Where there is no Redis, or while it is away, each process keeps its own share
of the rate and of the quota: slower than allowed, never faster. It must not know messages, rows or providers.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final
from uuid import UUID

import structlog
from redis import Redis
from redis.exceptions import RedisError
from redis.sentinel import Sentinel

from config.limits import Day, Limit, Limits
from config.redis import Sentinels
from config.settings import Installation, settings

log = structlog.get_logger()

PATIENCE: Final = 2.0
"""Seconds for which a slot is waited for; a later one is not taken."""
BURST: Final = 1.0
"""Seconds' worth of messages that may leave at once after a rest."""
HOUR: Final = 3600
KST_HOURS: Final = 9
REDIS_SECONDS: Final = 0.5
AWAY_SECONDS: Final = 2.0
"""For how long Redis is not asked again after it did not answer."""
SHARE_AGAIN: Final = 30.0
"""Seconds after which a process whose share of the day is used up looks again: another may have room."""

SCRIPT: Final = """
local rate, per_day, rolling = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3] == 'rolling'
local messages, recipients, patience, burst = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local hour = math.floor(now / 3600)
if per_day > 0 then
  local first = rolling and hour - 24 or math.floor((hour + 9) / 24) * 24 - 9
  local used, oldest, hours = 0, hour, redis.call('HGETALL', KEYS[2])
  for index = 1, #hours, 2 do
    local each = tonumber(hours[index])
    if each < first then redis.call('HDEL', KEYS[2], hours[index])
    else used = used + hours[index + 1]; oldest = math.min(oldest, each) end
  end
  if used + recipients > per_day and (used > 0 or messages > 1) then
    local again = rolling and oldest + 25 or first + 24
    return {'spent', tostring(again * 3600 - now)}
  end
end
local slot = 0
if rate > 0 then
  local due = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
  slot = math.max(0, due - now - burst)
  if slot > patience then return {'later', tostring(slot)} end
  due = due + messages / rate
  redis.call('SET', KEYS[1], string.format('%.6f', due), 'PX', math.ceil((due - now) * 1000) + 1000)
end
if per_day > 0 then
  redis.call('HINCRBY', KEYS[2], hour, recipients)
  redis.call('EXPIRE', KEYS[2], 90000)
end
return {'go', tostring(slot)}
"""


@dataclass(frozen=True, slots=True)
class Go:
    """The slot is taken; leave after so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Later:
    """No slot within reach, none taken; ask again after so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Spent:
    """The day's quota is used up; it fills again after so many seconds."""

    seconds: float


Verdict = Go | Later | Spent
KINDS: Final[dict[str, Callable[[float], Verdict]]] = {"go": Go, "later": Later, "spent": Spent}


@dataclass
class Bucket:
    """The same rule for one process alone; `now` is in seconds since 1970."""

    due: float = 0
    hours: dict[int, int] = field(default_factory=dict)

    def take(self, limit: Limit, messages: int, recipients: int, now: float) -> Verdict:
        """Take a slot, or say why not."""
        hour = int(now // HOUR)
        rolling = limit.day is Day.ROLLING
        first = hour - 24 if rolling else (hour + KST_HOURS) // 24 * 24 - KST_HOURS
        self.hours = {each: used for each, used in self.hours.items() if each >= first}
        used = sum(self.hours.values())
        if limit.per_day and used + recipients > limit.per_day and (used or messages > 1):
            return Spent((min(self.hours, default=hour) + 25 if rolling else first + 24) * HOUR - now)
        due = max(self.due, now)
        slot = max(0.0, due - now - BURST) if limit.rate else 0.0
        if slot > PATIENCE:
            return Later(slot)
        if limit.rate:
            self.due = due + messages / limit.rate
        if limit.per_day:
            self.hours[hour] = self.hours.get(hour, 0) + recipients
        return Go(slot)


class Pace:
    """Hands out slots; one a process, for all its connections."""

    def __init__(self, where: str | Sentinels | None, slots: int) -> None:
        """Ask the Redis there, or nobody; `slots` is how many task slots share a limit without it."""
        self._slots = slots
        self._buckets: dict[UUID, Bucket] = {}
        self._lock = threading.Lock()
        self._away = False
        self._ask_after = 0.0
        self._script = None
        if where is None:
            log.warning("pace.local", slots=slots, reason="no Redis: ALRIM_REDIS_URL is not set")
        else:
            self._script = _client(where).register_script(SCRIPT)

    def take(self, connection_id: UUID, limit: Limit, messages: int, recipients: int) -> Verdict:
        """Take a slot for so many messages at once, to so many recipients; what is refused takes nothing.

        One message to more people than a day has room for leaves on a day without any other.

        More at once than the burst leave together after a rest, and everybody after them waits for as long.
        """
        if limit.none:
            return Go(0)
        verdict = self._ask(connection_id, limit, messages, recipients)
        if verdict is not None:
            return verdict
        with self._lock:
            bucket = self._buckets.setdefault(connection_id, Bucket())
            verdict = bucket.take(limit.shared_by(self._slots), messages, recipients, time.time())
        # A share that is used up says nothing of the others': no reason to close the connection for all.
        return Later(min(verdict.seconds, SHARE_AGAIN)) if isinstance(verdict, Spent) else verdict

    def _ask(self, connection_id: UUID, limit: Limit, messages: int, recipients: int) -> Verdict | None:
        if self._script is None or time.monotonic() < self._ask_after:
            return None
        keys = [f"alrim:pace:{{{connection_id}}}:due", f"alrim:pace:{{{connection_id}}}:hours"]
        args: list[float | str] = [limit.rate, limit.per_day, str(limit.day), messages, recipients, PATIENCE, BURST]
        try:
            kind, seconds = self._script(keys=keys, args=args)
        except RedisError as error:
            self._ask_after = time.monotonic() + AWAY_SECONDS
            if not self._away:
                log.warning("pace.redis_away", error=type(error).__name__, slots=self._slots)
            self._away = True
            return None
        if self._away:
            log.info("pace.redis_back")
        self._away = False
        return KINDS[kind.decode()](float(seconds))


def _client(where: str | Sentinels) -> Redis:
    patience: dict[str, Any] = {"socket_timeout": REDIS_SECONDS, "socket_connect_timeout": REDIS_SECONDS}
    if isinstance(where, str):
        return Redis.from_url(where, **patience)
    sentinel: Any = Sentinel  # its authors gave it no types
    master: Redis = sentinel(where.nodes, **where.login, **patience).master_for(where.master)
    return master


@cache
def pace() -> Pace:
    """This process's; a forked child makes its own, since nothing is made before the fork."""
    return Pace(settings(Installation).redis(), settings(Limits).worker_slots)
