"""Whoever is not who he says is told what is wrong with his signature or token; nothing is stored."""

import uuid

import pytest
import requests

from api.error_table import Code
from tests.flows.client import Client
from tests.flows.refusal import BODY, PATH, Changes, assert_problem, assert_refused, perform, spoiled, stored
from tests.flows.stack import Stack

NOBODY = f"{uuid.uuid4()}"[:-12] + f"{uuid.uuid4()}"

BAD: list[tuple[str, Changes, Code, tuple[str, ...]]] = [
    ("unsigned", Changes(headers=(("X-Signature", None),)), Code.CREDENTIALS_MISSING, ("X-Signature",)),
    ("other-secret", Changes(secret="x" * 40), Code.SIGNATURE_WRONG, ("query", "secret key")),
    ("no-base64", Changes(headers=(("X-Signature", "%%%"),)), Code.SIGNATURE_WRONG, ("query",)),
    ("empty", Changes(headers=(("X-Signature", ""),)), Code.SIGNATURE_WRONG, ("query",)),
    ("query-grown", Changes(behind="&lane=bulk"), Code.SIGNATURE_WRONG, ("query",)),
    ("expired", Changes(at=-33), Code.SIGNATURE_EXPIRED, ("timestamp", "30", "clock")),
    ("future", Changes(at=8), Code.SIGNATURE_FUTURE, ("timestamp", "5", "clock")),
    ("korean-time", Changes(at=9 * 3600), Code.SIGNATURE_FUTURE, ("timestamp",)),
    ("no-timestamp", Changes(drop="timestamp"), Code.TIMESTAMP_MALFORMED, ("timestamp", "seconds")),
    ("no-number", Changes(query=(("timestamp", "now"),)), Code.TIMESTAMP_MALFORMED, ("timestamp",)),
    ("no-digest", Changes(drop="digest"), Code.DIGEST_MISSING, ("digest",)),
    ("other-digest", Changes(query=(("digest", "0" * 64),)), Code.DIGEST_MISMATCH, ("digest", "PATH")),
    ("other-path", Changes(signed_path="/api/services/email/send"), Code.DIGEST_MISMATCH, ("PATH",)),
    ("other-method", Changes(method="GET"), Code.DIGEST_MISMATCH, ("METHOD",)),
    ("other-body", Changes(signed_body=BODY + b" "), Code.DIGEST_MISMATCH, ("body",)),
    ("other-idempotency", Changes(headers=(("Idempotency-Key", "x"),)), Code.DIGEST_MISMATCH, ("IDEMPOTENCY-KEY",)),
    ("no-idempotency", Changes(headers=(("Idempotency-Key", None),)), Code.IDEMPOTENCY_KEY_MISSING, ("Idempotency",)),
    ("long-idempotency", Changes(headers=(("Idempotency-Key", "k" * 256),)), Code.IDEMPOTENCY_KEY_MALFORMED, ("255",)),
    ("spaced-idempotency", Changes(headers=(("Idempotency-Key", "a b"),)), Code.IDEMPOTENCY_KEY_MALFORMED, ("ASCII",)),
    ("no-key", Changes(drop="key"), Code.CREDENTIALS_MISSING, ("key",)),
    ("unknown-key", Changes(query=(("key", NOBODY),)), Code.UNKNOWN_KEY, ("key",)),
    ("odd-key", Changes(query=(("key", "' OR 1=1 --"),)), Code.UNKNOWN_KEY, ("key",)),
    ("key-twice", Changes(also=(("key", NOBODY),)), Code.DUPLICATE_PARAMETER, ("query",)),
    ("timestamp-twice", Changes(also=(("timestamp", "0"),)), Code.DUPLICATE_PARAMETER, ("query",)),
]


@pytest.mark.parametrize(("changes", "code", "says"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_a_bad_signature_is_refused(
    stack: Stack, client: Client, changes: Changes, code: Code, says: tuple[str, ...]
) -> None:
    assert_refused(stack, lambda: spoiled(client, changes), code, says)


def test_the_unspoiled_request_is_accepted(client: Client) -> None:
    assert perform(spoiled(client, Changes())).status_code == 202


@pytest.mark.parametrize("which", ["access_key", "bearer"])
def test_only_a_signature_sends(stack: Stack, client: Client, which: str) -> None:
    headers = (("X-Signature", None), ("Authorization", getattr(client, which)))
    assert_refused(stack, lambda: spoiled(client, Changes(headers=headers)), Code.CREDENTIALS_MISSING, ("X-Signature",))


def test_the_document_offers_no_bare_access_key(stack: Stack) -> None:
    document = requests.get(f"{stack.api}/openapi.json", timeout=10).json()
    assert set(document["components"]["securitySchemes"]) == {"Bearer", "Signature"}


def test_an_idempotency_key_is_good_for_one_body(stack: Stack, client: Client) -> None:
    key = uuid.uuid4().hex
    assert client.post(PATH, {"msg": "처음"}, key).status_code == 202
    before = stored(stack)
    answer = client.post(PATH, {"msg": "다음"}, key)
    assert_problem(answer, Code.IDEMPOTENCY_KEY_REUSED, "ko")
    assert "Idempotency-Key" in answer.json()["detail"]
    assert stored(stack) == before


@pytest.mark.parametrize(
    ("bearer", "code"), [("Bearer x.y.z", Code.TOKEN_INVALID), ("Basic eDp5", Code.CREDENTIALS_MISSING)]
)
def test_a_bad_token_is_refused(stack: Stack, client: Client, bearer: str, code: Code) -> None:
    headers = {"Authorization": bearer}
    assert_refused(stack, lambda: requests.Request("GET", f"{client.api}/api/user/apikeys", headers), code)
