"""Heroku and Elastic Beanstalk run what the Procfile runs, each as it reads such things."""

import os
import re
import subprocess
from pathlib import Path
from zipfile import ZipFile

import pytest
import yaml

from config.vocabulary import Process
from tests.rules.commands import procfile, words
from tests.rules.sources import ROOT

HEROKU = yaml.safe_load((ROOT / "heroku.yml").read_text())
BEANSTALKS_LINE = re.compile(r"^[A-Za-z0-9_-]+:\s*[^\s].*$")
"""What AWS' documentation demands of a Procfile's line."""


def test_heroku_runs_what_the_procfile_runs_but_for_flower_which_nobody_could_reach() -> None:
    commands = {
        name: each if isinstance(each, str) else " ".join(each["command"]) for name, each in HEROKU["run"].items()
    }
    assert commands == {name: line for name, line in procfile().items() if name != Process.FLOWER}
    assert {each["image"] for each in HEROKU["run"].values() if isinstance(each, dict)} == HEROKU["build"][
        "docker"
    ].keys()


def test_heroku_migrates_before_it_starts_and_nobody_else_starts_a_release() -> None:
    assert HEROKU["release"] == {"image": "web", "command": ["alembic upgrade head"]}
    assert set(procfile()) == set(Process)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source bundle of what is committed, unpacked as Elastic Beanstalk does."""
    folder = tmp_path_factory.mktemp("bundle")
    made = folder / "alrim.zip"
    subprocess.run(
        ["sh", "deploy/beanstalk/bundle.sh", str(made)], cwd=ROOT, check=True, capture_output=True, timeout=60
    )
    with ZipFile(made) as archive:
        archive.extractall(folder / "current")
    return folder / "current"


def started(bundle: Path, line: str, tmp_path: Path) -> tuple[str, ...]:
    """The words with which a line of the bundle's Procfile ends up running a program."""
    for name in ("uvicorn", "celery"):
        program = tmp_path / name
        program.write_text('#!/bin/sh\nprintf "%s\\n" "${0##*/}" "$@"\n')
        program.chmod(0o755)
    where = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "PORT": "8000", "ALRIM_VAR": f"{tmp_path}"}
    done = subprocess.run(
        ["sh", "-c", line], cwd=bundle, env=where, capture_output=True, text=True, check=True, timeout=30
    )
    return tuple(done.stdout.splitlines())


def test_beanstalk_runs_the_same_processes_and_its_procfile_leaves_nothing_to_interpret(
    bundle: Path, tmp_path: Path
) -> None:
    lines = (bundle / "Procfile").read_text().splitlines()
    assert all(BEANSTALKS_LINE.match(line) for line in lines)
    assert not [line for line in lines if set(line) & set("$%\"'`\\")]
    commands = dict(line.split(": ", 1) for line in lines)
    assert list(commands) == list(procfile())
    assert next(iter(commands)) == Process.WEB
    filled = {
        "${ALRIM_API_HOST:-127.0.0.1}": "127.0.0.1",
        "${ALRIM_API_PORT:-${PORT:-8000}}": "8000",
        "${ALRIM_VAR:-var}/beat": f"{tmp_path}/beat",
    }
    for name, line in commands.items():
        assert started(bundle, line, tmp_path) == tuple(filled.get(word, word) for word in words(procfile()[name]))


def test_the_bundle_has_what_beanstalk_looks_for(bundle: Path) -> None:
    assert (bundle / "requirements.txt").read_text() == (bundle / "requirements/runtime.txt").read_text()
    said = yaml.safe_load((bundle / ".ebextensions/alrim.config").read_text())
    options = said["option_settings"]
    assert options["aws:elasticbeanstalk:environment:process:default"]["HealthCheckPath"] == "/ready"
    assert options["aws:elasticbeanstalk:application:environment"]["PORT"] == "8000"
    migrate = said["container_commands"]["02_migrate"]
    assert migrate["leader_only"]
    assert migrate["command"].endswith("alembic upgrade head")
    assert "client_max_body_size" in (bundle / ".platform/nginx/conf.d/alrim.conf").read_text()


def test_the_bundle_holds_no_secret_and_nothing_of_this_machine(bundle: Path) -> None:
    names = {path.relative_to(bundle).parts[0] for path in bundle.iterdir()}
    assert names == {
        *("api", "config", "deploy", "models", "workers", "requirements", "alembic.ini"),
        *("Procfile", "requirements.txt", ".ebextensions", ".platform"),
    }
