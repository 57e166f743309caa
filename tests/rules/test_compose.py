import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.vocabulary import Process
from tests.rules.commands import words, words_of
from tests.rules.sources import ROOT

TEXT = (ROOT / "docker-compose.yml").read_text()
SERVICES: dict[str, Any] = yaml.safe_load(TEXT)["services"]
EXAMPLE = (ROOT / ".env.example").read_text()
# What stands differently in a container, where the address is the container's own and the folder is the image's.
IN_A_CONTAINER = {
    "web": {"${ALRIM_API_HOST:-127.0.0.1}": "0.0.0.0", "${ALRIM_API_PORT:-${PORT:-8000}}": "8000"},
    "beat": {"${ALRIM_VAR:-var}/beat": "/srv/alrim/var/beat"},
}
MORE_IN_A_CONTAINER = {"flower": ["--address=0.0.0.0", "--port=5555"]}


@pytest.mark.parametrize("process", list(Process))
def test_compose_runs_what_the_procfile_runs(process: str) -> None:
    expected = words_of(process, IN_A_CONTAINER.get(process, {}))
    assert words(SERVICES[process]["command"]) == expected + MORE_IN_A_CONTAINER.get(process, [])


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_service_that_stays_has_a_health_check_and_every_start_an_order(name: str) -> None:
    service = SERVICES[name]
    assert ("healthcheck" in service) == (name != "migrate")
    if name in list(Process):
        assert service["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_nothing_is_published_beyond_the_machine(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


def test_every_secret_is_demanded_and_explained_and_none_has_a_value() -> None:
    demanded = set(re.findall(r"\$\{(\w+):\?", TEXT))
    secret = set(re.findall(r"\b(\w*(?:SECRET|KEYS|KEY|PASSWORD))(?=: \S)", TEXT))
    assert secret - {"MYSQL_RANDOM_ROOT_PASSWORD"} <= demanded
    assert {name for name in demanded if f"\n{name}=\n" in EXAMPLE} == demanded


def test_every_setting_that_is_passed_on_is_in_the_example() -> None:
    passed = {
        name for each in SERVICES.values() for name, value in each.get("environment", {}).items() if value is None
    }
    assert {name for name in passed if name not in EXAMPLE and name != "ALRIM_ALLOW_LEGACY_SIGNING"} == set()


BESIDE_OURS = {"mysql", "redis", "migrate"}


def test_a_plain_up_starts_an_installation_and_all_else_is_asked_for_by_profile() -> None:
    assert {name for name, each in SERVICES.items() if "profiles" not in each} == {*Process, *BESIDE_OURS}
    assert {profile for each in SERVICES.values() for profile in each.get("profiles", [])} <= {"monitoring"}


def configured(compose: list[str], folder: Path, text: str, filled: str) -> subprocess.CompletedProcess[str]:
    """Let compose read this text with every profile, as where `.env` is filled in like this."""
    (folder / "docker-compose.yml").write_text(text)
    (folder / ".env").write_text(EXAMPLE.replace("=\n", f"={filled}\n"))
    bare = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = [*compose, "--profile", "monitoring", "config", "--quiet"]
    return subprocess.run(command, cwd=folder, env=bare, capture_output=True, text=True, check=False, timeout=60)


def test_compose_itself_takes_it(compose: list[str], tmp_path: Path) -> None:
    done = configured(compose, tmp_path, TEXT, "x" * 40)
    assert (done.returncode, done.stderr) == (0, "")


def test_compose_says_where_to_look_when_nothing_is_filled_in(compose: list[str], tmp_path: Path) -> None:
    done = configured(compose, tmp_path, TEXT, "")
    assert done.returncode
    assert ".env.example" in done.stderr


@pytest.mark.parametrize(
    ("here", "there"), [("\n  redis:\n", "\n  readis:\n"), ("restart: unless-stopped", "restarts: unless-stopped")]
)
def test_a_fault_would_be_found(compose: list[str], tmp_path: Path, here: str, there: str) -> None:
    assert configured(compose, tmp_path, TEXT.replace(here, there, 1), "x" * 40).returncode
