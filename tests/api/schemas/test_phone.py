import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from api.schemas import phone
from api.schemas.phone import country_code, recipient_number, searchable, sender_number


@pytest.mark.parametrize(
    ("given_as", "country", "digits"),
    [
        ("010-1234-5678", "82", "01012345678"),
        ("010 1234 5678", "82", "01012345678"),
        ("01000000002", "82", "01000000002"),
        ("0111234567", "82", "0111234567"),
        ("02-1234-5678", "82", "0212345678"),
        ("031-123-4567", "82", "0311234567"),
        ("070-1234-5678", "82", "07012345678"),
        ("1588-1234", "82", "15881234"),
        ("212-555-0123", "1", "2125550123"),
        ("090-1234-5678", "81", "09012345678"),
        ("9012345678", "81", "9012345678"),
    ],
)
def test_numbers_of_their_country(given_as: str, country: str, digits: str) -> None:
    assert recipient_number(given_as, country) == digits


@pytest.mark.parametrize(
    ("number", "country"),
    [
        ("", "82"),
        ("112", "82"),
        ("010-1234", "82"),
        ("1012345678", "82"),
        ("821012345678", "82"),
        ("+821012345678", "82"),
        ("00821012345678", "82"),
        ("010.1234.5678", "82"),
        ("01012345678,01012345679", "82"),
        ("٠١٠١٢٣٤٥٦٧٨", "82"),
        ("01012345678", "1"),
        ("12125550123", "1"),
        ("9" * 300, "82"),
        ("12345678", "800"),
    ],
)
def test_anything_else_is_refused_without_being_quoted(number: str, country: str) -> None:
    with pytest.raises(PydanticCustomError) as caught:
        recipient_number(number, country)
    assert caught.value.type == "invalid_phone"
    assert number == "" or number not in caught.value.message()


@pytest.mark.parametrize(
    ("given_as", "digits"),
    [
        ("02-123-4567", "021234567"),
        ("15881234", "15881234"),
        ("010-1234-5678", "01012345678"),
        ("030-1234-56789", "030123456789"),
        ("1234567", None),
        ("050212345678", None),
        ("0301234567890", None),
        ("821012345678", None),
        ("알림톡알림톡알림", None),
    ],
)
def test_senders_are_counted(given_as: str, digits: str | None) -> None:
    if digits is not None:
        assert sender_number(given_as) == digits
        return
    with pytest.raises(PydanticCustomError) as caught:
        sender_number(given_as)
    assert caught.value.type == "invalid_sender"


@pytest.mark.parametrize("code", ["", "0", "082", "+82", "KR", "999", "٨٢"])
def test_unknown_countries_are_refused(code: str) -> None:
    with pytest.raises(PydanticCustomError) as caught:
        country_code(code)
    assert caught.value.type == "invalid_country"


@pytest.mark.parametrize(
    ("digits", "country", "one"),
    [
        ("01012345678", "82", "01012345678"),
        ("09012345678", "81", "+819012345678"),
        ("9012345678", "81", "+819012345678"),
    ],
)
def test_one_telephone_has_one_searchable_spelling(digits: str, country: str, one: str) -> None:
    assert searchable(digits, country) == one


@given(st.integers(0, 99_999_999), st.sampled_from(["", "-", " "]))
def test_every_mobile_number_is_one_telephone_however_it_is_written(tail: int, mark: str) -> None:
    number = f"{tail:08}"
    written = mark.join(["010", number[:4], number[4:]])
    try:
        digits = recipient_number(written, "82")
    except PydanticCustomError as error:
        assert error.type == "invalid_phone"  # noqa: PT017 -- some blocks are not handed out
    else:
        assert digits == f"010{number}"


@given(st.from_regex(r"01[0-9]{7,9}", fullmatch=True))
def test_the_short_way_to_a_korean_mobile_takes_only_what_the_library_takes(digits: str) -> None:
    if not phone._korean_mobile().fullmatch(digits):
        return
    number = phonenumbers.parse(digits, "KR")
    assert phonenumbers.is_valid_number(number)
    national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    assert national.replace("-", "") == digits
