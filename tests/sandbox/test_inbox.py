import asyncio
import json
import threading
from datetime import UTC, datetime

import pytest

from sandbox.inbox import PICTURES, Entry, Inbox


def entry(number: int, channel: str = "solapi", to: str = "01000000001") -> Entry:
    return Entry(channel, "SMS", to, "0212345678", None, "가", f"M{number}", None, datetime(2026, 1, 1, tzinfo=UTC))


def ids(entries: list[Entry]) -> str:
    return "".join(item.provider_id[1:] for item in entries)


@pytest.mark.parametrize(
    ("channel", "to", "found"),
    [(None, None, "0123"), ("solapi", None, "01"), (None, "01000000002", "13"), ("kakao", "01000000002", "3")],
)
def test_entries_are_listed_newest_last_and_filtered(channel: str | None, to: str | None, found: str) -> None:
    inbox = Inbox()
    for number in range(4):
        inbox.add(entry(number, "solapi" if number < 2 else "kakao", f"0100000000{1 + number % 2}"))
    assert ids(inbox.entries(channel, to)) == found


def test_the_oldest_go_beyond_the_capacity() -> None:
    inbox = Inbox(capacity=3)
    for number in range(5):
        inbox.add(entry(number))
    assert ids(inbox.entries()) == "234"
    inbox.clear()
    assert inbox.entries() == []


def test_the_json_form_has_the_agreed_members_and_the_extra_ones() -> None:
    shown = Entry(
        "ses", "mail", "u@example.com", "a@example.com", "제목", "글", "i", "n", extra={"html": "<p>"}
    ).as_json()
    assert list(shown)[:9] == [
        "channel",
        "type",
        "to",
        "from",
        "subject",
        "text",
        "provider_id",
        "notification_id",
        "received_at",
    ]
    assert shown["html"] == "<p>"
    assert datetime.fromisoformat(json.loads(json.dumps(shown))["received_at"]).tzinfo is not None


def test_a_watcher_sees_what_other_threads_add_once_and_in_order() -> None:
    inbox = Inbox()
    inbox.add(entry(999))

    async def watch() -> list[int]:
        def add() -> None:
            for number in range(500):
                inbox.add(entry(number))

        thread = threading.Thread(target=add)
        watching = inbox.watch()
        first = asyncio.ensure_future(anext(watching))
        await asyncio.sleep(0)
        thread.start()
        seen = [await first]
        while len(seen) < 500:
            seen.append(await asyncio.wait_for(anext(watching), 5))
        thread.join()
        await watching.aclose()
        return [int(item.provider_id[1:]) for item in seen]

    assert asyncio.run(watch()) == list(range(500))
    inbox.add(entry(1))  # the watcher's loop is closed: it must be gone


def test_a_watcher_that_is_too_slow_misses_the_oldest_and_goes_on() -> None:
    inbox = Inbox(capacity=2)

    async def watch() -> str:
        watching = inbox.watch()
        first = asyncio.ensure_future(anext(watching))
        await asyncio.sleep(0)
        for number in range(5):
            inbox.add(entry(number))
        seen = [await first, await anext(watching)]
        inbox.add(entry(5))
        seen.append(await anext(watching))
        return ids(seen)

    assert asyncio.run(watch()) == "345"


def test_only_the_newest_pictures_are_kept() -> None:
    inbox = Inbox()
    for number in range(PICTURES + 1):
        inbox.keep_picture(str(number), bytes([number % 256]))
    assert inbox.picture("0") is None
    assert inbox.picture("1") == b"\x01"
    assert inbox.picture(str(PICTURES)) == bytes([PICTURES % 256])
