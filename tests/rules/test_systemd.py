"""The systemd units run what the Procfile runs, end as workers must, and are units in systemd's own eyes."""

import os
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

from config.settings import Worker
from config.vocabulary import CONSUMES, Process
from tests.rules.commands import consumed, words, words_of
from tests.rules.sources import ROOT

FOLDER = ROOT / "deploy/systemd"
COMMON = "alrim-.service.d/common.conf"
BIN = "/srv/alrim/.venv/bin/"
UNITS = {
    Process.WEB: "alrim-web@.service",
    Process.WORKER: "alrim-worker@.service",
    Process.WORKER_BULK: "alrim-worker_bulk@.service",
    Process.BEAT: "alrim-beat.service",
    Process.FLOWER: "alrim-flower.service",
}
# What stands differently where a unit's name says which of several it is, and where % is systemd's own.
IN_A_UNIT = {
    Process.WEB: {"${ALRIM_API_HOST:-127.0.0.1}": "${ALRIM_API_HOST}", "${ALRIM_API_PORT:-${PORT:-8000}}": "%i"},
    Process.WORKER: {"worker@%h": "worker%i@%%h"},
    Process.WORKER_BULK: {"worker_bulk@%h": "worker_bulk%i@%%h"},
    Process.BEAT: {"${ALRIM_VAR:-var}/beat": "${ALRIM_VAR}/beat"},
}
SECONDS_A_WORKER_MAY_NEED = 45


def unit(name: str) -> dict[str, list[str]]:
    """What a unit says, by key; a key may stand more than once."""
    said = defaultdict(list)
    for line in (FOLDER / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith(("#", "[")):
            key, is_there, value = line.partition("=")
            assert is_there, line
            said[key].append(value)
    return said


def test_every_process_has_a_unit_and_the_target_starts_one_of_each() -> None:
    assert set(UNITS) == set(Process)
    started = {name.partition("@")[0].removesuffix(".service") for name in unit("alrim.target")["Wants"][0].split()}
    assert started == {name.partition("@")[0].removesuffix(".service") for name in UNITS.values()}


@pytest.mark.parametrize("process", list(Process))
def test_units_run_what_the_procfile_runs(process: Process) -> None:
    command = unit(UNITS[process])["ExecStart"][0]
    expected = words_of(process, IN_A_UNIT.get(process, {}))
    assert words(command.removeprefix(BIN)) == expected
    assert consumed(command) == {str(queue) for queue in CONSUMES.get(process, ())}


@pytest.mark.parametrize("process", list(Process))
def test_what_ends_is_started_anew_for_ever(process: Process) -> None:
    assert unit(UNITS[process])["Restart"] == ["always"]
    assert unit(COMMON)["StartLimitIntervalSec"] == ["0"]


def test_only_the_leader_is_told_to_stop_and_has_the_time_it_needs() -> None:
    common = unit(COMMON)
    assert common["KillMode"] == ["mixed"]
    assert common["KillSignal"] == ["SIGTERM"]
    grace = int(common["TimeoutStopSec"][0])
    assert grace >= max(SECONDS_A_WORKER_MAY_NEED, Worker(lease_seconds=50).hard_limit)


def verified(systemd_analyze: str, folder: Path, *names: str) -> str:
    """What systemd has to say against these units."""
    command = [systemd_analyze, "verify", *names]
    where = {**os.environ, "SYSTEMD_UNIT_PATH": f"{folder}:"}
    done = subprocess.run(command, cwd=folder, env=where, capture_output=True, text=True, check=False, timeout=60)
    return done.stderr + str(done.returncode or "")


@pytest.fixture
def installed_units(tmp_path: Path) -> Path:
    """The units as they are, but for where the programs are: systemd looks whether they exist."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("uvicorn", "celery", "alembic"):
        (programs / name).symlink_to("/bin/true")
    folder = tmp_path / "system"
    shutil.copytree(FOLDER, folder)
    for path in folder.glob("*.service"):
        path.write_text(path.read_text(encoding="utf-8").replace(BIN, f"{programs}/"), encoding="utf-8")
    return folder


def test_systemd_finds_no_fault_in_them(systemd_analyze: str, installed_units: Path) -> None:
    instances = [name.replace("@.", "@1.") for name in UNITS.values()]
    assert verified(systemd_analyze, installed_units, "alrim.target", "alrim-migrate.service", *instances) == ""


@pytest.mark.parametrize("name", ["alrim-beat.service", COMMON])
def test_a_fault_would_be_found(systemd_analyze: str, installed_units: Path, name: str) -> None:
    broken = installed_units / name
    broken.write_text(broken.read_text(encoding="utf-8") + "\n[Service]\nKillMood=mixed\n", encoding="utf-8")
    assert "KillMood" in verified(systemd_analyze, installed_units, "alrim-beat.service")
