import base64
import hashlib
import hmac
from urllib.parse import parse_qs

import pytest

from deploy.local.signing import Call, Key, sign

KEY = Key("access-key", "secret-key")
CALL = Call("POST", "/api/services/solapi/send", b'{"to":"01000000001"}', "key-1")
NOW = 1_700_000_000


def test_a_signature_is_what_the_contract_says() -> None:
    query, signature = sign(KEY, CALL, NOW)
    text = b'POST\n/api/services/solapi/send\nkey-1\n{"to":"01000000001"}'
    assert parse_qs(query) == {
        "key": ["access-key"],
        "timestamp": ["1700000000"],
        "digest": [hashlib.sha256(text).hexdigest()],
    }
    assert signature == base64.b64encode(hmac.digest(b"secret-key", query.encode(), "sha256")).decode()


@pytest.mark.parametrize(
    "other",
    [
        CALL._replace(method="PUT"),
        CALL._replace(path="/api"),
        CALL._replace(body=b""),
        CALL._replace(idempotency_key=""),
    ],
)
def test_everything_is_bound(other: Call) -> None:
    assert sign(KEY, other, NOW)[1] != sign(KEY, CALL, NOW)[1]
    assert sign(KEY, CALL, NOW + 1)[1] != sign(KEY, CALL, NOW)[1]
    assert sign(KEY._replace(secret_key="other"), CALL, NOW)[1] != sign(KEY, CALL, NOW)[1]
