"""Slices: how many rows one transaction deletes, so that it never holds its locks for long."""

from typing import Final

FIRST_SLICE: Final = 200
SMALLEST: Final = 10
LARGEST: Final = 2000
SHORT: Final = 0.01
LONG: Final = 0.02
"""Seconds: a slice's locks are held for less than a tenth, since a slice that took longer than this is halved. Whoever
wants to commit meanwhile waits as long."""


def next_size(size: int, seconds: float) -> int:
    """How large the next slice is, after one of this size that took so long."""
    if seconds > LONG:
        return max(size // 2, SMALLEST)
    return min(size * 2, LARGEST) if seconds < SHORT else size
