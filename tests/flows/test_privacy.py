"""What operators and logs see of a message: ids and codes, never a recipient, a body or a secret.

Sends messages whose every part is a word that occurs nowhere else, then reads everything that shows anything:
Flower's pages and REST API, `celery inspect`, the broker's memory, the database file and every log line.
"""

import subprocess
import time
from typing import Any

import pytest
import redis
import requests

from tests.flows.client import PASSWORD, Client
from tests.flows.stack import PYTHON, ROOT, Stack, wait_for
from tests.servers.process import free_port

WORDS = ["zqxsubject", "zqxbody", "zqxname", "zqxalias", "zqxattachment", "zqxvariable", "01098765432", "zqxfriend"]

MESSAGES: list[tuple[str, dict[str, Any]]] = [
    ("solapi", {"to": "01098765432", "from": "0212345678", "text": "zqxbody"}),
    ("solapi", {"to": "01098765432", "from": "0212349999", "text": "zqxbody, refused"}),
    ("kakao", {"msg": "zqxbody"}),
    ("kakao", {"msg": "zqxbody", "receiver_uuids": ["zqxfriend-9"]}),
    ("kakao", {"template_id": 3, "template_args": {"name": "zqxvariable"}}),
    (
        "email",
        {
            "to": [{"email": "zqxname@example.com", "name": "zqxalias"}],
            "subject": "zqxsubject",
            "text": "zqxbody",
            "html": "<b>zqxbody</b>",
            "attachments": [{"filename": "zqxattachment.txt", "content_type": "text/plain", "content": "aGk="}],
        },
    ),
    ("email", {"to": "zqxname.0002@example.com", "subject": "zqxsubject", "text": "zqxbody"}),
    ("email", {"to": "zqxname@example.com", "subject": "zqxsubject", "text": "zqxbody", "provider": "ses"}),
]


def found(text: str, words: list[str]) -> list[str]:
    return [word for word in words if word in text]


def inspect(stack: Stack) -> str:
    shown = ""
    for what in ("active", "reserved", "stats"):
        command = [PYTHON, "-m", "celery", "-A", "workers.celery_app:app", "inspect", what, "--timeout", "2"]
        done = subprocess.run(command, cwd=ROOT, env=stack.environment, capture_output=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        shown += done.stdout.decode()
    return shown


def test_nothing_personal_is_shown_anywhere(stack: Stack, client: Client, flower: str) -> None:
    me = Client.register(stack.api)
    words = [*WORDS, me.secret_key, PASSWORD, client.secret_key]
    auth = ("operator", "zqxoperator")
    # Flower hears of a task only while it listens.
    wait_for("Flower's workers", lambda: requests.get(f"{flower}/api/workers", auth=auth, timeout=5).json())
    sent: list[str] = []
    ends: set[str] = set()
    for route, body in MESSAGES:
        # One by one: those that wait together travel in one task.
        sent.append(me.send(route, body))
        ends.add(me.settled(sent[-1])["status"])
    assert {"sent", "failed"} <= ends

    tasks = wait_for("the tasks in Flower", lambda: _tasks(flower, auth, sent))
    assert tasks is not None
    assert {task["name"] for task in tasks.values()} >= {"send.solapi", "send.kakao", "send.gmail", "send.ses"}
    assert found(str(tasks), words) == []
    for page in ["/", "/workers", "/tasks", "/broker", *(f"/task/{each}" for each in sent)]:
        answer = requests.get(f"{flower}{page}", auth=auth, timeout=10)
        assert answer.status_code == 200, page
        assert found(answer.text, words) == [], page
    assert found(inspect(stack), words) == []

    logged = wait_for("the attempts in the log", lambda: _log(me, sent))
    assert found(str(logged), [*words, me.email]) == []

    for log in stack.directory.glob("*.log"):
        assert found(log.read_text(errors="replace"), [*words, me.email]) == [], log.name
    for file in stack.directory.glob("alrim.db*"):
        assert found(file.read_bytes().decode("latin-1"), words) == [], file.name
    assert found(memory(stack.broker_url), words) == []


def memory(url: str) -> str:
    """Everything that the broker holds, serialised."""
    broker = redis.Redis.from_url(url)
    return "".join((broker.dump(key) or b"").decode("latin-1") for key in broker.scan_iter())


def _log(me: Client, sent: list[str]) -> list[dict[str, object]] | None:
    query, headers = {"limit": "100"}, {"Authorization": me.bearer}
    seen: list[dict[str, object]] = requests.get(
        f"{me.api}/api/user/logs", params=query, headers=headers, timeout=5
    ).json()["items"]
    return seen if set(sent) <= {each["notification_id"] for each in seen} else None


def _tasks(flower: str, auth: tuple[str, str], sent: list[str]) -> dict[str, dict[str, object]] | None:
    seen: dict[str, dict[str, object]] = requests.get(f"{flower}/api/tasks?limit=500", auth=auth, timeout=5).json()
    time.sleep(0.2)
    return seen if set(sent) <= set(seen) else None


def test_flower_can_only_look(flower: str) -> None:
    auth = ("operator", "zqxoperator")
    assert requests.get(f"{flower}/api/tasks", timeout=5).status_code == 401
    stopping = requests.post(f"{flower}/api/worker/shutdown/worker@test", auth=auth, timeout=5)
    assert stopping.status_code == 403


@pytest.mark.parametrize("env", ["prod", "dev"])
def test_flower_refuses_to_start_without_a_password(stack: Stack, env: str) -> None:
    command = [PYTHON, "-m", "celery", "-A", "workers.celery_app:app", "flower", "--conf=deploy/flower.py"]
    environment = {**stack.environment, "ALRIM_ENV": env, "ALRIM_FLOWER_PORT": str(free_port())}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=60, check=False)
    assert done.returncode != 0
    assert b"ALRIM_FLOWER_PASSWORD" in done.stderr + done.stdout
