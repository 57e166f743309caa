"""One local installation a folder: a lock that lives exactly as long as its processes.

Every process inherits the open file, so that one which outlived its parent (a killed terminal, say) still
holds the lock and two brokers never write to the same files. It must not know what the processes are.
"""

import fcntl
import os
from collections.abc import Iterable
from pathlib import Path

from deploy.local.refusal import Refusal


def take(path: Path) -> int:
    """Lock the file and return its descriptor, to be kept open and handed to every child.

    Raises:
        Refusal: another installation runs here, or left processes behind; the text names their ids.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        holders = path.read_text().strip() or "?"
        raise Refusal(f"make up runs here already (processes {holders}): stop it with Ctrl-C or kill it") from None
    write(descriptor, [os.getpid()])
    return descriptor


def write(descriptor: int, processes: Iterable[int]) -> None:
    """Note who holds the lock, for the text of the next refusal."""
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, " ".join(map(str, processes)).encode(), 0)
