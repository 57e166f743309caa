"""The body of `kakao/send`: a text, a default template or a template of one's own; to oneself or to friends.

It must not know tokens, paths or form encoding.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, ConfigDict, Field, JsonValue, model_validator
from typing_extensions import override

from api.schemas.kakao_templates import TalkText, TemplateObjectIn
from api.schemas.problems import Slug, problem
from api.schemas.sending import SendingIn
from api.schemas.text import LINE, PRINTABLE

OWN_TEMPLATE: Final = "template"
MYSELF: Final = "me"
ONE_OF: Final = ("msg", "template_object", "template_id")

EXAMPLES: Final[list[JsonValue]] = [
    {"msg": "배포가 끝났습니다."},
    {
        "template_object": {
            "object_type": "feed",
            "content": {
                "title": "겨울 신상품이 들어왔어요",
                "description": "오늘 하루 무료 배송",
                "image_url": "https://shop.example.com/winter.jpg",
                "link": {"web_url": "https://shop.example.com", "mobile_web_url": "https://shop.example.com"},
            },
            "button_title": "보러 가기",
        },
        "receiver_uuids": ["friend-1", "friend-2"],
    },
    {"template_id": 103482, "template_args": {"이름": "홍길동", "주문번호": "A-1042"}, "reference": "order-1042"},
]


def _distinct(uuids: list[str]) -> list[str]:
    if len(set(uuids)) < len(uuids):
        raise problem(Slug.DUPLICATE_RECEIVER, "receiver_uuids", "receiver_uuids names the same friend twice")
    return uuids


class KakaoIn(SendingIn):
    """A KakaoTalk message; without `receiver_uuids` it goes to the connection's own chat."""

    model_config = ConfigDict(json_schema_extra={"examples": EXAMPLES})

    msg: TalkText | None = Field(default=None, description="A plain text of at most 200 characters.")
    template_object: TemplateObjectIn | None = None
    template_id: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = Field(
        default=None, description="A template built in Kakao's console."
    )
    template_args: dict[Annotated[str, Field(min_length=1), LINE], Annotated[str, PRINTABLE]] | None = None
    receiver_uuids: (
        Annotated[
            list[Annotated[str, Field(min_length=1, max_length=100), LINE]],
            Field(min_length=1, max_length=5),
            AfterValidator(_distinct),
        ]
        | None
    ) = Field(default=None, description="One to five friends, by the uuids of Kakao's friends API.")

    @model_validator(mode="after")
    def _one_content(self) -> Self:
        given = [field for field in ONE_OF if getattr(self, field) is not None]
        if len(given) != 1:
            detail = f"exactly one of msg, template_object and template_id is wanted; {len(given)} are given"
            raise problem(Slug.ONE_CONTENT, given[-1] if given else ONE_OF[0], detail)
        if self.template_args is not None and self.template_id is None:
            detail = "template_args goes with template_id only"
            raise problem(Slug.ARGS_WITHOUT_TEMPLATE, "template_args", detail)
        return self

    @property
    @override
    def type_name(self) -> str:
        """The template's object_type (`text` for a msg), or `template` for one of Kakao's console."""
        if self.template_id is not None:
            return OWN_TEMPLATE
        return "text" if self.template_object is None else self.template_object.object_type

    @override
    def sealed_body(self) -> dict[str, Any]:
        body = self.model_dump(mode="json", exclude_none=True, exclude={*self.COMMON, "msg"})
        if self.msg is not None:
            body["template_object"] = {"object_type": "text", "text": self.msg, "link": {}}
        if self.template_id is not None:
            body.setdefault("template_args", {})
        return body

    @classmethod
    @override
    def recipient_in(cls, content: Mapping[str, Any]) -> str:
        """The friends' uuids in one order, or `me`."""
        return ",".join(sorted(content.get("receiver_uuids", [MYSELF])))
