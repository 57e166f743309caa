"""One message of a request, read: which type it is, whom it addresses, what its parts are.

Reading refuses only what has no sensible shape at all; whether a well-shaped message is good is said by
`rules`, message by message.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.solapi.errors import invalid

_KAKAO_BRAND: Final = frozenset(
    {
        "BMS_TEXT",
        "BMS_IMAGE",
        "BMS_WIDE",
        "BMS_WIDE_ITEM_LIST",
        "BMS_CAROUSEL_FEED",
        "BMS_PREMIUM_VIDEO",
        "BMS_COMMERCE",
        "BMS_CAROUSEL_COMMERCE",
        "BMS_FREE",
    }
)
_RICH: Final = frozenset({"RCS_SMS", "RCS_LMS", "RCS_MMS", "RCS_TPL", "RCS_ITPL", "RCS_LTPL"})
KAKAO: Final = frozenset({"ATA", "CTA", "CTI"}) | _KAKAO_BRAND
TYPES: Final = frozenset({"SMS", "LMS", "MMS", "NSA", "FAX", "VOICE"}) | KAKAO | _RICH
SHORT_BYTES: Final = 90

_TEXTS: Final = ("from", "text", "subject", "type", "country", "imageId")


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to one number, before it is judged.

    Attributes:
        type: the one that was asked for, or the one that fits; empty if neither.
        custom_fields: as they came; only `rules` knows whether they are strings.
    """

    to: str = field(repr=False)
    from_: str = field(repr=False)
    type: str
    text: str | None = field(repr=False)
    subject: str | None = field(repr=False)
    country: str
    image_id: str | None
    custom_fields: Any = field(repr=False)
    kakao: dict[str, Any] | None = field(repr=False)


def width(text: str) -> int | None:
    """Count bytes as Korean carriers do, two for a Hangul; None if a character is outside their repertoire."""
    try:
        return len(text.encode("cp949"))
    except UnicodeEncodeError:
        return None


def read(body: Any) -> Iterator[Draft]:  # noqa: ANN401 -- a request's JSON can be anything
    """Read one message object; one that addresses several numbers is one draft for each.

    Raises:
        VendorError: 400, it has no shape of a message.
    """
    if not isinstance(body, dict):
        raise invalid("message는 객체여야 합니다.")
    if any(not isinstance(body.get(name), str | None) for name in _TEXTS):
        raise invalid("message의 항목은 문자열이어야 합니다.")
    kakao = body.get("kakaoOptions")
    if not isinstance(kakao, dict | None) or not _objects((kakao or {}).get("buttons")):
        raise invalid("kakaoOptions는 객체여야 합니다.")
    type_ = body.get("type") or (_fitting(body) if body.get("autoTypeDetect", True) else "")
    for to in _numbers(body.get("to")):
        yield Draft(
            to=to,
            from_=(body.get("from") or "").replace("-", ""),
            type=type_,
            text=body.get("text"),
            subject=body.get("subject") or None,
            country=body.get("country") or "82",
            image_id=body.get("imageId"),
            custom_fields=body.get("customFields"),
            kakao=kakao,
        )


def _objects(buttons: Any) -> bool:  # noqa: ANN401 -- as above
    return buttons is None or (isinstance(buttons, list) and all(isinstance(button, dict) for button in buttons))


def _numbers(to: Any) -> list[str]:  # noqa: ANN401 -- as above
    numbers = to if isinstance(to, list) else [to or ""]
    if not numbers or not all(isinstance(number, str) for number in numbers):
        raise invalid("to는 문자열이거나 문자열의 배열이어야 합니다.")
    return [number.replace("-", "") for number in numbers]


def _fitting(body: dict[str, Any]) -> str:
    kakao = body.get("kakaoOptions") or {}
    if kakao.get("templateId"):
        return "ATA"
    if kakao.get("pfId"):
        return "CTI" if kakao.get("imageId") else "CTA"
    if body.get("imageId"):
        return "MMS"
    long = (width(body.get("text") or "") or 0) > SHORT_BYTES
    return "LMS" if long or body.get("subject") else "SMS"
