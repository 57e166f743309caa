# ruff: noqa: N815 -- the fields carry SOLAPI's own names, so that a body is stored as it came
"""The body of `solapi/send`: SOLAPI's own message object, checked before it costs anything.

What SOLAPI would refuse after the queue is refused here, at accept; the limits are those of its pages
message-status-codes (1010 to 1053) and uploadfile. It must not know how SOLAPI is called.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, ConfigDict, Field, JsonValue, ValidationInfo, model_validator
from typing_extensions import override

from api.schemas.alimtalk import KakaoOptionsIn
from api.schemas.binary import decoded
from api.schemas.phone import KOREA, country_code, recipient_number, searchable, sender_number
from api.schemas.problems import Slug, problem
from api.schemas.sending import SendingIn
from api.schemas.text import LINE, PRINTABLE, cp949_length


class SolapiType(StrEnum):
    """The kinds of SOLAPI message that are sent."""

    SMS = "SMS"
    LMS = "LMS"
    MMS = "MMS"
    ATA = "ATA"


TEXT_BYTES: Final = {SolapiType.SMS: 90, SolapiType.LMS: 2_000, SolapiType.MMS: 2_000}
TEXT_CHARACTERS: Final = 1_000
SUBJECT_BYTES: Final = 40
IMAGE_BYTES: Final = 200 * 1024
JPEG: Final = b"\xff\xd8\xff"

ONLY_SOME_CARRY: Final = ("subject", "imageId", "image", "kakaoOptions")
CARRIES: Final = {
    SolapiType.SMS: frozenset[str](),
    SolapiType.LMS: frozenset({"subject"}),
    SolapiType.MMS: frozenset({"subject", "imageId", "image"}),
    # The subject is that of the text message that SOLAPI sends where an Alimtalk fails.
    SolapiType.ATA: frozenset({"subject", "kakaoOptions"}),
}
"""Which of the fields that not every type has each type has."""

EXAMPLES: Final[list[JsonValue]] = [
    {"to": "010-0000-0001", "from": "02-1234-5678", "text": "[알림] 인증번호는 493021입니다. 3분 안에 입력해 주세요."},
    {
        "to": "01000000001",
        "from": "0212345678",
        "subject": "예약 안내",
        "text": "김하늘 님, 12월 1일 오전 10시 예약이 확정되었습니다.\n변경은 하루 전까지 가능합니다.",
        "reference": "booking-20731",
    },
    {
        "to": "01000000001",
        "from": "0212345678",
        "kakaoOptions": {
            "pfId": "KA01PF0000",
            "templateId": "KA01TP0000",
            "variables": {"이름": "홍길동", "주문번호": "A-1042"},
            "buttons": [{"buttonName": "배송 조회", "buttonType": "WL", "linkMo": "https://shop.example.com/o/1042"}],
        },
        "lane": "urgent",
    },
]


def _recipient(value: str, info: ValidationInfo) -> str:
    return recipient_number(value, info.data.get("country") or KOREA)


def _subject(value: str) -> str:
    length = cp949_length(value, "subject", carrier="a text message")
    if length > SUBJECT_BYTES:
        detail = f"subject is {length:,} bytes long in cp949; it may have {SUBJECT_BYTES} (20 Hangul)"
        raise problem(Slug.SUBJECT_TOO_LONG, "subject", detail)
    return value


def _jpeg(value: str) -> str:
    content = decoded(value, "image")
    if not content.startswith(JPEG):
        raise problem(Slug.NOT_JPEG, "image", "image is not a JPEG file")
    if len(content) > IMAGE_BYTES:
        detail = f"image is {len(content):,} bytes large; MMS carries at most {IMAGE_BYTES:,} (200 KB)"
        raise problem(Slug.IMAGE_TOO_LARGE, "image", detail)
    return value


def kind_of_text(subject: str | None, length: int) -> SolapiType:
    """What a text of so many cp949 bytes is sent as, if nobody says."""
    return SolapiType.LMS if subject is not None or length > TEXT_BYTES[SolapiType.SMS] else SolapiType.SMS


def check_text(kind: SolapiType, text: str | None, length: int | None) -> None:
    """Check the text of an SMS, LMS or MMS; `length` in cp949 bytes.

    Raises:
        PydanticCustomError: `text_missing` or `text_too_long`.
    """
    if not text or text.isspace():
        raise problem(Slug.TEXT_MISSING, "text", f"text is missing or blank: {kind} needs one")
    if length is not None and length > TEXT_BYTES[kind]:
        detail = f"text is {length:,} bytes long in cp949; {kind} carries at most {TEXT_BYTES[kind]:,}"
        raise problem(Slug.TEXT_TOO_LONG, "text", detail)


class SolapiIn(SendingIn):
    """An SMS, LMS, MMS or Alimtalk, in SOLAPI's own fields."""

    model_config = ConfigDict(json_schema_extra={"examples": EXAMPLES})

    country: Annotated[str, Field(max_length=3), AfterValidator(country_code)] | None = Field(
        default=None, description="The recipient's calling code; 82 if absent."
    )
    to: Annotated[str, AfterValidator(_recipient)] = Field(
        description="One number in national digits; hyphens and spaces are dropped."
    )
    from_: Annotated[str, AfterValidator(sender_number)] | None = Field(
        default=None, alias="from", description="A sender number registered with SOLAPI; only ATA can do without."
    )
    text: Annotated[str, PRINTABLE] | None = Field(
        default=None, description="cp949 bytes: SMS 90, LMS and MMS 2,000; ATA 1,000 characters, or none."
    )
    subject: Annotated[str, Field(min_length=1), LINE, AfterValidator(_subject)] | None = Field(
        default=None, description="At most 40 cp949 bytes; not on SMS."
    )
    type: Annotated[SolapiType, Field(strict=False)] | None = Field(
        default=None, description="Chosen by the content if absent: ATA, MMS, LMS or SMS."
    )
    imageId: Annotated[str, Field(min_length=1, max_length=100), LINE] | None = None
    image: Annotated[str, AfterValidator(_jpeg)] | None = Field(
        default=None, description="A JPEG in base64, at most 200 KB; uploaded before sending."
    )
    kakaoOptions: KakaoOptionsIn | None = None

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        kind = SolapiType(self.type_name)
        for field in ONLY_SOME_CARRY:
            if getattr(self, field) is not None and field not in CARRIES[kind]:
                raise problem(Slug.TYPE_CONFLICT, field, f"{field} cannot be part of a message of type {kind}")
        if kind is SolapiType.ATA:
            self._check_alimtalk()
        else:
            self._check_text(kind)
        if kind is SolapiType.MMS and (self.image is None) == (self.imageId is None):
            raise problem(Slug.ONE_IMAGE, "image", "an MMS has exactly one of image and imageId")
        return self

    def _check_alimtalk(self) -> None:
        if self.kakaoOptions is None:
            detail = "kakaoOptions is missing: a message of type ATA is made of a template"
            raise problem(Slug.TYPE_CONFLICT, "kakaoOptions", detail)
        length = len(self.text or "")
        if length > TEXT_CHARACTERS:
            detail = f"text is {length:,} characters long; ATA carries at most {TEXT_CHARACTERS:,}"
            raise problem(Slug.TEXT_TOO_LONG, "text", detail)

    def _check_text(self, kind: SolapiType) -> None:
        if self.from_ is None:
            raise problem(Slug.SENDER_MISSING, "from", f"from is missing: {kind} needs a registered sender number")
        check_text(kind, self.text, None if self.text is None else cp949_length(self.text, "text", carrier=kind))

    @property
    @override
    def type_name(self) -> str:
        """SMS, LMS, MMS or ATA: as asked for, else by the content."""
        if self.type is not None:
            return self.type
        if self.kakaoOptions is not None:
            return SolapiType.ATA
        if self.imageId is not None or self.image is not None:
            return SolapiType.MMS
        return kind_of_text(self.subject, cp949_length(self.text or "", "text", carrier="a text message"))

    @override
    def sealed_body(self) -> dict[str, Any]:
        body = self.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=self.COMMON)
        return {**body, "type": str(self.type_name)}

    @classmethod
    @override
    def recipient_in(cls, content: Mapping[str, Any]) -> str:
        """The telephone in one spelling."""
        return searchable(content["to"], content.get("country", KOREA))
