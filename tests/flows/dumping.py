"""Dumps of a database and of a broker, and the search for words in them, however they are written.

A dump is what stands where: places by name, each with the bytes that are kept there. Read as whoever has stolen a
backup would: table by table, queue by queue, and the files themselves. It knows neither what is secret nor what a place
means.
"""

import base64
import json
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, quote_plus

import redis
from amqp.exceptions import NotFound
from kombu import Connection, Message
from sqlalchemy import make_url, text

from config.vocabulary import Queue
from models.schema import metadata
from models.session import make_engine
from tests.servers.process import LOOPBACK

Dump = dict[str, bytes]
"""What stands where."""
SHORTEST = 5
"""Fewer bytes are found anywhere by chance."""
CHARSETS = ("utf-8", "utf-16-le", "utf-16-be", "cp949")
LEAST = 8
"""Of a word of so many bytes two groups of three are its own in base64, wherever it begins."""
SEPARATOR = b"\x00\n"


class Word(NamedTuple):
    """A word and what it was in the run."""

    kind: str
    text: str


def tables(url: str) -> Dump:
    """Read every value of every table, by `table.column`, as it is stored."""
    engine, dump = make_engine(url), dict[str, bytes]()
    try:
        with engine.connect().execution_options(reading=True) as connection:
            for table in metadata.sorted_tables:
                rows = connection.execute(text(f"SELECT * FROM {table.name}"))  # noqa: S608 - our own table's name
                names = [f"{table.name}.{name}" for name in rows.keys()]  # noqa: SIM118 - a result is no mapping
                columns = zip(*rows.all(), strict=True)
                dump |= {name: SEPARATOR.join(map(_raw, kept)) for name, kept in zip(names, columns, strict=False)}
    finally:
        engine.dispose()
    return dump


def database_files(url: str, directory: Path) -> Dump:
    """Read what a backup would hold: SQLite's own files, or what the server's own program writes."""
    where = make_url(url)
    if where.get_backend_name() == "sqlite":
        return files(directory.glob("alrim.db*"))
    program = shutil.which("mariadb-dump") or shutil.which("mysqldump")
    if program is None or where.database is None:
        return {}
    login = ("--no-defaults", f"--host={LOOPBACK}", f"--port={where.port}", f"--user={where.username}")
    # Blobs once in hex and once as they are.
    written = {
        f"mysqldump{option}": subprocess.run(
            [program, *login, "--single-transaction", option, where.database],
            capture_output=True,
            check=True,
            timeout=30,
        ).stdout
        for option in ("--hex-blob", "--skip-hex-blob")
    }
    assert all(b"Dump completed" in said for said in written.values())
    return written


def files(paths: Iterable[Path]) -> Dump:
    """Read files, by name; one that goes away meanwhile is none."""
    return {f"file {path.name}": path.read_bytes() for path in paths if path.is_file()}


def of_redis(url: str) -> Dump:
    """Read every key of every type, and the files: all that was ever written, and a snapshot."""
    with redis.Redis.from_url(url) as client:
        dump = {f"redis {key.decode()}": SEPARATOR.join([key, *_values(client, key)]) for key in client.scan_iter()}
        client.config_set("rdbcompression", "no")
        client.save()
        home = Path(client.config_get("dir")["dir"])
    kept = files([home / "dump.rdb", *home.glob("appendonlydir/*")])
    assert any(name.endswith(".aof") for name in kept)
    assert "file dump.rdb" in kept
    return dump | kept


def of_rabbitmq(url: str, home: Path) -> Dump:
    """Read every message that waits, which goes on waiting, and the node's files."""
    dump: dict[str, bytes] = {}
    with Connection(url) as connection:
        for queue in map(str, Queue):
            # Of a channel of its own: closing it puts the messages back.
            waiting: list[bytes] = []
            with suppress(NotFound), connection.channel() as channel:
                waiting = list(_messages(channel, queue))
            if waiting:
                dump[f"rabbitmq {queue}"] = SEPARATOR.join(waiting)
    return dump | files((home / "mnesia").rglob("*"))


def spellings(word: str) -> frozenset[bytes]:
    """Every way in which a word may stand in a dump."""
    plain, escaped = word.encode(), json.dumps(word)[1:-1].encode()
    written = {word.encode(charset, "ignore") for charset in CHARSETS}
    quoted = {quote(word, safe="").encode(), quote_plus(word).encode(), escaped}
    hexed = {plain.hex().encode(), plain.hex().upper().encode()}
    in_base64 = {*_in_base64(plain), *_in_base64(escaped)}
    return frozenset(each for each in written | quoted | hexed | in_base64 if len(each) >= SHORTEST)


def tails(digits: str) -> list[str]:
    """What all spellings of a mobile number have at their end, with a country's code or without."""
    return [f"{digits[-8:-4]}{between}{digits[-4:]}" for between in ("", "-", " ")]


def findings(dump: Dump, words: Iterable[Word]) -> list[str]:
    """Name every word that is somewhere, by its kind, and where; each once."""
    texts = {word.text: word.kind for word in words}
    short = [text for text in texts if len(text.encode()) < LEAST]
    assert not short, f"too short to be found in base64: {short}"
    # Wherever a word stands, what is a part of it stands too.
    needed = [text for text in texts if not any(part in text for part in texts if part != text)]
    needles = [(texts[text], spelling) for text in needed for spelling in spellings(text)]
    found = {f"{kind} in {place}" for place, held in dump.items() for kind, each in needles if each in held}
    return sorted(found)


def _in_base64(plain: bytes) -> Iterator[bytes]:
    """The characters that do not depend on what stands around it, for each of the three ways to begin."""
    for lead in range(3):
        # Of a group of three bytes that is not wholly its own, nothing can be said.
        skipped = -lead % 3
        whole = plain[skipped : skipped + (len(plain) - skipped) // 3 * 3]
        if len(whole) >= SHORTEST:
            written = base64.b64encode(whole)
            yield written
            yield written.translate(bytes.maketrans(b"+/", b"-_"))


def _raw(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def _values(client: "redis.Redis", key: bytes) -> list[bytes]:
    read: dict[Any, Any] = {
        b"string": lambda: [client.get(key)],
        b"list": lambda: client.lrange(key, 0, -1),
        b"set": lambda: client.smembers(key),
        b"zset": lambda: client.zrange(key, 0, -1),
        b"hash": lambda: [part for pair in client.hgetall(key).items() for part in pair],
        b"none": list,
    }
    raw = [bytes(value) for value in read[client.type(key)]() if value is not None]
    return [*raw, *(body for value in raw for body in _bodies(value))]


def _bodies(value: bytes) -> Iterator[bytes]:
    """What kombu has put into a message in base64, opened."""
    if value.startswith(b"{") and b'"body_encoding": "base64"' in value:
        yield base64.b64decode(json.loads(value)["body"])


def _messages(channel: Any, queue: str) -> Iterator[bytes]:  # noqa: ANN401 - a transport's own class
    while (message := _next(channel, queue)) is not None:
        yield str((message.headers, message.properties, message.delivery_info)).encode() + _raw(message.body)


def _next(channel: Any, queue: str) -> Message | None:  # noqa: ANN401 - as above
    got = channel.basic_get(queue)
    return None if got is None else channel.message_to_python(got)
