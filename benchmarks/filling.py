"""Fill a table as years of use would: many accounts of unequal size, nearly all rows final, with their attempts.

The database makes the rows itself (MariaDB's sequence tables), so that ten million take minutes; they come in the order
of their ids with every index in place, so that pages are as full as the product would leave them. What is searched
for, the needles, is older than all else: a search that reads the table backwards finds it last.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import md5, sha256
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Engine, insert, text

from config.vocabulary import Channel, Lane, State
from models.notification import Notification
from models.sealing import recipient_hash
from models.types import first_id, new_id, utc_now

ACCOUNTS: Final = 200
"""The first has a sixth of all rows, the last hundred together have a fifth."""
DAYS: Final = 100
CHUNK: Final = 20_000
SEALED: Final = 200
"""Bytes of a recipient and a short message, sealed."""
NEEDLES: Final = 30
"""Of each kind: more than a page."""
NEEDLE: Final = "needle"
LONG_AGO: Final = timedelta(days=DAYS + 1)
"""When the needles were made."""

ROWS: Final = """
INSERT INTO notifications (id, created_at, updated_at, account_id, api_key_id, connection_id, channel, lane, type,
    status, attempt, tries, not_before, departed_at, group_id, provider_id, code, reference, recipient_hash, sealed,
    idempotency, body_hash, request_id)
SELECT CONCAT(UNHEX(CONCAT(LPAD(HEX(ms), 12, '0'), '7000')), SUBSTR(h, 1, 8)), at, at + INTERVAL 4 SECOND,
    UNHEX(MD5(CONCAT('account ', who))), UNHEX(MD5(CONCAT('key ', who))), UNHEX(MD5(CONCAT('connection ', who))),
    channel, IF(b < 150, 'normal', IF(b < 240, 'bulk', 'urgent')), IF(channel = 'solapi', 'SMS', 'text'),
    IF(failed, 'failed', IF(b = 77, 'cancelled', IF(channel = 'solapi' AND b <> 78, 'delivered', 'sent'))),
    1, 1, at, at + INTERVAL 1 SECOND,
    IF(channel = 'solapi', CONCAT('G4V20261124', n DIV 50), NULL),
    IF(channel = 'solapi', CONCAT('M4V20261124', LEFT(HEX(h), 20)), NULL),
    IF(failed, ELT(1 + a MOD 8, '3046', '3046', '3046', '3101', '3101', '1062', 'timeout', 'expired'), NULL),
    IF(a < 180, CONCAT('order-', n), NULL),
    UNHEX(SHA2(CONCAT('recipient ', who, ' ', FLOOR(n * 7919 MOD (1 + :total DIV 5))), 256)),
    CONCAT(REPEAT(h, :sealed DIV 32), SUBSTR(h, 1, :sealed MOD 32)), UNHEX(SHA2(CONCAT('once ', ms, ' ', n), 256)), h,
    LOWER(HEX(SUBSTR(h, 1, 16)))
FROM (SELECT n, ms, FROM_UNIXTIME(ms / 1000) AS at, h, ORD(SUBSTR(h, 20, 1)) AS a, ORD(SUBSTR(h, 21, 1)) AS b,
        ORD(SUBSTR(h, 22, 1)) < 8 AS failed,
        FLOOR(:accounts * POW((ORD(SUBSTR(h, 23, 1)) * 256 + ORD(SUBSTR(h, 24, 1))) / 65536, 3)) AS who,
        ELT(1 + ORD(SUBSTR(h, 25, 1)) MOD 10, 'solapi', 'solapi', 'solapi', 'solapi', 'solapi', 'solapi',
            'kakao', 'kakao', 'gmail', 'ses') AS channel
    FROM (SELECT seq AS n, :start + seq * :span DIV :total AS ms, UNHEX(SHA2(CONCAT('row ', seq), 256)) AS h
        FROM seq_{first}_to_{last}) AS made) AS drawn
"""
ATTEMPTS: Final = """
INSERT INTO attempts (id, created_at, updated_at, notification_id, attempt, outcome, code, started_at, ended_at)
SELECT CONCAT(LEFT(id, 8), LEFT(idempotency, 8)), updated_at, updated_at, id, 1,
    IF(status = 'failed', 'rejected', 'accepted'), code, created_at, updated_at
FROM notifications WHERE id >= :first AND id < :last AND status <> 'cancelled'
"""


@dataclass(frozen=True, slots=True)
class Owner:
    """An account with its key and its connection, as the rows name them."""

    account_id: UUID
    api_key_id: UUID
    connection_id: UUID


def owner(number: int) -> Owner:
    """The account of this number; 0 is the largest."""
    names = (f"{kind} {number}" for kind in ("account", "key", "connection"))
    return Owner(*(UUID(bytes=md5(name.encode(), usedforsecurity=False).digest()) for name in names))


def fill(engine: Engine, rows: int, tell: float = 15) -> None:
    """Insert so many rows of the last hundred days, and the needles."""
    needles(engine, utc_now() - LONG_AGO)
    fill_up_to(engine, rows, utc_now() - timedelta(minutes=10), tell)


def fill_up_to(engine: Engine, rows: int, end: datetime, tell: float = 15) -> None:
    """Insert so many rows of a hundred days, two chunks at a time; how far it is is printed every `tell` seconds."""
    start = end - timedelta(days=DAYS)
    began = told = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        waiting = pool.map(lambda chunk: _chunk(engine, start, rows, chunk), _chunks(rows))
        for done in waiting:
            if time.monotonic() > told + tell:
                told = time.monotonic()
                print(f"{done:,} of {rows:,} rows, {done / (told - began):,.0f}/s", flush=True)
    with engine.connect() as connection:
        for table in ("notifications", "attempts"):
            connection.execute(text(f"ANALYZE TABLE {table}"))


def _chunks(rows: int) -> Iterator[tuple[int, int]]:
    for first in range(1, rows + 1, CHUNK):
        yield first, min(first + CHUNK - 1, rows)


def _chunk(engine: Engine, start: datetime, total: int, chunk: tuple[int, int]) -> int:
    first, last = chunk
    span = timedelta(days=DAYS) // timedelta(milliseconds=1)
    began = int(start.timestamp() * 1000)
    made = {"start": began, "span": span, "total": total, "accounts": ACCOUNTS, "sealed": SEALED}
    ids = {
        name: (began + number * span // total << 80).to_bytes(16, "big")
        for name, number in (("first", first), ("last", last + 1))
    }
    with engine.begin() as connection:
        connection.execute(text(ROWS.format(first=first, last=last)), made)
        connection.execute(text(ATTEMPTS), ids)
    return last


def needles(engine: Engine, moment: datetime) -> None:
    """Make what is searched for: of a rare code, state, reference and recipient, all the first account's."""
    kinds: list[dict[str, Any]] = [
        {"status": State.FAILED, "code": NEEDLE},
        {"status": State.UNKNOWN, "code": "timeout"},
        {"status": State.SENT, "reference": NEEDLE},
        {"status": State.SENT, "recipient_hash": recipient_hash(owner(0).account_id, NEEDLE)},
    ]
    rows = [a_row(moment, owner(0), **kind) for kind in kinds for _ in range(NEEDLES)]
    with engine.begin() as connection:
        connection.execute(insert(Notification), rows)


def a_row(moment: datetime, whose: Owner, **changes: object) -> dict[str, Any]:
    """A notification that was made at a moment, sent unless `changes` says otherwise."""
    row_id = UUID(int=first_id(moment).int | new_id().int & (1 << 64) - 1)
    return {
        **dict.fromkeys(("not_before", "created_at", "updated_at", "departed_at"), moment),
        **dict.fromkeys(("wake_at", "code", "reference", "recipient_hash")),
        "id": row_id,
        "account_id": whose.account_id,
        "api_key_id": whose.api_key_id,
        "connection_id": whose.connection_id,
        "channel": Channel.KAKAO,
        "lane": Lane.NORMAL,
        "type": "text",
        "status": State.SENT,
        "attempt": 1,
        "tries": 1,
        "sealed": b"s" * SEALED,
        "idempotency": sha256(row_id.bytes).digest(),
        **changes,
    }
