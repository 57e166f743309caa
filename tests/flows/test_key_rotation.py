"""The keys of a running installation are exchanged: what waited is sent, and who could sign still can."""

import base64
import secrets
import subprocess
from collections.abc import Iterator

import pytest
import requests

from tests.flows.client import Client
from tests.flows.conftest import installed
from tests.flows.stack import PYTHON, ROOT, Stack, wait_for
from tests.servers.redis import RedisServer

pytestmark = pytest.mark.flow

NEW_KEY = "2:" + base64.b64encode(secrets.token_bytes(32)).decode()
NEW_INDEX = secrets.token_hex(32)
WAITING = {
    "solapi": {"to": "01020000107", "from": "0212345678", "text": "zqxsecret"},
    "kakao": {"msg": "zqxsecret"},
    "email": {"to": "zqx@example.com", "subject": "zqxsecret", "text": "zqxsecret"},
}


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory, redis_server: RedisServer) -> Iterator[Stack]:
    """Nothing but the API: what is accepted waits."""
    with installed(tmp_path_factory, redis_server, "sandbox", "web") as running:
        yield running


def restart(stack: Stack, *names: str, **secrets: str) -> None:
    stack.kill("web")
    stack.environment.update(secrets)
    for name in ("web", *names):
        stack.launch(name)
    wait_for("the API", lambda: requests.get(f"{stack.api}/ready", timeout=5).ok)


def rotate(stack: Stack) -> str:
    command = [PYTHON, "-m", "api.admin", "keys", "rotate"]
    done = subprocess.run(
        command, cwd=ROOT, env=stack.environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def found(client: Client, recipient: str) -> list[str]:
    path = "/api/services/notifications"
    url, headers = client.signed("GET", path, further=f"recipient={recipient}")
    return [each["id"] for each in requests.get(url, headers=headers, timeout=10).json()["items"]]


def test_keys_are_exchanged_and_what_waited_is_sent(waiting: Stack) -> None:
    client = Client.register(waiting.api)
    sent = [client.send(path, content) for path, content in WAITING.items()]
    old = {name: waiting.environment[f"ALRIM_{name}"] for name in ("SEAL_KEYS", "INDEX_KEY")}
    both = {"ALRIM_SEAL_KEYS": f"{NEW_KEY},{old['SEAL_KEYS']}", "ALRIM_INDEX_KEY": NEW_INDEX}
    restart(waiting, **both, ALRIM_INDEX_KEY_PREVIOUS=old["INDEX_KEY"])
    assert found(client, "01020000107") == sent[:1]
    said = rotate(waiting)
    assert "notifications.sealed: 3 looked at, 3 sealed anew" in said
    assert "notifications.recipient_hash: 3 looked at, 3 hashed anew" in said
    assert "api_keys.secret: 1 looked at, 1 sealed anew" in said
    assert [word for word in ("zqx", "01020000107", client.secret_key) if word in said] == []
    restart(waiting, "worker", "beat", ALRIM_SEAL_KEYS=NEW_KEY, ALRIM_INDEX_KEY_PREVIOUS="")
    assert found(client, "01020000107") == sent[:1]
    ends = {"sent", "delivered", "failed", "unknown"}
    assert {client.settled(each, among=ends)["status"] for each in sent} <= {"sent", "delivered"}
    inbox = wait_for("the inbox", lambda: requests.get(f"{waiting.sandbox}/inbox.json", timeout=5).json())
    assert sorted(each["notification_id"] for each in inbox if each["notification_id"] in sent) == sorted(sent)
