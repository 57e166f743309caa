"""Kakao's message templates: what each object type must have, and what of it is plain text.

Pure: a `template_object` goes in, what is wrong with it comes out. Facts from Kakao's message template reference
(https://developers.kakao.com/docs/latest/en/message-template/default) and its SDK. It must know nothing of
requests, tokens or the inbox.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

MAX_TEXT: Final = 200  # code points
MAX_BUTTONS: Final = 2
LIST_LENGTH: Final = range(2, 6)
REGISTERED_DOMAIN: Final = "example.com"

_REQUIRED: Final[Mapping[str, Mapping[str, type]]] = {
    "text": {"text": str, "link": dict},
    "feed": {"content": dict},
    "list": {"header_title": str, "contents": list},
    "location": {"address": str, "content": dict},
    "commerce": {"content": dict, "commerce": dict},
    "calendar": {"id": str, "id_type": str, "content": dict},
}

Template = Mapping[str, Any]


def fault_of(template: object) -> str | None:
    """Say what makes a template_object invalid, or None; only names of fields are quoted."""
    if not isinstance(template, dict):
        return "template_object is no object"
    required = _REQUIRED.get(str(template.get("object_type")))
    if required is None:
        return "object_type is unknown"
    for name, kind in required.items():
        if not isinstance(template.get(name), kind):
            return f"{name} is required"
    return next(_faults(template), None)


def _faults(template: Template) -> Iterator[str]:
    if len(template.get("text", "")) > MAX_TEXT:
        yield "text is longer than 200 characters"
    if "contents" in template and len(template["contents"]) not in LIST_LENGTH:
        yield "contents has too few or too many items"
    if "commerce" in template and not isinstance(template["commerce"].get("regular_price"), int):
        yield "regular_price is required"
    if template["object_type"] == "calendar" and template["id_type"] not in {"calendar", "event"}:
        yield "id_type is unknown"
    for content in _contents(template):
        if not isinstance(content, dict) or not isinstance(content.get("link"), dict):
            yield "link of content is required"
    yield from _button_faults(template.get("buttons", []))


def _button_faults(buttons: object) -> Iterator[str]:
    if not isinstance(buttons, list) or len(buttons) > MAX_BUTTONS:
        yield "buttons has more than 2 items"
        return
    for button in buttons:
        if not (
            isinstance(button, dict) and isinstance(button.get("title"), str) and isinstance(button.get("link"), dict)
        ):
            yield "title and link of a button are required"


def _contents(template: Template) -> list[Any]:
    return [*([template["content"]] if "content" in template else []), *template.get("contents", [])]


def text_of(template: Template) -> str:
    """Give what a valid template says, as plain text."""
    lines = [template.get("text"), template.get("header_title"), template.get("address")]
    for content in _contents(template):
        lines += [content.get("title"), content.get("description")]
    return "\n".join(str(line) for line in lines if line)


def unregistered_hosts(template: Template) -> list[str]:
    """List the hosts whose links KakaoTalk would silently not open: those outside the registered domain.

    Kakao still answers success (message FAQ), so this refuses nothing.
    """
    holders = [template, *_contents(template), *template.get("buttons", [])]
    links = [holder.get(name) for holder in holders for name in ("link", "header_link")]
    addresses = [link.get(name) for link in links if isinstance(link, dict) for name in ("web_url", "mobile_web_url")]
    hosts = {urlsplit(address).hostname or "" for address in addresses if isinstance(address, str)}
    return sorted(host for host in hosts if host != REGISTERED_DOMAIN and not host.endswith(f".{REGISTERED_DOMAIN}"))
