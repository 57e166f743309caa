"""How a client signs a request, in one function: the reference for clients in other languages.

It imports nothing of the product, as a client wouldn't.
"""

import base64
import hmac
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import urlencode


class Key(NamedTuple):
    """An API key as its owner got it."""

    access_key: str
    secret_key: str


class Call(NamedTuple):
    """What a signature binds; `idempotency_key` is empty for every method but POST."""

    method: str
    path: str
    body: bytes = b""
    idempotency_key: str = ""


def sign(key: Key, call: Call, now: int) -> tuple[str, str]:
    """Return the query string to send and the value of `X-Signature`; `now` is in Unix seconds.

    The signature is good for 30 s.
    """
    bound = f"{call.method}\n{call.path}\n{call.idempotency_key}\n".encode() + call.body
    query = urlencode({"key": key.access_key, "timestamp": now, "digest": sha256(bound).hexdigest()})
    signature = hmac.digest(key.secret_key.encode(), query.encode(), sha256)
    return query, base64.b64encode(signature).decode()
