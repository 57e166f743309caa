"""`alrim-admin keys rotate`: leaves nothing that an older master key or index key is needed for, and says so.

It prints counts only. How rows are found and changed is `models.rotation`'s; this module knows what a content is, and
so whom it is for.
"""

import json
import time
from collections.abc import Iterator
from typing import Final

from api.merge import BODIES
from config.settings import Secrets, settings
from config.vocabulary import Channel
from models.rotation import Tally, carry_out, place_of, rehashing, resealing, sealed_columns

SAY_EVERY: Final = 5.0
"""Seconds after which it is said again how far a table has come."""

STEPS: Final = """\
Run it while everything runs, in this order (docs/operations.md, "Rotating keys"):

  1. put the new key BEHIND the old one: ALRIM_SEAL_KEYS=1:old,2:new; restart everything
  2. put it in front: ALRIM_SEAL_KEYS=2:new,1:old; restart everything
     (where all processes stop before the first one starts again, step 1 can be left out)
  3. alrim-admin keys rotate, with that same environment, until it exits with 0
  4. take the old key out: ALRIM_SEAL_KEYS=2:new; restart everything

The index key: ALRIM_INDEX_KEY=new with ALRIM_INDEX_KEY_PREVIOUS=old in step 2; without the latter in step 4.

It may be stopped at any moment and run again; it goes on with what is left. It exits with 1 if there are values that no
configured key opens: they are left as they are.
"""


def rotate() -> int:
    """Seal and hash anew whatever is not under the present keys, and print how it went; returns the exit code."""
    ends = [_follow(place_of(column), "sealed anew", carry_out(resealing(column))) for column in sealed_columns()]
    if settings(Secrets).index_key_previous is not None:
        ends.append(_follow("notifications.recipient_hash", "hashed anew", carry_out(rehashing(recipient_in))))
    return 1 if any(tally.broken for tally in ends) else 0


def recipient_in(channel: Channel, content: bytes) -> str | None:
    """Whom an opened content is for, as it is hashed when it is accepted; None if it does not say."""
    try:
        return BODIES[channel].recipient_in(json.loads(content))
    except (LookupError, TypeError, ValueError):
        return None


def _follow(place: str, done: str, slices: Iterator[Tally]) -> Tally:
    said, tally = time.monotonic(), Tally()
    for tally in slices:
        if time.monotonic() - said > SAY_EVERY:
            _say(f"{place}: {_words(tally, done)} so far")
            said = time.monotonic()
    _say(f"{place}: {_words(tally, done)}")
    return tally


def _words(tally: Tally, done: str) -> str:
    words = f"{tally.looked} looked at, {tally.changed} {done}"
    if tally.kept:
        words += f", {tally.kept} cannot be made anew (their content is gone)"
    if tally.broken:
        words += f", {tally.broken} could not be opened (the first: {tally.fault})"
    return words


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a command's answer
