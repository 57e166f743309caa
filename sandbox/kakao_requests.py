"""Reads requests to Kakao's API: bearer, form fields that hold JSON, the three kinds of content.

Everything wrong is Kakao's own error body, `{"code", "msg"}`, with the statuses of its error table
(https://developers.kakao.com/docs/latest/en/rest-api/error-code). It must not know who receives a message.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from fastapi import Request

from sandbox import kakao_templates, kakao_tokens
from sandbox.tokens import Grant
from sandbox.vendor_error import VendorError

MAX_FIELDS: Final = 50

_STATUS: Final[Mapping[int, int]] = {-401: 401, -402: 403, -10: 429}
_MESSAGES: Final[Mapping[int, str]] = {
    -10: "API limit has been exceeded.",
    -401: "this access token does not exist",
    -402: "insufficient scopes.",
    -501: "given account is not connected to any talk user.",
    -530: "receiver refuses to receive messages.",
    -532: "daily message limit per sender has been exceeded.",
    -533: "daily message limit per receiver has been exceeded.",
    -536: "daily message limit per sender and receiver has been exceeded.",
}

Form = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Content:
    """What is to be sent.

    Attributes:
        type: the template's object_type, `template` or `scrap`.
        extra: what the inbox keeps beside the text.
    """

    type: str
    text: str = field(repr=False)
    extra: Mapping[str, Any] = field(repr=False)


def message_of(code: int) -> str:
    """Give Kakao's words for a code."""
    return _MESSAGES[code]


def refuse(code: int, msg: str | None = None, **members: object) -> VendorError:
    """Make Kakao's error of this code; a throttled caller is told to wait a second."""
    headers = {"Retry-After": "1"} if code == -10 else None  # noqa: PLR2004 -- a key of the tables above
    body = {"msg": msg or message_of(code), "code": code, **members}
    return VendorError(_STATUS.get(code, 400), code, body, headers)


def authorize(request: Request, now: datetime, *required: str) -> Grant:
    """Check the bearer and its scopes.

    Raises:
        VendorError: -401 or -402.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    grant = kakao_tokens.read(token, now) if scheme.lower() == "bearer" else None
    if grant is None:
        raise refuse(-401)
    missing = [scope for scope in required if scope not in grant.scopes]
    if missing:
        raise refuse(-402, api_type="TALK_MESSAGE_SEND", required_scopes=missing, allowed_scopes=sorted(grant.scopes))
    return grant


async def form_of(request: Request) -> Form:
    """Read the form fields.

    Raises:
        VendorError: -2, the body is no form.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise refuse(-2, "the body must be application/x-www-form-urlencoded")
    try:
        text = (await request.body()).decode()
        return dict(parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS))
    except ValueError:
        raise refuse(-2, "the form cannot be read") from None


def field_json(form: Form, name: str) -> Any:  # noqa: ANN401 -- any JSON
    """Read a field that holds JSON.

    Raises:
        VendorError: -2.
    """
    try:
        return json.loads(form[name])
    except (KeyError, ValueError):
        raise refuse(-2, f"{name} is missing or no JSON") from None


def _default(form: Form) -> Content:
    template = field_json(form, "template_object")
    fault = kakao_templates.fault_of(template)
    if fault is not None:
        raise refuse(-2, f"template_object: {fault}")
    hosts = kakao_templates.unregistered_hosts(template)
    extra = {"template_object": template, **({"unregistered_hosts": hosts} if hosts else {})}
    return Content(template["object_type"], kakao_templates.text_of(template), extra)


def _own(form: Form) -> Content:
    template_id = form.get("template_id", "")
    if not re.fullmatch(r"[1-9]\d{0,18}", template_id):
        raise refuse(-2, "template_id is missing or no number")
    arguments = _arguments(form)
    text = "\n".join(arguments.values())
    return Content("template", text, {"template_id": template_id, "template_args": arguments})


def _scrap(form: Form) -> Content:
    address = form.get("request_url", "")
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise refuse(-2, "request_url is missing or no web address")
    return Content("scrap", address, {"request_url": address, "template_args": _arguments(form)})


def _arguments(form: Form) -> dict[str, str]:
    arguments = field_json(form, "template_args") if "template_args" in form else {}
    if not isinstance(arguments, dict) or not all(isinstance(value, str) for value in arguments.values()):
        raise refuse(-2, "template_args must be an object of strings")
    return arguments


READERS: Final[Mapping[str, Callable[[Form], Content]]] = {"default/send": _default, "send": _own, "scrap/send": _scrap}
"""The end of the path to what reads its form."""
