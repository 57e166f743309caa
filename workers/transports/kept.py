"""What a thread keeps from one exchange to the next. It must not know what that is."""

import os
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """One a thread, made when first asked for, and never one that a forked child shares with its parent."""

    def __init__(self, make: Callable[[], T]) -> None:
        """Make nothing yet."""
        self._make = make
        self._of_thread = threading.local()

    def get(self) -> T:
        """This thread's own."""
        mine = self._of_thread
        if getattr(mine, "process", None) != os.getpid():
            mine.process, mine.value = os.getpid(), self._make()
        value: T = mine.value
        return value
