import socket
import time

import pytest

from workers.transports.deadline import Deadline, watch


def test_a_watched_socket_is_cut_when_the_time_passes() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, Deadline(0.05) as deadline:
        watch(ours)
        ours.settimeout(5)
        assert ours.recv(1) == b""
        assert deadline.expired


def test_a_socket_watched_too_late_is_cut_at_once() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, Deadline(0.01) as deadline:
        time.sleep(0.05)
        watch(ours)
        assert ours.recv(1) == b""
        assert deadline.expired


def test_a_socket_outlives_the_deadline_it_met() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        with Deadline(0.05) as deadline:
            watch(ours)
        time.sleep(0.1)
        theirs.sendall(b"x")
        assert ours.recv(1) == b"x"
        assert not deadline.expired


def test_a_silent_socket_times_out_with_the_deadline() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, Deadline(10):
        watch(ours)
        assert ours.gettimeout() == pytest.approx(10, abs=1)


def test_begun_tells_whether_anything_may_have_left() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, Deadline(1) as deadline:
        assert not deadline.begun
        watch(ours)
        assert deadline.begun


def test_the_inner_deadline_counts_and_the_outer_comes_back() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, Deadline(30) as outer:
        with Deadline(20) as inner:
            watch(ours)
        assert (outer.begun, inner.begun) == (False, True)
        watch(ours)
        assert outer.begun


def test_without_a_deadline_nothing_is_watched() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        watch(ours)
        assert ours.gettimeout() is None
