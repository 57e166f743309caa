"""Judges a run by its witnesses: what the script was told, what the recipients got, what the rows say. Pure.

It believes neither the API nor one column alone: a message is twice there if one recipient has its id twice, or its
word twice.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from config.vocabulary import Channel, State


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message for which the script has a 202, and when it had it."""

    id: str
    channel: str
    word: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message in one recipient's hands."""

    id: str | None
    channel: str
    word: str | None
    to: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Row:
    """What the product remembers of a notification."""

    channel: str
    status: str
    code: str | None


@dataclass
class Line:
    """One channel's line of the table; lists hold notification ids (or words where no id is known).

    Attributes:
        lost: accepted, nowhere, and not said to be rejected, held, expired or cancelled.
        twice: arrived more than once at one recipient.
        held: `unknown` in the end, whether it arrived or not, with its code.
        denied: said to have failed, and arrived all the same.
        stray: arrived or remembered, and never accepted for the script.
        slowest: seconds from the 202 to the first arrival, of the slowest.
        silence: longest time without any arrival on the channel between its first and its last.
    """

    accepted: int = 0
    delivered: int = 0
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    held: dict[str, str] = field(default_factory=dict)
    failed: Counter[str] = field(default_factory=Counter)
    denied: list[str] = field(default_factory=list)
    stray: list[str] = field(default_factory=list)
    slowest: float = 0.0
    silence: float = 0.0


Table = dict[str, Line]


def judge(accepted: Sequence[Accepted], arrived: Sequence[Arrived], rows: Mapping[str, Row]) -> Table:
    """Make the table, a line a channel."""
    table: Table = {str(channel): Line() for channel in Channel}
    by_id: dict[str | None, list[Arrived]] = defaultdict(list)
    for each in arrived:
        by_id[each.id].append(each)
    for order in accepted:
        _place(table[order.channel], order, by_id[order.id], rows.get(order.id))
    _find_doubles(table, arrived)
    _find_strays(table, accepted, arrived, rows)
    for channel, line in table.items():
        line.silence = _longest_gap(each.at for each in arrived if each.channel == channel)
    return table


def faults(table: Table) -> list[str]:
    """What must not be; empty means that the run has proved its point."""
    solapi = table[Channel.SOLAPI]
    found = {f"{channel}: {name}": getattr(line, name) for channel, line in table.items() for name in FAULTS}
    found["solapi: held, though it can be asked"] = [*solapi.held]
    return [f"{what}: {len(ids)}: {', '.join(ids[:10])}" for what, ids in found.items() if ids]


FAULTS = ("lost", "twice", "denied", "stray")


def _place(line: Line, order: Accepted, entries: Sequence[Arrived], row: Row | None) -> None:
    status, code = (row.status, row.code) if row else ("", None)
    line.accepted += 1
    if status == State.UNKNOWN:
        line.held[order.id] = code or "?"
    if entries:
        line.delivered += 1
        line.slowest = max(line.slowest, (min(each.at for each in entries) - order.at).total_seconds())
        if status in {State.FAILED, State.CANCELLED}:
            line.denied.append(order.id)
    elif status == State.FAILED:
        line.failed[code or "?"] += 1
    elif status == State.CANCELLED:
        line.failed[status] += 1
    elif status != State.UNKNOWN:
        line.lost.append(order.id)


def _find_doubles(table: Table, arrived: Sequence[Arrived]) -> None:
    ids = Counter((each.channel, each.id, each.to) for each in arrived if each.id is not None)
    words = Counter((each.channel, each.word, each.to) for each in arrived)
    name_of = {each.word: each.id for each in arrived}
    for (channel, id_, _to), times in ids.items():
        if times > 1 and id_ not in table[channel].twice:
            table[channel].twice.append(str(id_))
    for (channel, word, _to), times in words.items():
        name = str(name_of[word] or word)
        if times > 1 and name not in table[channel].twice:
            table[channel].twice.append(name)


def _find_strays(
    table: Table, accepted: Sequence[Accepted], arrived: Sequence[Arrived], rows: Mapping[str, Row]
) -> None:
    words = {order.id: order.word for order in accepted}
    for each in arrived:
        if each.id not in words or words[each.id] != each.word:
            table[each.channel].stray.append(str(each.id))
    for id_ in sorted(rows.keys() - words.keys()):
        table[rows[id_].channel].stray.append(id_)


def _longest_gap(moments: Iterable[datetime]) -> float:
    known = sorted(moments)
    return max(((later - sooner).total_seconds() for sooner, later in pairwise(known)), default=0.0)
