"""Merging: one message with variables, and what it becomes for each recipient.

Every text of a message may hold `#{name}`, which a recipient's own variables replace. What comes out is checked by
the same schema as a single message of its channel, so that a batch accepts exactly what single requests would. It must
not know rows, uploads or how recipients arrive.
"""

import html
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from api.errors import field_error, invalid
from api.schemas.email import EmailIn
from api.schemas.kakao import KakaoIn
from api.schemas.phone import KOREA, recipient_number
from api.schemas.problems import Slug, problem
from api.schemas.sending import SendingIn
from api.schemas.solapi import SolapiIn, check_text, kind_of_text
from api.schemas.text import check_printable, cp949_length
from config.vocabulary import Channel

Variables = Mapping[str, str]
Fill = Callable[[Variables], Any]

PLACE: Final = re.compile(r"#\{([^{}]{1,100})\}")
BODIES: Final[Mapping[Channel, type[SendingIn]]] = {
    Channel.SOLAPI: SolapiIn,
    Channel.KAKAO: KakaoIn,
    Channel.GMAIL: EmailIn,
    Channel.SES: EmailIn,
}
SAMPLES: Final[Mapping[Channel, str]] = {
    Channel.SOLAPI: "01012345678",
    Channel.KAKAO: "friend",
    Channel.GMAIL: "someone@example.com",
    Channel.SES: "someone@example.com",
}
"""Recipients that pass every check, to try a message with."""
_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Merged(NamedTuple):
    """A message as one recipient gets it: its channel's type, whom it finds, and the content to seal."""

    type: str
    recipient: str
    content: bytes


class Wrong(NamedTuple):
    """What is wrong with one field, without its value."""

    field: str
    code: str
    detail: str


class Merge:
    """A message of a batch, ready for its recipients."""

    def __init__(self, channel: Channel, message: Mapping[str, Any]) -> None:
        """Take the channel and the message, whose recipient is left out."""
        self._channel = channel
        self._model = BODIES[channel]
        self._message = dict(message)
        self._fill = {name: _filler(value, escape=name == "html") for name, value in message.items()}
        self._texts = _texts(channel, self._message)

    def try_out(self) -> None:
        """Check what is the same for all; what a variable decides is left to the recipients.

        Raises:
            ApiError: the message is wrong whoever gets it.
        """
        try:
            self._model.model_validate(self._addressed(self._message, SAMPLES[self._channel]))
        except ValidationError as error:
            found = [{**each, "loc": ("body", "message", *each["loc"])} for each in error.errors()]
            wrong = [each for each in found if not self._depends(each)]
            if wrong:
                raise invalid(wrong) from None

    def of(self, to: str | None, variables: Variables) -> Merged:
        """Merge for one recipient.

        Raises:
            ValidationError: a variable is missing, or what comes out could not be sent.
        """
        if self._texts is not None and to is not None:
            return self._texts.of(to, variables)
        body = {name: fill(variables) for name, fill in self._fill.items()}
        sending = self._model.model_validate(self._addressed(body, to))
        content = sending.sealed_body()
        return Merged(str(sending.type_name), sending.recipient_in(content), _encode(content).encode())

    def _addressed(self, body: Mapping[str, Any], to: str | None) -> dict[str, Any]:
        if self._channel is not Channel.KAKAO:
            return {**body, "to": to}
        return {**body, "receiver_uuids": [to]} if to is not None else dict(body)

    def _depends(self, found: Mapping[str, Any]) -> bool:
        """Whether an error is about a text that a variable changes."""
        place = [*found["loc"][2:], found.get("ctx", {}).get("field", "")][0]
        return PLACE.search(_encode(self._message.get(str(place).rstrip("_")))) is not None


class _Texts:
    """The short way for text messages: all that differs is the number and the text.

    What is the same for all was checked once, by the schema; here its own rules check the rest.
    """

    def __init__(self, sending: SolapiIn, text: str) -> None:
        self._type, self._subject = sending.type, sending.subject
        self._text = _text_filler(text, escape=False)
        self._country = sending.country or KOREA
        self._common = {k: v for k, v in sending.sealed_body().items() if k not in {"to", "text", "type"}}

    def of(self, to: str, variables: Variables) -> Merged:
        try:
            digits = recipient_number(to, self._country)
            text = self._text(variables)
            check_printable(text, "text")
            length = cp949_length(text, "text", carrier=self._type or "a text message")
            kind = self._type or kind_of_text(self._subject, length)
            check_text(kind, text, length)
        except PydanticCustomError as error:
            raise _as_validation(error, to) from None
        content = {**self._common, "to": digits, "text": text, "type": str(kind)}
        return Merged(str(kind), SolapiIn.recipient_in(content), _encode(content).encode())


def _texts(channel: Channel, message: Mapping[str, Any]) -> _Texts | None:
    text = message.get("text")
    others = {name: value for name, value in message.items() if name != "text"}
    if channel is not Channel.SOLAPI or not isinstance(text, str) or PLACE.search(_encode(others)):
        return None
    if others.keys() & {"imageId", "image", "kakaoOptions"} or others.get("type") not in {None, "SMS", "LMS"}:
        return None
    try:
        sending = SolapiIn.model_validate({**others, "text": "x", "to": SAMPLES[channel]})
    except ValidationError:
        return None
    return _Texts(sending, text)


def why(error: ValidationError) -> list[Wrong]:
    """Say what is wrong with one recipient."""
    fields = [field_error({**each, "loc": ("body", *each["loc"])}) for each in error.errors()]
    return [Wrong(each["field"], each["code"], each["detail"]) for each in fields]


def _as_validation(error: PydanticCustomError, value: object) -> ValidationError:
    field = str((error.context or {}).get("field", ""))
    details: InitErrorDetails = {"type": error, "loc": (field,), "input": value}
    return ValidationError.from_exception_data("recipient", [details], hide_input=True)


def _filler(value: Any, *, escape: bool) -> Fill:  # noqa: ANN401 - any JSON value
    if isinstance(value, str):
        return _text_filler(value, escape=escape)
    if isinstance(value, dict):
        members = {name: _filler(each, escape=escape) for name, each in value.items()}
        return lambda variables: {name: fill(variables) for name, fill in members.items()}
    if isinstance(value, list):
        items = [_filler(each, escape=escape) for each in value]
        return lambda variables: [fill(variables) for fill in items]
    return lambda _: value


def _text_filler(text: str, *, escape: bool) -> Callable[[Variables], str]:
    # Text and names in turn: "a #{b} c" is ["a ", "b", " c"].
    parts = PLACE.split(text)
    names = parts[1::2]
    if not names:
        return lambda _: text

    def fill(variables: Variables) -> str:
        filled = parts.copy()
        try:
            filled[1::2] = [variables[name] for name in names]
        except KeyError as error:
            name = error.args[0]
            detail = f"the message holds #{{{name}}}, and this recipient has no such variable"
            raise _as_validation(problem(Slug.VARIABLE_MISSING, f"variables.{name}", detail), name) from None
        if escape:
            filled[1::2] = [html.escape(value) for value in filled[1::2]]
        return "".join(filled)

    return fill
