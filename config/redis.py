"""Where a Redis is, as a URL says it: one server, or Sentinels that know which of several is the master at present.

`sentinel://:password@one:26379/0;sentinel://two:26379/0` names the Sentinels; name, password and database are the Redis
servers'. It must not know what is kept there, nor open anything.
"""

from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

SENTINEL: Final = "sentinel://"
PORT: Final = 26379


class Sentinels(NamedTuple):
    """Where to ask for the master of this name, and how to speak to that one."""

    nodes: list[tuple[str, int]]
    master: str
    database: int
    username: str | None
    password: str | None

    @property
    def login(self) -> dict[str, str | int | None]:
        """What a client of the master is told, by its own words."""
        return {"username": self.username, "password": self.password, "db": self.database}


def address(url: str, master: str) -> str | Sentinels | None:
    """Say for a Redis client where this is; None if it is no Redis.

    Raises:
        ValueError: it is no address; the text names the setting that is to blame, and holds nothing of the URL.
    """
    if url.startswith(SENTINEL):
        return _sentinels(url, master)
    if url.startswith("redis+socket://"):
        # Celery's way to write it; Redis clients have their own.
        path, _, database = url.removeprefix("redis+socket://").partition("?virtual_host=")
        return f"unix://{path}?db={database or 0}"
    return url if url.startswith(("redis://", "rediss://", "unix://")) else None


def _sentinels(url: str, master: str) -> Sentinels:
    if not master:
        raise ValueError("ALRIM_REDIS_SENTINEL_MASTER is not set: Sentinels are asked for a master by its name")
    parts = [urlsplit(part) for part in url.split(";")]
    if any(part.scheme != "sentinel" or not part.hostname for part in parts):
        raise ValueError("ALRIM_BROKER_URL, ALRIM_REDIS_URL: each of several Sentinels is sentinel://host:port/0")
    first = parts[0]
    return Sentinels(
        [(str(part.hostname), part.port or PORT) for part in parts],
        master,
        int(first.path.strip("/") or 0),
        unquote(first.username) if first.username else None,
        unquote(first.password) if first.password else None,
    )
