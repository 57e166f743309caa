"""KakaoTalk's default templates: the six kinds of `template_object`, in Kakao's own fields.

Required and optional fields follow Kakao's SDKs (github.com/kakao/kakao_flutter_sdk, `*_template.dart`); they take
what Kakao would refuse or silently cut. That a link's host is registered with the Kakao app cannot be seen here.
"""

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, ValidationInfo

from api.schemas.problems import Slug, problem
from api.schemas.sending import StrictIn
from api.schemas.text import LINE, PRINTABLE, WEB_ADDRESS, named

TEXT_CHARACTERS: Final = 200


def _short_enough(value: str, info: ValidationInfo) -> str:
    if not value or value.isspace():
        raise problem(Slug.TEXT_MISSING, named(info), f"{named(info)} is blank")
    if len(value) > TEXT_CHARACTERS:
        detail = f"{named(info)} is {len(value):,} characters long; KakaoTalk shows at most {TEXT_CHARACTERS}"
        raise problem(Slug.TEXT_TOO_LONG, named(info), detail)
    return value


TalkText = Annotated[str, PRINTABLE, AfterValidator(_short_enough)]
"""What KakaoTalk shows in one bubble: at most 200 code points, never cut."""

_Label = Annotated[str, Field(min_length=1, max_length=200), LINE]
_Words = Annotated[str, Field(min_length=1, max_length=1_000), PRINTABLE]
_Url = Annotated[str, Field(max_length=2_000), LINE, WEB_ADDRESS]
_Count = Annotated[int, Field(ge=0, le=2**31 - 1)]


class TalkLinkIn(StrictIn):
    """Where a tap leads; an empty one leads to the app's registered domain."""

    web_url: _Url | None = None
    mobile_web_url: _Url | None = None
    android_execution_params: _Label | None = None
    ios_execution_params: _Label | None = None


class TalkButtonIn(StrictIn):
    """A button with its own link."""

    title: _Label
    link: TalkLinkIn


class TalkContentIn(StrictIn):
    """A picture with title and description."""

    link: TalkLinkIn
    title: _Words | None = None
    description: _Words | None = None
    image_url: _Url | None = None
    image_width: _Count | None = None
    image_height: _Count | None = None


class TalkItemIn(StrictIn):
    """One line of an item list."""

    item: _Label
    item_op: _Label


class TalkItemContentIn(StrictIn):
    """An item list, as on a receipt."""

    profile_text: _Label | None = None
    profile_image_url: _Url | None = None
    title_image_text: _Label | None = None
    title_image_url: _Url | None = None
    title_image_category: _Label | None = None
    items: Annotated[list[TalkItemIn], Field(max_length=5)] | None = None
    sum: _Label | None = None
    sum_op: _Label | None = None


class TalkSocialIn(StrictIn):
    """Counts under a content."""

    like_count: _Count | None = None
    comment_count: _Count | None = None
    shared_count: _Count | None = None
    view_count: _Count | None = None
    subscriber_count: _Count | None = None


class TalkCommerceIn(StrictIn):
    """A price."""

    regular_price: _Count
    discount_price: _Count | None = None
    discount_rate: Annotated[int, Field(ge=0, le=100)] | None = None
    fixed_discount_price: _Count | None = None
    product_name: _Label | None = None
    currency_unit: _Label | None = None
    currency_unit_position: Literal[0, 1] | None = None


class _TemplateIn(StrictIn):
    buttons: Annotated[list[TalkButtonIn], Field(min_length=1, max_length=2)] | None = None
    button_title: _Label | None = None


class TextTemplateIn(_TemplateIn):
    """A text."""

    object_type: Literal["text"]
    text: TalkText
    link: TalkLinkIn


class FeedTemplateIn(_TemplateIn):
    """A picture with a text."""

    object_type: Literal["feed"]
    content: TalkContentIn
    item_content: TalkItemContentIn | None = None
    social: TalkSocialIn | None = None


class ListTemplateIn(_TemplateIn):
    """Two or three contents under a heading."""

    object_type: Literal["list"]
    header_title: _Label
    contents: Annotated[list[TalkContentIn], Field(min_length=2, max_length=3)]
    header_link: TalkLinkIn | None = None


class LocationTemplateIn(_TemplateIn):
    """A content with a place on the map."""

    object_type: Literal["location"]
    address: _Label
    content: TalkContentIn
    address_title: _Label | None = None
    social: TalkSocialIn | None = None


class CommerceTemplateIn(_TemplateIn):
    """A content with a price."""

    object_type: Literal["commerce"]
    content: TalkContentIn
    commerce: TalkCommerceIn


class CalendarTemplateIn(StrictIn):
    """A content with an event, or a calendar to subscribe to."""

    object_type: Literal["calendar"]
    id: _Label
    id_type: Literal["calendar", "event"]
    content: TalkContentIn
    buttons: Annotated[list[TalkButtonIn], Field(min_length=1, max_length=2)] | None = None


TemplateObjectIn = Annotated[
    TextTemplateIn | FeedTemplateIn | ListTemplateIn | LocationTemplateIn | CommerceTemplateIn | CalendarTemplateIn,
    Field(discriminator="object_type"),
]
