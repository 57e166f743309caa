"""What a thread keeps: one each, and a forked child makes its own."""

import os
import threading

from workers.transports.kept import Kept


def test_a_thread_keeps_its_own() -> None:
    kept = Kept(object)
    others: list[object] = []
    thread = threading.Thread(target=lambda: others.extend([kept.get(), kept.get()]))
    thread.start()
    thread.join()
    assert kept.get() is kept.get()
    assert others[0] is others[1]
    assert others[0] is not kept.get()


def test_a_forked_child_makes_its_own() -> None:
    kept = Kept(os.getpid)
    mine = kept.get()
    child = os.fork()
    if not child:
        os._exit(0 if kept.get() != mine else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
