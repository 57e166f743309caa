"""An account's life with everything real: codes by mail through our own queue, a new password, and the end."""

import re
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from sqlalchemy import create_engine, text

from tests.flows.client import PASSWORD, Client
from tests.flows.stack import Stack, wait_for

pytestmark = pytest.mark.flow
NEW = "battery staple correct"
SMS = {"to": "01055551234", "from": "0212345678", "text": "zqx last words"}


def mail_to(stack: Stack, address: str, number: int = 1) -> str:
    """The text of the latest mail to this address, once so many have come."""
    found: list[dict[str, Any]] = []

    def arrived() -> bool:
        found[:] = requests.get(f"{stack.sandbox}/inbox.json", params={"to": address}, timeout=5).json()
        return len(found) >= number

    wait_for(f"mail {number} to {address}", arrived, 30)
    return str(found[-1]["text"])


def code_in(mail: str) -> str:
    found = re.search(r"[2-9A-Z]{10}", mail)
    assert found
    return found[0]


def ask(api: str, method: str, path: str, bearer: str, body: object = None) -> requests.Response:
    return requests.request(method, f"{api}{path}", json=body, headers={"Authorization": bearer}, timeout=15)


def test_an_address_is_proven_and_changed_by_a_code_that_our_own_queue_mails(stack: Stack) -> None:
    me, fresh = Client.register(stack.api), f"fresh-{uuid.uuid4().hex[:8]}@example.com"
    assert ask(stack.api, "POST", "/api/user/me/email", me.bearer, {}).status_code == 202
    code = code_in(mail_to(stack, me.email))
    proven = ask(stack.api, "PUT", "/api/user/me/email", me.bearer, {"code": code}).json()
    assert (proven["email"], proven["email_verified"]) == (me.email, True)
    assert ask(stack.api, "PUT", "/api/user/me/email", me.bearer, {"code": code}).json()["code"] == "4000011"
    change = {"email": fresh, "current_pw": PASSWORD}
    assert ask(stack.api, "POST", "/api/user/me/email", me.bearer, change).status_code == 202
    code = code_in(mail_to(stack, fresh))
    assert ask(stack.api, "PUT", "/api/user/me/email", me.bearer, {"code": code}).json()["email"] == fresh
    # Whoever reads the old address is told.
    assert "변경되었습니다" in mail_to(stack, me.email, 2)


def test_a_forgotten_password_is_replaced_and_ends_every_login(stack: Stack) -> None:
    me = Client.register(stack.api)
    begun = time.monotonic()
    assert requests.post(f"{stack.api}/api/auth/reset", json={"email": me.email}, timeout=10).status_code == 202
    code = code_in(mail_to(stack, me.email))
    # By the next sweep, with nobody ringing.
    assert time.monotonic() - begun < 15
    body = {"email": me.email, "code": code, "pw": NEW}
    assert requests.put(f"{stack.api}/api/auth/reset", json=body, timeout=15).status_code == 204
    assert ask(stack.api, "GET", "/api/user/me", me.bearer).status_code == 401
    login = requests.post(f"{stack.api}/api/auth/login/email", json={"email": me.email, "pw": NEW}, timeout=15)
    assert login.status_code == 200
    assert "종료되었습니다" in mail_to(stack, me.email, 2)


def test_who_leaves_is_stopped_at_once_and_forgotten_soon(stack: Stack) -> None:
    me = Client.register(stack.api)
    sent = me.send("solapi", SMS)
    me.settled(sent)
    in_a_month = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    later = me.send("solapi", {**SMS, "send_at": in_a_month})
    assert ask(stack.api, "DELETE", "/api/user/me", me.bearer).status_code == 204
    assert ask(stack.api, "GET", "/api/user/me", me.bearer).status_code == 401
    wait_for("the key's end", lambda: me.post("/api/services/solapi/send", SMS).status_code == 401, 3)
    engine = create_engine(stack.database_url)
    ids = [uuid.UUID(each).bytes for each in (sent, later)]
    question = text("SELECT status, sealed, recipient_hash FROM notifications WHERE id IN (:one, :other) ORDER BY id")

    def rows() -> list[tuple[Any, ...]]:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(question, dict(zip(("one", "other"), ids, strict=True)))]

    wait_for("the scrub", lambda: all(row[1:] == (None, None) for row in rows()), 60)
    assert [row[0] for row in rows()][1] == "cancelled"
    engine.dispose()
