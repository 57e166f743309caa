"""Passwords that are tried first: the 3,000 most used ones of known breaches, and the words of this product.

A new password is none of them (NIST SP 800-63B §3.1.1.2). The list is data beside this module, with its source and
licence in its head; it is read once. Nothing here hashes, stores, or sees whose password it is.
"""

import unicodedata
from functools import cache
from pathlib import Path
from typing import Final

LIST: Final = Path(__file__).with_name("common_passwords.txt")
REMARK: Final = "#"
WORDS: Final = frozenset(
    {
        "alrim",
        "알림",
        "notification",
        "kakao",
        "kakaotalk",
        "카카오",
        "카카오톡",
        "solapi",
        "솔라피",
        "gmail",
        "password",
    }
)
"""What comes to mind here; digits and signs around one make it no better."""


def is_common(password: str) -> bool:
    """Whether a password is tried first, in whatever capitals."""
    folded = unicodedata.normalize("NFC", password).casefold()
    return folded in most_used() or "".join(filter(str.isalpha, folded)) in WORDS


@cache
def most_used() -> frozenset[str]:
    """The list, in lower case."""
    lines = LIST.read_text(encoding="ascii").splitlines()
    return frozenset(line for line in lines if not line.startswith(REMARK))
