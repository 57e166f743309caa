"""What `make demo` says to the API, as any application would: register, log in, make a key, send, look.

It knows the API's routes and nothing of what is behind them.
"""

import json
import secrets
import time
import uuid
from collections.abc import Mapping
from typing import Any, Final

import requests

from deploy.local.signing import Call, Key, sign

PASSWORD_BYTES: Final = 12
TIMEOUT_SECONDS: Final = 10


class Unexpected(Exception):  # noqa: N818 - what the other side did, said in one line
    """The other side is not there or answered something else; the text names the request and the status."""


class Client:
    """One account with one key."""

    def __init__(self, api: str, inbox: str) -> None:
        """Speak to the API and the sandbox at these addresses; nothing is asked yet."""
        self._api, self._inbox = api, inbox
        self._session = requests.Session()
        # A proxy from the environment has no business with the loopback address.
        self._session.trust_env = False
        self._key = Key("", "")

    def sign_up(self) -> str:
        """Register a new account, log in, make a key to send with; return the account's address."""
        email = f"demo-{secrets.token_hex(4)}@example.com"
        login = {"email": email, "pw": secrets.token_urlsafe(PASSWORD_BYTES)}
        self._ask("POST", f"{self._api}/api/auth/register/email", json=login)
        bearer = self._ask("POST", f"{self._api}/api/auth/login/email", json=login)["Authorization"]
        made = self._ask(
            "POST", f"{self._api}/api/user/apikeys", json={"user_memo": "make demo"}, headers={"Authorization": bearer}
        )
        self._key = Key(made["access_key"], made["secret_key"])
        return email

    def send(self, path: str, body: Mapping[str, Any]) -> str:
        """Send one message and return the notification's id; the second time it is another message."""
        call = Call("POST", path, json.dumps(body, ensure_ascii=False).encode(), str(uuid.uuid4()))
        headers = {"Content-Type": "application/json", "Idempotency-Key": call.idempotency_key}
        return str(self._signed(call, headers)["id"])

    def look(self, notification_id: str) -> Any:  # noqa: ANN401 - a JSON document
        """Return a notification with its attempts."""
        return self._signed(Call("GET", f"/api/services/notifications/{notification_id}"), {})

    def received(self) -> set[str]:
        """Return the ids of the notifications that lie in the sandbox's inbox."""
        return {str(each["notification_id"]) for each in self._ask("GET", f"{self._inbox}/inbox.json")}

    def _signed(self, call: Call, headers: Mapping[str, str]) -> Any:  # noqa: ANN401 - a JSON document
        query, signature = sign(self._key, call, int(time.time()))
        signed = {**headers, "X-Signature": signature}
        return self._ask(call.method, f"{self._api}{call.path}?{query}", data=call.body, headers=signed)

    def _ask(self, method: str, url: str, **more: Any) -> Any:  # noqa: ANN401 - a JSON document
        where = f"{method} {url.partition('?')[0]}"
        try:
            answer = self._session.request(method, url, timeout=TIMEOUT_SECONDS, **more)
        except requests.RequestException as error:
            raise Unexpected(f"{where}: no answer ({type(error).__name__}); does `make up` run?") from None
        if not answer.ok:
            raise Unexpected(f"{where}: {answer.status_code} {_problem(answer)}")
        return answer.json()


def _problem(answer: requests.Response) -> str:
    if "json" not in answer.headers.get("Content-Type", ""):
        return ""
    problem = answer.json()
    return f"{problem.get('code', '')} {problem.get('detail', '')}".strip()
