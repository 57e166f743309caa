"""A caller as an application would write one: registers, makes a key, signs, sends, looks.

Written from the documentation alone, so that it does not repeat a mistake of the product's code.
"""

import base64
import hashlib
import hmac
import json
import time
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import requests

from tests.flows.stack import wait_for

FINAL = {"sent", "delivered", "failed", "unknown", "cancelled"}
PASSWORD = "correct horse battery"


@dataclass
class Client:
    """One account with one key."""

    api: str
    access_key: str
    secret_key: str
    bearer: str
    email: str

    @classmethod
    def register(cls, api: str) -> "Client":
        email = f"flow-{uuid.uuid4().hex[:12]}@example.com"
        account = {"email": email, "pw": PASSWORD}
        answer = requests.post(f"{api}/api/auth/register/email", json=account, timeout=10)
        assert answer.status_code == 201, answer.text
        bearer = answer.json()["Authorization"]
        headers = {"Authorization": bearer}
        answer = requests.post(f"{api}/api/user/apikeys", json={"user_memo": "flow"}, headers=headers, timeout=10)
        assert answer.status_code == 201, answer.text
        key = answer.json()
        return cls(api, key["access_key"], key["secret_key"], bearer, email)

    def signed(
        self, method: str, path: str, body: bytes = b"", key: str = "", further: str = ""
    ) -> tuple[str, dict[str, str]]:
        """The URL and the headers of a signed request; `further` is what else stands in its query."""
        digest = hashlib.sha256(f"{method}\n{path}\n{key}\n".encode() + body).hexdigest()
        query = urlencode({"key": self.access_key, "timestamp": int(time.time()), "digest": digest})
        query = f"{query}&{further}" if further else query
        signature = base64.b64encode(hmac.digest(self.secret_key.encode(), query.encode(), "sha256")).decode()
        headers = {"X-Signature": signature}
        if key:
            headers["Idempotency-Key"] = key
        return f"{self.api}{path}?{query}", headers

    def post(self, path: str, content: dict[str, Any], key: str | None = None) -> requests.Response:
        body = json.dumps(content, ensure_ascii=False).encode()
        url, headers = self.signed("POST", path, body, key or uuid.uuid4().hex)
        headers["Content-Type"] = "application/json"
        return requests.post(url, data=body, headers=headers, timeout=15)

    def send(self, path: str, content: dict[str, Any], key: str | None = None) -> str:
        """Send and return the notification's id."""
        answer = self.post(f"/api/services/{path}/send", content, key)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def look(self, notification_id: str) -> dict[str, Any]:
        path = f"/api/services/notifications/{notification_id}"
        url, headers = self.signed("GET", path)
        answer = requests.get(url, headers=headers, timeout=10)
        assert answer.status_code == 200, answer.text
        seen: dict[str, Any] = answer.json()
        return seen

    def settled(self, notification_id: str, seconds: float = 30, among: set[str] | None = None) -> dict[str, Any]:
        """Wait until a notification is where it stays (or in one of `among`) and return it."""
        seen: dict[str, Any] = {}

        def look() -> bool:
            seen.update(self.look(notification_id))
            return seen["status"] in (among or FINAL)

        wait_for(f"the end of {notification_id}, {seen}", look, seconds)
        return seen
