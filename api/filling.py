"""Filling a batch: recipients become sealed notifications, slice by slice, each slice one COMMIT with its progress.

Whoever comes again with the same recipients goes on after the last COMMIT. Nothing here is sent before the batch is
released, so that an upload may break off, or turn out to be another than was signed, at any point. Runs in a thread.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import Final

from pydantic import ValidationError
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from api import batch_statement
from api.batch_statement import BatchFacts, BatchRow
from api.error_table import Code
from api.field_codes import FIELD_CODES
from api.merge import Merge, why
from api.roster import Entry, Recipient
from api.store_errors import passes
from models import batch_ledger
from models.batch_ledger import MOST_REJECTS, Progress, Reject
from models.sealing import recipient_hasher, sealer
from models.types import new_id, utc_now

SLICE_ROWS: Final = 1_000
SLICE_BYTES: Final = 2 * 1024 * 1024
MOST_ROWS: Final = 1_000_000
TRIES: Final = 3


Judged = tuple[list[BatchRow], dict[int, int | None], list[Reject]]
"""What a slice becomes: rows, the line of each in the file, and rejects."""


class TakenOver(Exception):  # noqa: N818 - the name says what happened
    """Somebody else fills this batch, or it is not being filled any more."""


class Changed(Exception):  # noqa: N818 - the name says what happened
    """The recipients begin differently from those that were stored before."""


class TooMany(Exception):  # noqa: N818 - the name says what happened
    """More recipients than a batch may have."""


@dataclass
class Filling:
    """One way through the recipients of a batch.

    Attributes:
        number: who fills; fences against an earlier one that is still at it.
        distinct_by: `to`, `reference` or a variable's name, of which no two accepted recipients may have the same.
        prefix: the hash of all that was read of the recipients so far.
        done: how far it has come, committed.
    """

    engine: Engine
    facts: BatchFacts
    merge: Merge
    distinct_by: str | None
    number: int
    done: Progress
    prefix: Callable[[], bytes | None] = lambda: None

    def fill(self, entries: Iterator[Entry]) -> Progress:
        """Store what is not stored yet, and return how far it came.

        Raises:
            TakenOver, Changed, TooMany: see there; what was committed stays.
        """
        skipped = sum(1 for _ in islice(entries, self.done.rows_read))
        if skipped < self.done.rows_read or (self.done.prefix_hash and self.prefix() != self.done.prefix_hash):
            raise Changed
        read = skipped
        # While the database writes one slice the next is read and judged: either takes as long as the other.
        with ThreadPoolExecutor(1, "filling") as writer:
            writing: Future[None] | None = None
            while some := [*islice(entries, SLICE_ROWS)]:
                read += len(some)
                if read > MOST_ROWS:
                    raise TooMany
                judged = self._judge(some)
                if writing is not None:
                    writing.result()
                writing = writer.submit(self._store, len(some), judged, self.prefix())
            if writing is not None:
                writing.result()
        return self.done

    def _store(self, read: int, judged: Judged, prefix: bytes | None) -> None:
        for last in (*[False] * (TRIES - 1), True):
            try:
                self.done = self._commit(read, *judged, prefix)
            except DBAPIError as error:
                if last or not passes(error):
                    raise
            else:
                return

    def _commit(
        self,
        read: int,
        rows: Sequence[BatchRow],
        lines: dict[int, int | None],
        rejects: Sequence[Reject],
        prefix: bytes | None,
    ) -> Progress:
        before, now = self.done, utc_now()
        with self.engine.begin() as connection:
            for part in _parts(rows):
                batch_statement.write(connection, self.facts, part, now)
            doubles = batch_statement.doubles(connection, rows) if self.distinct_by is not None and rows else []
            refused = [*rejects, *(_double(number, lines[number], self.distinct_by or "") for number in doubles)]
            room = max(MOST_REJECTS - before.rejected, 0)
            batch_ledger.note_rejects(connection, self.facts.id, refused[:room], now)
            accepted = before.accepted + len(rows) - len(doubles)
            after = Progress(
                before.rows_read + read, accepted, before.rejected + read - (accepted - before.accepted), prefix
            )
            if not batch_ledger.advance(connection, self.facts.id, self.number, after, now):
                raise TakenOver
        return after

    def _judge(self, some: Sequence[Entry]) -> Judged:
        rows: list[BatchRow] = []
        lines: dict[int, int | None] = {}
        rejects: list[Reject] = []
        seal, hashed = sealer().seal, recipient_hasher(self.facts.account_id)
        for entry in some:
            if isinstance(entry, Reject):
                rejects.append(entry)
                continue
            try:
                kind, recipient, content = self.merge.of(entry.to, entry.variables)
            except ValidationError as error:
                wrong = why(error)[0]
                rejects.append(Reject(entry.number, entry.line, *wrong))
                continue
            name = self._name(entry, recipient)
            if self.distinct_by is not None and name is None:
                rejects.append(_nameless(entry, self.distinct_by))
                continue
            row_id = new_id()
            sealed = seal("notifications.sealed", row_id, content)
            rows.append(BatchRow(row_id, kind, entry.number, entry.reference, hashed(recipient), sealed, name))
            lines[entry.number] = entry.line
        return rows, lines, rejects

    def _name(self, entry: Recipient, recipient: str) -> bytes | None:
        """What makes it the only one: the same again in this batch loses against what is stored."""
        match self.distinct_by:
            case None:
                return None
            case "to":
                value: str | None = recipient
            case "reference":
                value = entry.reference
            case name:
                value = entry.variables.get(name)
        return None if value is None else sha256(self.facts.id.bytes + value.encode()).digest()


def _parts(rows: Sequence[BatchRow]) -> Iterator[Sequence[BatchRow]]:
    """Split where a statement would be larger than a server takes."""
    part: list[BatchRow] = []
    size = 0
    for row in rows:
        if part and size + len(row.sealed) > SLICE_BYTES:
            yield part
            part, size = [], 0
        part.append(row)
        size += len(row.sealed)
    yield part


def _double(number: int, line: int | None, field: str) -> Reject:
    detail = f"{field}: another recipient of this batch has the same"
    return Reject(number, line, field, Code.DUPLICATE_RECIPIENT.value, detail)


def _nameless(entry: Recipient, field: str) -> Reject:
    detail = f"{field} is missing, and recipients are told apart by it"
    return Reject(entry.number, entry.line, field, FIELD_CODES["variable_missing"].value, detail)
