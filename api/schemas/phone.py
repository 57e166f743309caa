"""Telephone numbers as SOLAPI takes them: national digits, without the country's code.

The rules of numbering come from `phonenumbers`, Google's metadata. The module must not know what is sent.
"""

import re
from functools import cache
from typing import Final

import phonenumbers

from api.schemas.problems import Slug, problem

KOREA: Final = "82"
SENDER_DIGITS: Final = range(8, 12)
LONG_SENDER: Final = ("030", 12)


def country_code(value: str) -> str:
    """Check a calling code, digits only.

    Raises:
        PydanticCustomError: `invalid_country`.
    """
    known = value.isascii() and value.isdigit() and not value.startswith("0")
    if not known or int(value) not in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
        raise problem(Slug.INVALID_COUNTRY, "country", "country is not a calling code such as 82")
    return value


def recipient_number(value: str, country: str) -> str:
    """Strip hyphens and spaces and check that the country has such a number.

    Korean numbers are wanted as they are dialled at home (010…, 02…, 070…, 15xx…); elsewhere the national prefix may
    be left out.

    Raises:
        PydanticCustomError: `invalid_phone`.
    """
    digits = value.replace("-", "").replace(" ", "")
    if digits.isascii() and digits.isdigit():
        if country == KOREA and _korean_mobile().fullmatch(digits):
            return digits
        number = _parsed(digits, country)
        if number is not None and phonenumbers.is_valid_number(number) and digits in _spellings(number, country):
            return digits
    raise problem(
        Slug.INVALID_PHONE,
        "to",
        f"to is not one valid telephone number of country {country}: give it in digits, without the country's code",
    )


def sender_number(value: str) -> str:
    """Strip hyphens and spaces and check the count of digits (SOLAPI: 8 to 11, numbers in 030 have 12).

    Raises:
        PydanticCustomError: `invalid_sender`.
    """
    digits = value.replace("-", "").replace(" ", "")
    prefix, length = LONG_SENDER
    well_formed = len(digits) in SENDER_DIGITS or (digits.startswith(prefix) and len(digits) == length)
    if not (well_formed and digits.isascii() and digits.isdigit()):
        detail = "from is not a sender number: it has 8 to 11 digits (12 if it begins with 030) and no country's code"
        raise problem(Slug.INVALID_SENDER, "from", detail)
    return digits


def searchable(digits: str, country: str) -> str:
    """One spelling for one telephone: Korean digits as they are, other countries in E.164."""
    number = None if country == KOREA else _parsed(digits, country)
    if number is None:
        return digits
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@cache
def _korean_mobile() -> re.Pattern[str]:
    """What the library takes for a Korean mobile number, in its own words: nearly every recipient is one.

    The whole way through the library takes eighty microseconds, which is more than all else that is checked.
    """
    korea = phonenumbers.PhoneMetadata.metadata_for_region("KR")
    assert korea is not None and korea.mobile is not None  # noqa: S101, PT018 - the library knows Korea
    lengths = "|".join(f".{{{length}}}$" for length in korea.mobile.possible_length)
    return re.compile(f"0(?={lengths})(?:{korea.mobile.national_number_pattern})", re.ASCII)


def _parsed(digits: str, country: str) -> phonenumbers.PhoneNumber | None:
    try:
        number = phonenumbers.parse(digits, phonenumbers.region_code_for_country_code(int(country)))
    except phonenumbers.NumberParseException:
        return None
    # A number that holds a calling code of its own, or is dialled abroad, is read as another country's.
    return number if number.country_code == int(country) else None


def _spellings(number: phonenumbers.PhoneNumber, country: str) -> set[str]:
    national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    dialled = "".join(filter(str.isdigit, national))
    return {dialled} if country == KOREA else {dialled, phonenumbers.national_significant_number(number)}
