"""The command as a person starts it."""

import os
import signal
import subprocess
import sys

import requests

from tests.sandbox.running import Signed, sms


def start(*arguments: str, **environ: str) -> subprocess.Popen[str]:
    without = {name: value for name, value in os.environ.items() if not name.startswith("ALRIM_")}
    return subprocess.Popen(
        [sys.executable, "-m", "sandbox", *arguments],
        env=without | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_start_that_is_refused_says_so_in_one_line() -> None:
    with start() as refused:
        out, err = refused.communicate(timeout=20)
    assert (refused.returncode, out, err.count("\n")) == (2, "", 1)
    assert "ALRIM_ENV" in err


def test_help_names_the_settings() -> None:
    with start("--help") as helping:
        out, _ = helping.communicate(timeout=20)
    assert helping.returncode == 0
    assert "ALRIM_SANDBOX_WEBHOOK_URL" in out


def test_it_serves_logs_ids_only_and_stops_at_a_signal() -> None:
    with start(ALRIM_ENV="test", ALRIM_SANDBOX_PORT="0", ALRIM_SANDBOX_SMTP_PORT="0") as started:
        assert started.stdout
        base = started.stdout.readline().split()[2]
        body = {"message": sms("01087654321", "비밀 인사")}
        sent = requests.post(f"{base}/solapi/messages/v4/send", json=body, auth=Signed(), timeout=5)
        requests.get(f"{base}/inbox.json?to=01087654321", timeout=5)
        started.send_signal(signal.SIGTERM)
        _, log = started.communicate(timeout=20)
    assert sent.json()["groupId"] in log
    assert "01087654321" not in log
    assert "비밀" not in log
    assert "Traceback" not in log
