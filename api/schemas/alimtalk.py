# ruff: noqa: N815 -- the fields carry SOLAPI's own names, so that a body is stored as it came
"""The Kakao half of a SOLAPI message: an approved template of a channel, its variables and buttons.

SOLAPI's limits stand here as it documents them (status codes 1044 to 1053 of its message-status-codes page). Whether
the text and the buttons are those of the template only SOLAPI knows.
"""

import re
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from api.schemas.problems import Slug, problem
from api.schemas.sending import StrictIn
from api.schemas.text import LINE, PRINTABLE, named

_WRAPPED: Final = re.compile(r"#\{[^{}.]+\}")
_LINK: Final = re.compile(r"(https?://|#\{)\S*", re.IGNORECASE)


class ButtonType(StrEnum):
    """What a button does."""

    WEB_LINK = "WL"
    APP_LINK = "AL"
    DELIVERY = "DS"
    BOT_KEYWORD = "BK"
    MESSAGE_DELIVERY = "MD"
    CONSULT = "BC"
    BOT_TRANSFER = "BT"
    ADD_CHANNEL = "AC"


LINKS: Final[dict[ButtonType, tuple[str, ...]]] = {
    ButtonType.WEB_LINK: ("linkMo",),
    ButtonType.APP_LINK: ("linkAnd", "linkIos"),
}
"""Which links a button of a type must have; the other types need none."""


def _web_link(value: str, info: ValidationInfo) -> str:
    if not _LINK.fullmatch(value):
        detail = f"{named(info)} is neither an http:// or https:// address nor begins with a variable #{{…}}"
        raise problem(Slug.INVALID_URL, named(info), detail)
    return value


def _wrapped(variables: dict[str, str]) -> dict[str, str]:
    """Write every name as `#{name}`, as SOLAPI's own clients do; they forbid a dot in it."""
    wrapped = {name if _WRAPPED.fullmatch(name) else f"#{{{name}}}": value for name, value in variables.items()}
    if len(wrapped) < len(variables):
        detail = "variables has the same name twice, with and without #{}"
        raise problem(Slug.INVALID_VARIABLE, "variables", detail)
    if not all(_WRAPPED.fullmatch(name) for name in wrapped):
        detail = "variables has a name that is empty or holds a dot or a brace; write name or #{name}"
        raise problem(Slug.INVALID_VARIABLE, "variables", detail)
    return wrapped


_Id = Annotated[str, Field(min_length=1, max_length=100), LINE]
_AppLink = Annotated[str, Field(min_length=1, max_length=100), LINE]
_WebLink = Annotated[str, Field(min_length=1, max_length=100), LINE, AfterValidator(_web_link)]


class AlimtalkButtonIn(StrictIn):
    """A button under an Alimtalk, as its template has it."""

    buttonName: Annotated[str, Field(min_length=1, max_length=14), LINE]
    buttonType: Annotated[ButtonType, Field(strict=False)]
    linkMo: _WebLink | None = None
    linkPc: _WebLink | None = None
    linkAnd: _AppLink | None = None
    linkIos: _AppLink | None = None

    @model_validator(mode="after")
    def _has_its_links(self) -> Self:
        for link in LINKS.get(self.buttonType, ()):
            if getattr(self, link) is None:
                raise problem(
                    Slug.LINK_MISSING, link, f"{link} is missing: a button of type {self.buttonType} needs it"
                )
        return self


class KakaoOptionsIn(StrictIn):
    """Which template of which Kakao channel, and what fills it."""

    pfId: _Id
    templateId: _Id
    variables: Annotated[dict[Annotated[str, LINE], Annotated[str, PRINTABLE]], AfterValidator(_wrapped)] | None = (
        Field(default=None, description="Names with or without #{}; no dots in them.")
    )
    buttons: Annotated[list[AlimtalkButtonIn], Field(min_length=1, max_length=5)] | None = None
    disableSms: bool | None = Field(
        default=None, description="True: SOLAPI sends no text message in its place where the Alimtalk fails."
    )
    adFlag: bool | None = None
    title: Annotated[str, Field(min_length=1, max_length=50), LINE] | None = None
    imageId: _Id | None = None
