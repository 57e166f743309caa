"""Kakao messages through SOLAPI: the templates that the sandbox knows, their variables and buttons.

Source: solapi/documents, message-status-codes.md 1041 to 1053; which of the button codes means what is not
written down anywhere public, so tests of the product must not depend on the choice among them.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

CHANNELS: Final = frozenset({"KA01PF0000"})
BUTTONS_MOST: Final = 5
NAME_LONGEST: Final = 14
LINK_LONGEST: Final = 100

_VARIABLE: Final = re.compile(r"#\{[^{}]+\}")
_BUTTON_TYPES: Final = frozenset({"WL", "AL", "DS", "BK", "MD", "BC", "BT", "AC"})
_LINKS: Final = ("linkMo", "linkPc", "linkAnd", "linkIos")
_NEEDED_LINKS: Final = {"WL": ("linkMo",), "AL": ("linkAnd", "linkIos")}


@dataclass(frozen=True, slots=True)
class Template:
    """An approved Alimtalk template.

    Attributes:
        buttons: name and type of each, in order.
    """

    text: str
    buttons: tuple[tuple[str, str], ...] = ()


TEMPLATES: Final = {
    "KA01TP0000": Template("#{name}님, 주문 #{order}이(가) 접수되었습니다."),
    "KA01TP0001": Template("#{이름}님, 인증번호는 #{번호}입니다."),
    "KA01TP0002": Template("#{name}님, 상품이 발송되었습니다.", (("배송 조회", "WL"),)),
}


def fill(kakao: dict[str, Any]) -> str | None:
    """Put the variables into the template; None if it is unknown or a variable has no value."""
    template = TEMPLATES.get(str(kakao.get("templateId")))
    variables = kakao.get("variables") or {}
    if template is None or not isinstance(variables, dict):
        return None
    values = {(name if name.startswith("#{") else f"#{{{name}}}"): str(value) for name, value in variables.items()}
    if not set(_VARIABLE.findall(template.text)) <= set(values):
        return None
    return _VARIABLE.sub(lambda found: values[found.group()], template.text)


def buttons(kakao: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the buttons that the reader sees: the message's own, else its template's."""
    own = kakao.get("buttons")
    template = TEMPLATES.get(str(kakao.get("templateId")))
    if own is not None or template is None:
        return own or []
    return [{"buttonName": name, "buttonType": type_} for name, type_ in template.buttons]


def judge(type_: str, kakao: dict[str, Any], text: str | None) -> str | None:
    """Give the code with which a Kakao message is refused, or None."""
    if str(kakao.get("pfId")) not in CHANNELS:
        return "1041"
    if type_ == "ATA":
        template = TEMPLATES.get(str(kakao.get("templateId")))
        if template is None:
            return "1042"
        if not _matches(template, kakao, text):
            return "1043"
        if code := _judge_against(template, kakao.get("buttons")):
            return code
    return _judge_buttons(type_, kakao.get("buttons") or [])


def _matches(template: Template, kakao: dict[str, Any], text: str | None) -> bool:
    if not text:
        return fill(kakao) is not None
    fixed = _VARIABLE.split(template.text)
    return re.fullmatch("(?s:.*)".join(re.escape(part) for part in fixed), text) is not None


def _judge_against(template: Template, buttons: list[dict[str, Any]] | None) -> str | None:
    if buttons is None:  # the template's own are shown
        return None
    if len(buttons) != len(template.buttons):
        return "1046"
    given = tuple((button.get("buttonName"), button.get("buttonType")) for button in buttons)
    return None if given == template.buttons else "1047"


def _judge_buttons(type_: str, buttons: list[dict[str, Any]]) -> str | None:
    if len(buttons) > BUTTONS_MOST:
        return "1048"
    return next((code for button in buttons if (code := _judge_button(type_, button))), None)


def _judge_button(type_: str, button: dict[str, Any]) -> str | None:
    name, kind = button.get("buttonName"), str(button.get("buttonType"))
    verdicts = {
        "1044": not name,
        "1045": kind not in _BUTTON_TYPES,
        "1049": len(str(name)) > NAME_LONGEST,
        "1050": any(len(str(button.get(link) or "")) > LINK_LONGEST for link in _LINKS),
        "1052": any(not button.get(link) for link in _NEEDED_LINKS.get(kind, ())),
        "1053": type_ != "ATA" and kind == "DS",
    }
    return next((code for code, wrong in verdicts.items() if wrong), None)
