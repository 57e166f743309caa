import os
import subprocess
from pathlib import Path

import pytest

from deploy.local import lock
from deploy.local.refusal import Refusal


def test_a_second_one_is_refused_and_names_the_first(tmp_path: Path) -> None:
    held = lock.take(tmp_path / "up.lock")
    lock.write(held, [os.getpid(), 4711])
    with pytest.raises(Refusal, match=rf"processes {os.getpid()} 4711"):
        lock.take(tmp_path / "up.lock")
    os.close(held)
    os.close(lock.take(tmp_path / "up.lock"))


def test_a_process_left_behind_still_holds_it(tmp_path: Path) -> None:
    held = lock.take(tmp_path / "up.lock")
    with subprocess.Popen(["sleep", "30"], pass_fds=(held,)) as left:
        os.close(held)
        with pytest.raises(Refusal):
            lock.take(tmp_path / "up.lock")
        left.kill()
    os.close(lock.take(tmp_path / "up.lock"))


def test_a_process_that_was_not_handed_it_does_not_hold_it(tmp_path: Path) -> None:
    held = lock.take(tmp_path / "up.lock")
    with subprocess.Popen(["sleep", "30"], close_fds=False) as other:
        os.close(held)
        os.close(lock.take(tmp_path / "up.lock"))
        assert other.poll() is None, "it was alive when the lock was taken again"
        other.kill()
