"""Which characters a text may hold, and how long it is in the coding that Korean carriers count in.

A database column, a carrier and a mail header each refuse other characters; the checks here are the marks that a
field wears for that (`Annotated[str, PRINTABLE]`). The module must not know any body or vendor message.
"""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from pydantic import AfterValidator, BeforeValidator, ValidationInfo

from api.schemas.problems import Slug, problem

VISIBLE: Final = r"^[\x21-\x7e]+$"
"""What a word may be that is compared with an ASCII column: MariaDB refuses to compare it with anything else."""


class _Refused(NamedTuple):
    characters: re.Pattern[str]
    slug: Slug
    name: str


_NULL: Final = _Refused(re.compile("\x00"), Slug.NULL_BYTE, "a null character")
# JSON can spell half of a surrogate pair, which no UTF-8 can hold.
_HALF: Final = _Refused(re.compile("[\ud800-\udfff]"), Slug.LONE_SURROGATE, "half of a surrogate pair")
_CONTROL: Final = _Refused(
    re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"), Slug.CONTROL_CHARACTER, "a control character"
)
_BREAK: Final = _Refused(
    re.compile("[\t\n\r\u2028\u2029]"), Slug.CONTROL_CHARACTER, "a tab or line break, which a single line cannot have"
)
# Everything that str.splitlines takes for a line's end is among these; email.message refuses it as late as composing.
_INJECTION: Final = _Refused(
    re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]"),
    Slug.HEADER_INJECTION,
    "a control character or line break, which a mail header cannot have",
)
_NOT_PRINTABLE: Final = (_NULL, _HALF, _CONTROL)
_WEB_ADDRESS: Final = re.compile(r"https?://[^\s/?#]+\S*", re.IGNORECASE)


def named(info: ValidationInfo) -> str:
    """The name, as the caller knows it, of the field under validation."""
    return (info.field_name or "").rstrip("_")


def _without(*refused: _Refused) -> BeforeValidator:
    # Before pydantic's own checks: under a limit of length it refuses half a surrogate pair too, in words of its own.
    def check(value: object, info: ValidationInfo) -> object:
        if isinstance(value, str):
            _refuse(value, named(info), refused)
        return value

    return BeforeValidator(check)


def _refuse(value: str, field: str, refused: Iterable[_Refused]) -> None:
    for characters, slug, name in refused:
        found = characters.search(value)
        if found:
            where = f"U+{ord(found[0]):04X} at position {found.start() + 1}"
            raise problem(slug, field, f"{field} holds {name} ({where}): remove it")


def check_printable(value: str, field: str) -> None:
    """Check what the mark `PRINTABLE` checks, of a text that is no field of a body.

    Raises:
        PydanticCustomError: it holds what cannot be printed.
    """
    _refuse(value, field, _NOT_PRINTABLE)


def _web_address(value: str, info: ValidationInfo) -> str:
    if not _WEB_ADDRESS.fullmatch(value):
        raise problem(Slug.INVALID_URL, named(info), f"{named(info)} is not an http:// or https:// address")
    return value


STORABLE: Final = _without(_NULL, _HALF)
"""Mark of a text that UTF-8 can hold and that no C string cuts short."""

PRINTABLE: Final = _without(*_NOT_PRINTABLE)
"""Mark of a text without control characters but tab and line breaks."""

LINE: Final = _without(_NULL, _HALF, _CONTROL, _BREAK)
"""Mark of a single line."""

HEADER: Final = _without(_INJECTION, _HALF)
"""Mark of a text that becomes a mail header, or a part of one."""

WEB_ADDRESS: Final = AfterValidator(_web_address)
"""Mark of an absolute http or https address; worn beside `LINE`."""


def cp949_length(text: str, field: str, *, carrier: str) -> int:
    """Count bytes as Korean carriers do: two for a Hangul syllable, one for an ASCII character.

    Raises:
        PydanticCustomError: `not_cp949`, naming the first character outside the coding. (Python's `euc_kr` is no
            measure: it writes Hangul outside KS X 1001 as eight bytes.)
    """
    try:
        return len(text.encode("cp949"))
    except UnicodeEncodeError as error:
        alien = text[error.start]
        detail = f"{field} holds '{alien}' (U+{ord(alien):04X}), which {carrier} cannot carry: remove it"
        raise problem(Slug.NOT_CP949, field, detail) from None
