import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHOW = """
import os, sys
import flower.options
from tornado.options import options, parse_config_file
parse_config_file("deploy/flower.py", final=False)
print(options.address, options.port, options.read_only, options.persistent, options.max_tasks)
print(options.db, options.basic_auth, os.environ.get("FLOWER_UNAUTHENTICATED_API"))
"""
LOGIN = {"ALRIM_FLOWER_USER": "op", "ALRIM_FLOWER_PASSWORD": "correct horse"}


def start(environment: dict[str, str], var: Path) -> subprocess.CompletedProcess[str]:
    said = {"ALRIM_VAR": str(var), "ALRIM_FLOWER_PORT": "5556", "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(
        [sys.executable, "-c", SHOW], cwd=ROOT, env=said, capture_output=True, text=True, check=False, timeout=30
    )


@pytest.mark.parametrize(
    ("environment", "access"),
    [
        ({"ALRIM_ENV": "local"}, "[] true"),
        ({"ALRIM_ENV": "local", **LOGIN}, "['op:correct horse'] None"),
        ({"ALRIM_ENV": "prod", **LOGIN}, "['op:correct horse'] None"),
        (LOGIN, "['op:correct horse'] None"),
    ],
)
def test_flower_takes_every_option_and_the_login_that_is_said(
    environment: dict[str, str], access: str, tmp_path: Path
) -> None:
    done = start(environment, tmp_path / "new")
    assert done.stdout.splitlines() == [
        "127.0.0.1 5556 True True 100000",
        f"{tmp_path}/new/flower {access}",
    ], done.stderr


@pytest.mark.parametrize(
    ("env", "lacks"), [("prod", None), ("dev", "ALRIM_FLOWER_USER"), ("test", "ALRIM_FLOWER_PASSWORD")]
)
def test_outside_local_it_refuses_to_start_without_a_login(env: str, lacks: str | None, tmp_path: Path) -> None:
    said = {name: value for name, value in LOGIN.items() if lacks not in {name, None}}
    done = start({"ALRIM_ENV": env, **said}, tmp_path)
    assert done.returncode == 1
    assert "ALRIM_FLOWER_PASSWORD" in done.stderr
    assert "Traceback" not in done.stderr
    assert "correct horse" not in done.stderr
