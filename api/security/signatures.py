"""Signatures: who signed this request, and whether it is the one that was signed.

Base64 HMAC-SHA256 of the raw query string, which carries `key`, `timestamp` and `digest`, the hex SHA-256 of
method, path, idempotency key and body; so every part of the request is bound. A key with legacy signing may do
as the tutorial's sample client does: no digest, no idempotency key, and a clock that is nine hours ahead. Pure:
time, secret and request are handed in, no database and no framework.
"""

import base64
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final
from urllib.parse import parse_qsl

from api.errors import ApiError, Code

OLDEST: Final = 30
"""Seconds that a signature is good for."""
AHEAD: Final = 5
"""Seconds that a client's clock may be ahead."""
KST_HABIT: Final = 9 * 3600
"""How far ahead `(datetime.utcnow() + timedelta(hours=9)).timestamp()` is on a machine in UTC."""
MOST_PARAMETERS: Final = 32
TIMESTAMP: Final = re.compile(r"[0-9]{1,12}", re.ASCII)
IDEMPOTENCY_KEY: Final = re.compile(rb"[\x21-\x7e]{1,255}")


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request as it stood on the wire.

    Attributes:
        path: as on the request line, still percent-encoded, without the query.
        signature: header `X-Signature`, or `secret`.
    """

    method: str
    path: bytes
    query: bytes = field(repr=False)
    body: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    idempotency_key: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Claim:
    """What the query says about its signature."""

    access_key: str
    timestamp: int
    digest: str | None


def read_claim(query: bytes) -> Claim:
    """Read the query's `key`, `timestamp` and `digest`.

    Raises:
        ApiError: one is missing or malformed, or any parameter stands twice.
    """
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_PARAMETERS)
    except ValueError:
        raise ApiError(Code.BAD_REQUEST, detail=f"query: not ASCII, or over {MOST_PARAMETERS} parameters") from None
    parameters = dict(pairs)
    if len(parameters) != len(pairs):
        raise ApiError(Code.DUPLICATE_PARAMETER, detail="query: a parameter stands twice")
    if "key" not in parameters:
        raise ApiError(Code.CREDENTIALS_MISSING, detail="query: `key` is missing")
    timestamp = parameters.get("timestamp", "")
    if not TIMESTAMP.fullmatch(timestamp):
        raise ApiError(Code.TIMESTAMP_MALFORMED, detail="query: `timestamp` must be Unix seconds")
    return Claim(parameters["key"], int(timestamp), parameters.get("digest"))


def verify(request: SignedRequest, claim: Claim, secrets: Sequence[bytes], now: float, *, legacy: bool) -> bytes | None:
    """Check a signature; what comes back names a POST for idempotency, and is None for any other method.

    Args:
        request: what arrived.
        claim: what `read_claim` read from its query.
        secrets: the key's secrets: one, or two while it is being rotated.
        now: Unix seconds.
        legacy: whether the digest, and with it the idempotency key, may be left out. The signature then is its
            own idempotency key, so that it is good for one POST.

    Raises:
        ApiError: the signature is wrong, too old or too new, or the request is not the one that was signed.
    """
    verify_query(request.query, request.signature, secrets)
    _check_time(claim.timestamp, now, legacy=legacy)
    is_post = request.method == "POST"
    key = idempotency_key(request.idempotency_key) if is_post else None
    if claim.digest is None:
        return _without_digest(request, key, legacy=legacy)
    if is_post and key is None and not legacy:
        raise ApiError(Code.IDEMPOTENCY_KEY_MISSING, detail="a signed POST needs an Idempotency-Key")
    expected_digest = digest(request.method, request.path, key or b"", request.body)
    if not hmac.compare_digest(expected_digest.encode(), claim.digest.encode()):
        raise digest_mismatch()
    return (key or request.signature) if is_post else None


def verify_before_body(query: bytes, signature: bytes, claim: Claim, secrets: Sequence[bytes], now: float) -> str:
    """Check the signature of a request whose body is still to come, and return the digest that the body must have.

    Raises:
        ApiError: the signature is wrong, too old or too new, or binds no body.
    """
    verify_query(query, signature, secrets)
    _check_time(claim.timestamp, now, legacy=False)
    if claim.digest is None:
        raise ApiError(Code.DIGEST_MISSING, detail="query: `digest` is missing, without which nothing binds the upload")
    return claim.digest


def verify_query(query: bytes, signature: bytes, secrets: Sequence[bytes]) -> None:
    """Check that the raw query string was signed with one of these secrets.

    Raises:
        ApiError: it was not.
    """
    made = (base64.b64encode(hmac.digest(secret, query, "sha256")) for secret in secrets)
    if not any(hmac.compare_digest(expected, signature) for expected in made):
        raise ApiError(Code.SIGNATURE_WRONG, detail="sign the raw query string, as it is sent, with the secret key")


def digest_mismatch() -> ApiError:
    """The refusal of a body that is not the one that was signed."""
    return ApiError(
        Code.DIGEST_MISMATCH, detail="digest: SHA-256 over METHOD\\nPATH\\nIDEMPOTENCY-KEY\\n and the body, in hex"
    )


def digest(method: str, path: bytes, key: bytes, body: bytes) -> str:
    """Compute the hex digest that binds a request's parts."""
    return sha256(b"\n".join((method.encode(), path, key, body))).hexdigest()


def idempotency_key(header: bytes | None) -> bytes | None:
    """Check the form of an Idempotency-Key: 1 to 255 visible ASCII characters, or absent.

    Raises:
        ApiError: it has another form.
    """
    if header is None or IDEMPOTENCY_KEY.fullmatch(header):
        return header
    raise ApiError(Code.IDEMPOTENCY_KEY_MALFORMED, detail="Idempotency-Key: 1 to 255 visible ASCII characters")


def _check_time(timestamp: int, now: float, *, legacy: bool) -> None:
    age = now - timestamp
    if -AHEAD <= age <= OLDEST or (legacy and -AHEAD <= age + KST_HABIT <= OLDEST):
        return
    if age > 0:
        raise ApiError(Code.SIGNATURE_EXPIRED, detail=f"timestamp: over {OLDEST} seconds old; check the clock")
    raise ApiError(Code.SIGNATURE_FUTURE, detail=f"timestamp: over {AHEAD} seconds ahead; check the clock")


def _without_digest(request: SignedRequest, key: bytes | None, *, legacy: bool) -> bytes | None:
    # An idempotency key that nothing binds could be exchanged, and the message sent again: so it needs a digest.
    if not legacy or key is not None:
        raise ApiError(Code.DIGEST_MISSING, detail="query: `digest` is missing")
    return request.signature if request.method == "POST" else None
