"""The judge finds what must not be, by each of its witnesses alone."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from tests.chaos.judge import Accepted, Arrived, Row, faults, judge

AT = datetime(2026, 1, 2, tzinfo=UTC)
ONE = Accepted("1", "kakao", "w1", AT)
TEXT = Accepted("2", "solapi", "w2", AT)


def an_arrival(order: Accepted, to: str = "me", seconds: float = 1) -> Arrived:
    return Arrived(order.id, order.channel, order.word, to, AT + timedelta(seconds=seconds))


def a_row(order: Accepted, status: str, code: str | None = None) -> dict[str, Row]:
    return {order.id: Row(order.channel, status, code)}


CLEAN: list[tuple[str, Accepted, Sequence[Arrived], dict[str, Row]]] = [
    ("arrived", ONE, [an_arrival(ONE)], a_row(ONE, "sent")),
    ("two recipients", ONE, [an_arrival(ONE), an_arrival(ONE, "you")], a_row(ONE, "sent")),
    ("rejected", ONE, [], a_row(ONE, "failed", "-501")),
    ("expired", ONE, [], a_row(ONE, "failed", "expired")),
    ("cancelled", ONE, [], a_row(ONE, "cancelled")),
    ("held, arrived", ONE, [an_arrival(ONE)], a_row(ONE, "unknown", "reset")),
    ("held, not arrived", ONE, [], a_row(ONE, "unknown", "reset")),
    ("delivered", TEXT, [an_arrival(TEXT)], a_row(TEXT, "delivered")),
]
DIRTY: list[tuple[str, Accepted, Sequence[Arrived], dict[str, Row]]] = [
    ("kakao: lost", ONE, [], a_row(ONE, "sent")),
    ("kakao: lost", ONE, [], a_row(ONE, "queued")),
    ("kakao: lost", ONE, [], {}),
    ("kakao: twice", ONE, [an_arrival(ONE), an_arrival(ONE)], a_row(ONE, "sent")),
    ("solapi: twice", TEXT, [an_arrival(TEXT)] * 3, a_row(TEXT, "delivered")),
    # The product gave the second one another id: only the word tells.
    ("kakao: twice", ONE, [an_arrival(ONE), Arrived("9", "kakao", "w1", "me", AT)], a_row(ONE, "sent")),
    # The word was garbled: only the id tells.
    ("kakao: twice", ONE, [an_arrival(ONE), Arrived("1", "kakao", None, "me", AT)], a_row(ONE, "sent")),
    ("kakao: denied", ONE, [an_arrival(ONE)], a_row(ONE, "failed", "503")),
    ("kakao: stray", ONE, [an_arrival(ONE), Arrived("9", "kakao", "w9", "me", AT)], a_row(ONE, "sent")),
    ("kakao: stray", ONE, [an_arrival(ONE)], a_row(ONE, "sent") | {"9": Row("kakao", "sent", None)}),
    ("solapi: held", TEXT, [an_arrival(TEXT)], a_row(TEXT, "unknown", "silence")),
]


@pytest.mark.parametrize(("_name", "order", "arrived", "rows"), CLEAN, ids=[name for name, *_ in CLEAN])
def test_what_may_be(_name: str, order: Accepted, arrived: Sequence[Arrived], rows: dict[str, Row]) -> None:
    assert faults(judge([order], arrived, rows)) == []


@pytest.mark.parametrize(("name", "order", "arrived", "rows"), DIRTY, ids=[name for name, *_ in DIRTY])
def test_what_must_not_be(name: str, order: Accepted, arrived: Sequence[Arrived], rows: dict[str, Row]) -> None:
    assert any(fault.startswith(name) for fault in faults(judge([order], arrived, rows)))


def test_the_numbers_of_a_line() -> None:
    other = Accepted("3", "kakao", "w3", AT)
    arrived = [an_arrival(ONE, seconds=2), an_arrival(other, seconds=9)]
    rows = a_row(ONE, "sent") | a_row(other, "unknown", "reset")
    line = judge([ONE, other], arrived, rows)["kakao"]
    assert (line.accepted, line.delivered, line.held, line.slowest, line.silence) == (2, 2, {"3": "reset"}, 9.0, 7.0)
