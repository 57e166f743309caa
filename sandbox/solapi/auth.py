"""SOLAPI's signed Authorization header, checked as strictly as the vendor documents it.

Source: solapi/documents, authentication/api-key.md. It must know neither routes nor bodies: the vendor
signs only the date and the salt.
"""

import hashlib
import hmac
import re
from collections import deque
from datetime import datetime, timedelta
from typing import Final

from sandbox.solapi.errors import invalid, refusal

KEY: Final = "sandbox"
SECRET: Final = "sandbox"
SKEW: Final = timedelta(minutes=15)
_DIGESTS: Final = {"hmac-sha256": hashlib.sha256, "hmac-md5": hashlib.md5}
_NAMES: Final = {"apikey", "date", "salt", "signature"}
_ZONE: Final = re.compile(r"(Z|[+-]\d\d:?\d\d)\Z")
_SALT_BYTES: Final = range(12, 65)


class Authenticator:
    """Remembers the signatures of the last 15 minutes, since one counts only once."""

    def __init__(self) -> None:
        self._used: set[str] = set()
        self._order: deque[tuple[datetime, str]] = deque()

    def check(self, header: str | None, now: datetime) -> None:
        """Pass a good header, once.

        Raises:
            VendorError: 403 with the vendor's code; a header that cannot be read is a 400 `ValidationError`.
        """
        method, fields = _parse(header or "")
        signed = _moment(fields["date"])
        if len(fields["salt"].encode()) not in _SALT_BYTES:
            raise invalid("salt은 12~64바이트여야 합니다.")
        if fields["apikey"] != KEY:
            raise refusal(403, "InvalidAPIKey", "유효한 API Key를 입력해 주세요.")
        if abs(now - signed) > SKEW:
            raise refusal(403, "RequestTimeTooSkewed", "요청 시각과 서버 시각의 차이가 15분을 넘습니다.")
        expected = hmac.new(SECRET.encode(), (fields["date"] + fields["salt"]).encode(), _DIGESTS[method]).hexdigest()
        if not hmac.compare_digest(expected.encode(), fields["signature"].encode()):
            raise refusal(403, "SignatureDoesNotMatch", "생성한 signature와 일치하지 않습니다.")
        self._use(fields["signature"], now)

    def _use(self, signature: str, now: datetime) -> None:
        while self._order and self._order[0][0] <= now - SKEW:
            self._used.discard(self._order.popleft()[1])
        if signature in self._used:
            raise refusal(403, "DuplicatedSignature", "이미 사용된 signature입니다.")
        self._used.add(signature)
        self._order.append((now, signature))


def _parse(header: str) -> tuple[str, dict[str, str]]:
    method, _, rest = header.partition(" ")
    pairs = [part.strip().partition("=") for part in rest.split(",")]
    fields = {name.lower(): value for name, _, value in pairs}
    if method.lower() not in _DIGESTS or set(fields) != _NAMES or len(pairs) != len(_NAMES):
        raise invalid("Authorization 헤더의 형식이 올바르지 않습니다.")
    return method.lower(), fields


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or not _ZONE.search(text) or moment.tzinfo is None:
        raise invalid("date는 시간대가 있는 ISO 8601이어야 합니다.")
    return moment
