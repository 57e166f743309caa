"""Judges a message when it is registered: the status code it gets, 2000 if it is good.

Source: solapi/documents, message-status-codes.md and the limits beside it. Each rule is one small function
from a draft to a code or None, and the first that speaks decides. The rules must know no group: that a
number may stand in a group only once is the group's own affair.
"""

import re
from collections.abc import Callable, Container
from typing import Final

from sandbox.solapi import alimtalk, codes
from sandbox.solapi.drafts import KAKAO, SHORT_BYTES, TYPES, Draft, width

LONG_BYTES: Final = 2_000
SUBJECT_BYTES: Final = 40
ALIMTALK_CHARACTERS: Final = 1_000
CTI_CHARACTERS: Final = 400
CUSTOM_KEY: Final = 30
CUSTOM_VALUE: Final = 100

_CARRIED: Final = frozenset({"SMS", "LMS", "MMS"})
_DIGITS: Final = re.compile(r"\A\d+\Z")
_SENDER: Final = re.compile(r"\A(030\d{9}|\d{8,11})\Z")
_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def judge(draft: Draft, images: Container[str]) -> str:
    """Give the status code with which this message is registered."""
    for rule in _RULES:
        if code := rule(draft):
            return code
    if draft.type == "MMS" and draft.image_id not in images:
        return "1034"
    return codes.REGISTERED


def _required(draft: Draft) -> str | None:
    if not draft.to or not draft.type:
        return "1010"
    if draft.type not in TYPES:
        return "1025"
    return _required_parts(draft)


def _required_parts(draft: Draft) -> str | None:
    if not draft.from_ and draft.type not in KAKAO:
        return "1010"
    if not draft.text and draft.type in {*_CARRIED, "CTA", "CTI"}:
        return "1010"
    return "1010" if draft.type == "MMS" and not draft.image_id else None


def _numbers(draft: Draft) -> str | None:
    if not _DIGITS.match(draft.to) or (draft.from_ and not _SENDER.match(draft.from_)):
        return "1011"
    if draft.from_.endswith("9999"):
        return "1062"
    wish = codes.wished(draft.to)
    return wish if wish and wish.startswith("1") else None


def _characters(draft: Draft) -> str | None:
    both = (draft.text or "") + (draft.subject or "")
    try:
        both.encode()
    except UnicodeEncodeError:
        return "1027"
    if _UNPRINTABLE.search(both):
        return "1028"
    return "1029" if draft.type in _CARRIED and width(both) is None else None


def _subject(draft: Draft) -> str | None:
    if draft.subject is None:
        return None
    if draft.type == "SMS":
        return "1013"
    return "1014" if (width(draft.subject) or 0) > SUBJECT_BYTES else None


def _length(draft: Draft) -> str | None:
    text = draft.text or ""
    bytes_ = {"SMS": SHORT_BYTES, "LMS": LONG_BYTES, "MMS": LONG_BYTES}.get(draft.type)
    if bytes_ is not None:
        return "1031" if (width(text) or 0) > bytes_ else None
    characters = {"ATA": ALIMTALK_CHARACTERS, "CTA": ALIMTALK_CHARACTERS, "CTI": CTI_CHARACTERS}.get(draft.type)
    return "1031" if characters is not None and len(text) > characters else None


def _custom_fields(draft: Draft) -> str | None:
    fields = draft.custom_fields
    if fields is None:
        return None
    good = isinstance(fields, dict) and all(
        isinstance(value, str) and len(key) <= CUSTOM_KEY and len(value) <= CUSTOM_VALUE
        for key, value in fields.items()
    )
    return None if good else "1032"


def _kakao(draft: Draft) -> str | None:
    if draft.type not in KAKAO:
        return "1033" if draft.kakao else None
    return alimtalk.judge(draft.type, draft.kakao or {}, draft.text)


_RULES: Final[tuple[Callable[[Draft], str | None], ...]] = (
    _required,
    _numbers,
    _characters,
    _subject,
    _length,
    _custom_fields,
    _kakao,
)
