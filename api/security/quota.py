"""Quotas of callers: requests a second and messages a day, of a key and of its account, over all API processes.

One script in Redis takes from both or from neither. While Redis is away, or where there is none, each process keeps to
its share of the limits: less than allowed, never more. Without limits nothing is asked and nothing counted.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any, Final, NamedTuple
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.asyncio.sentinel import Sentinel
from redis.exceptions import RedisError

from api.errors import ApiError, Code
from config.quotas import Quotas
from config.redis import Sentinels
from config.settings import Installation, settings

log = structlog.get_logger()

BURST: Final = 1.0
"""Seconds' worth of requests that may come at once after a rest."""
REDIS_SECONDS: Final = 0.25
AWAY_SECONDS: Final = 2.0
"""For how long Redis is not asked again after it did not answer."""
KST: Final = timezone(timedelta(hours=9))
DAY_SECONDS: Final = 86_400

RATE: Final = """
local clock = redis.call('TIME')
local now, burst = clock[1] + clock[2] / 1000000, tonumber(ARGV[3])
local due, left, reset = {}, -1, 0
for index = 1, 2 do
  local rate = tonumber(ARGV[index])
  if rate > 0 then
    local present = math.max(tonumber(redis.call('GET', KEYS[index]) or now), now)
    if present - now > burst - 1 / rate + 0.000001 then
      return {0, 0, tostring(present - now - burst + 1 / rate)}
    end
    due[index] = present + 1 / rate
    local room = math.floor((burst - (due[index] - now)) * rate + 0.000001)
    if left < 0 or room < left then left, reset = room, due[index] - now end
  end
end
for index, moment in pairs(due) do
  redis.call('SET', KEYS[index], string.format('%.6f', moment), 'PX', math.ceil((moment - now) * 1000) + 1000)
end
return {1, left, tostring(reset)}
"""
DAY: Final = """
local number = tonumber(ARGV[3])
for index = 1, 2 do
  local most = tonumber(ARGV[index])
  if most > 0 and number > 0 and tonumber(redis.call('GET', KEYS[index]) or 0) + number > most then return 0 end
end
for index = 1, 2 do
  if tonumber(ARGV[index]) > 0 then
    redis.call('INCRBY', KEYS[index], number)
    redis.call('EXPIRE', KEYS[index], 172800)
  end
end
return 1
"""


class Room(NamedTuple):
    """What is left after a request: of how many a second, how many more at once, seconds until all are back."""

    limit: int
    left: int
    reset: float


@dataclass
class Share:
    """The same rules for one process alone, by the names of keys and accounts; forgets what a day or a burst ends."""

    due: dict[str, float] = field(default_factory=dict)
    day: str = ""
    used: dict[str, int] = field(default_factory=dict)

    def request(self, rates: list[tuple[str, float]], now: float) -> tuple[bool, int, float]:
        """Take a request from each rate (a second), or from none: whether, how many are left, seconds to wait."""
        self.due = {name: due for name, due in self.due.items() if due > now}
        later = [(max(self.due.get(name, now), now), name, rate) for name, rate in rates if rate > 0]
        waits = [due - now - BURST + 1 / rate for due, _, rate in later]
        if waits and max(waits) > 0:
            return False, 0, max(waits)
        self.due |= {name: due + 1 / rate for due, name, rate in later}
        rooms = [(math.floor((BURST - (self.due[name] - now)) * rate), self.due[name] - now) for _, name, rate in later]
        return (True, *min(rooms, default=(0, 0.0)))

    def messages(self, most: list[tuple[str, int]], number: int, day: str) -> bool:
        """Take messages from each day's quota, or from none."""
        if day != self.day:
            self.day, self.used = day, {}
        if any(limit and number > 0 and self.used.get(name, 0) + number > limit for name, limit in most):
            return False
        self.used |= {name: self.used.get(name, 0) + number for name, limit in most if limit}
        return True


class Quota:
    """Takes requests and messages from what callers may have."""

    def __init__(self, url: str | None = None) -> None:
        """Take the address of a Redis, this installation's by default; connects at the first question."""
        self._limits = settings(Quotas)
        address = url or settings(Installation).redis()
        self._redis = None if address is None else _client(address)
        self._share = Share()
        self._away_until = 0.0

    async def request(self, api_key_id: UUID, account_id: UUID) -> Room | None:
        """Take one request; None where there is no limit.

        Raises:
            ApiError: there is no room; `Retry-After` says when.
        """
        rates = (self._limits.key_requests_per_second, self._limits.account_requests_per_second)
        if not any(rates):
            return None
        names = [f"alrim:requests:{{{account_id}}}:{each}" for each in (api_key_id, "all")]
        said = await self._ask(RATE, names, [*rates, BURST])
        if said is None:
            shares = [(name, rate / self._limits.web_slots) for name, rate in zip(names, rates, strict=True)]
            said = self._share.request(shares, time.time())
        is_free, left, seconds = bool(said[0]), int(said[1]), float(said[2])
        limit = math.ceil(min(rate for rate in rates if rate))
        if not is_free:
            wait = math.ceil(seconds)
            headers = {**headers_of(Room(limit, 0, seconds)), "Retry-After": str(max(wait, 1))}
            raise ApiError(Code.TOO_MANY_REQUESTS, detail=f"at most {limit} requests a second", headers=headers)
        return Room(limit, left, seconds)

    async def messages(self, api_key_id: UUID, account_id: UUID, number: int) -> None:
        """Take messages from the day's quota; a negative number gives them back.

        Raises:
            ApiError: there are not so many left today, and none was taken; `Retry-After` says when the day ends.
        """
        most = (self._limits.key_messages_per_day, self._limits.account_messages_per_day)
        if not any(most):
            return
        now = datetime.now(KST)
        day = now.date().isoformat()
        names = [f"alrim:messages:{{{account_id}}}:{each}:{day}" for each in (api_key_id, "all")]
        said = await self._ask(DAY, names, [*most, number])
        if said is None:
            shares = [(name, -(-limit // self._limits.web_slots)) for name, limit in zip(names, most, strict=True)]
            said = self._share.messages(shares, number, day)
        if not said:
            left = DAY_SECONDS - (now.hour * 3600 + now.minute * 60 + now.second)
            detail = f"at most {min(each for each in most if each)} messages a day, until midnight in Korea"
            raise ApiError(Code.DAY_SPENT, detail=detail, headers={"Retry-After": str(left)})

    async def close(self) -> None:
        """Let go of the connections."""
        if self._redis is not None:
            await self._redis.aclose()

    async def _ask(self, script: str, names: list[str], values: Sequence[float]) -> Any:  # noqa: ANN401 - a script's answer
        """Run a script; None means that nobody answered, and each process keeps to its share."""
        if self._redis is None or time.monotonic() < self._away_until:
            return None
        try:
            return await self._redis.register_script(script)(keys=names, args=values)
        except (RedisError, OSError) as error:
            log.warning("quota.redis_away", error=type(error).__name__)
            self._away_until = time.monotonic() + AWAY_SECONDS
            return None


@cache
def quota() -> Quota:
    """This process's; it belongs to the event loop that asks first."""
    return Quota()


def headers_of(room: Room) -> dict[str, str]:
    """What is left, in the words of the IETF's draft (draft-ietf-httpapi-ratelimit-headers)."""
    return {
        "RateLimit-Limit": str(room.limit),
        "RateLimit-Remaining": str(room.left),
        "RateLimit-Reset": str(math.ceil(room.reset)),
    }


def _client(where: str | Sentinels) -> Redis:
    patience: dict[str, Any] = {"socket_timeout": REDIS_SECONDS, "socket_connect_timeout": REDIS_SECONDS}
    if isinstance(where, str):
        return Redis.from_url(where, **patience)
    sentinel: Any = Sentinel  # its authors gave it no types
    master: Redis = sentinel(where.nodes, **where.login, **patience).master_for(where.master)
    return master
