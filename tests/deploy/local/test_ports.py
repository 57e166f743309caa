import socket
from pathlib import Path

import pytest

from deploy.local.ports import SOCKET_PATH_BYTES, check, check_socket_path
from deploy.local.refusal import Refusal


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_a_port_in_use_is_named_with_its_setting_in_one_line(address: str) -> None:
    with socket.create_server((address, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Refusal) as refused:
            check({"ALRIM_API_PORT": port})
    assert str(refused.value) == f"port {port} is in use (ALRIM_API_PORT): stop what listens there or set another"


@pytest.mark.flow
def test_a_port_that_was_just_closed_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)), server.accept()[0]:
            pass
    check({"ALRIM_API_PORT": port})


def test_a_port_wanted_twice_names_both() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(Refusal, match=rf"port {port} is wanted twice \(ALRIM_API_PORT and ALRIM_FLOWER_PORT\)"):
        check({"ALRIM_API_PORT": port, "ALRIM_FLOWER_PORT": port})


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_what_is_no_port_is_refused(port: int) -> None:
    with pytest.raises(Refusal, match="ALRIM_SANDBOX_PORT="):
        check({"ALRIM_SANDBOX_PORT": port})


def of_bytes(folder: Path, size: int) -> Path:
    return folder / ("s" * (size - len(bytes(folder)) - 1))


def test_the_longest_socket_path_is_the_systems_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    short = Path("/tmp")  # noqa: S108 - nothing is made there: only its length counts
    check_socket_path(of_bytes(short, SOCKET_PATH_BYTES))
    with pytest.raises(Refusal, match=f"at most {SOCKET_PATH_BYTES}.*ALRIM_VAR"):
        check_socket_path(of_bytes(short, SOCKET_PATH_BYTES + 1))
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind("s" * SOCKET_PATH_BYTES)
    with socket.socket(socket.AF_UNIX) as unix, pytest.raises(OSError, match="too long"):
        unix.bind("s" * (SOCKET_PATH_BYTES + 1))


def test_a_socket_path_is_counted_in_bytes() -> None:
    with pytest.raises(Refusal):
        check_socket_path(Path("/" + "상" * 40))
