"""A client's side of a signature, written from the contract and without the product's code."""

import base64
import hmac
import time
from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True)
class Key:
    access_key: str
    secret_key: str


@dataclass(frozen=True)
class Sent:
    """What a client puts on the wire."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes


def hmac_of(query: str, secret: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), query.encode(), "sha256").digest()).decode()


def sign(key: Key, method: str, path: str, body: bytes = b"", *, name: str = "", at: float | None = None) -> Sent:
    timestamp = int(time.time() if at is None else at)
    digest = sha256(f"{method}\n{path}\n{name}\n".encode() + body).hexdigest()
    query = f"key={key.access_key}&timestamp={timestamp}&digest={digest}"
    headers = {"X-Signature": hmac_of(query, key.secret_key), "Content-Type": "application/json"}
    if name:
        headers["Idempotency-Key"] = name
    return Sent(method, f"{path}?{query}", headers, body)


def sign_as_the_tutorial(key: Key, method: str, path: str, body: bytes = b"", *, at: float | None = None) -> Sent:
    query = f"key={key.access_key}&timestamp={int(time.time() if at is None else at)}"
    headers = {"secret": hmac_of(query, key.secret_key), "Content-Type": "application/json"}
    return Sent(method, f"{path}?{query}", headers, body)
