"""What the tests of bad input share: how a good request is spoiled, and what every refusal must look like.

One shape, two languages, nothing stored.
"""

import base64
import hashlib
import hmac
import json
import sqlite3
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import NamedTuple
from urllib.parse import urlencode

import requests

from api.error_table import Code
from tests.flows.client import Client
from tests.flows.stack import Stack

PATH = "/api/services/kakao/send"
BODY = json.dumps({"msg": "안녕하세요"}, ensure_ascii=False).encode()
LANGUAGES = {None: "ko", "en": "en", "ko-KR,ko;q=0.9,en;q=0.8": "ko"}


def stored(stack: Stack) -> int:
    """How many notifications there are, of all accounts."""
    with closing(sqlite3.connect(f"file:{stack.directory}/alrim.db?mode=ro", uri=True)) as database:
        return int(database.execute("SELECT count(*) FROM notifications").fetchone()[0])


def perform(request: requests.Request) -> requests.Response:
    """Send a request exactly as it was spoiled."""
    with requests.Session() as session:
        return session.send(request.prepare(), timeout=10)


def assert_refused(stack: Stack, make: Callable[[], requests.Request], code: Code, says: Sequence[str] = ()) -> None:
    """Ask once in each language; `says` are the parts of the detail that help the developer."""
    before = stored(stack)
    for asked, answered in LANGUAGES.items():
        request = make()
        if asked is not None:
            request.headers["Accept-Language"] = asked
        answer = perform(request)
        assert_problem(answer, code, answered)
        detail = answer.json()["detail"]
        assert [part for part in says if part not in detail] == [], detail
    assert stored(stack) == before


def assert_problem(answer: requests.Response, code: Code, language: str) -> None:
    """The answer is this problem, in this language."""
    assert answer.headers["Content-Type"] == "application/problem+json", answer.text
    told = answer.json()
    assert (answer.status_code, told["code"]) == (code.status, code.value), told
    assert (told["status"], told["title"]) == (code.status, code.english)
    assert (answer.headers["Content-Language"], told["msg"]) == (
        language,
        code.english if language == "en" else code.korean,
    )
    assert told["detail"].strip()


class Changes(NamedTuple):
    """What of a good signed POST is changed: `headers` and `behind` after it was signed, everything else before.

    `query` replaces parameters and `also` adds some; a header of None is left out.
    """

    query: tuple[tuple[str, str], ...] = ()
    also: tuple[tuple[str, str], ...] = ()
    drop: str = ""
    at: int = 0
    signed_path: str = PATH
    signed_body: bytes = BODY
    method: str = "POST"
    secret: str = ""
    headers: tuple[tuple[str, str | None], ...] = ()
    behind: str = ""


def spoiled(client: Client, changes: Changes) -> requests.Request:
    """A signed POST with these changes, everything else as it should be."""
    key = uuid.uuid4().hex
    parts = f"{changes.method}\n{changes.signed_path}\n{key}\n".encode() + changes.signed_body
    parameters = {
        "key": client.access_key,
        "timestamp": str(int(time.time()) + changes.at),
        "digest": hashlib.sha256(parts).hexdigest(),
        **dict(changes.query),
    }
    parameters.pop(changes.drop, None)
    query = urlencode([*parameters.items(), *changes.also])
    signed = signature(changes.secret or client.secret_key, query)
    headers = {"X-Signature": signed, "Idempotency-Key": key, "Content-Type": "application/json"}
    for name, value in changes.headers:
        headers.pop(name, None)
        if value is not None:
            headers[name] = value
    return requests.Request("POST", f"{client.api}{PATH}?{query}{changes.behind}", headers, data=BODY)


def signature(secret: str, query: str) -> str:
    """Sign a raw query string."""
    return base64.b64encode(hmac.digest(secret.encode(), query.encode(), "sha256")).decode()
