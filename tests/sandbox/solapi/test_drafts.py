import pytest

from sandbox.solapi.drafts import read, width
from sandbox.vendor_error import VendorError


@pytest.mark.parametrize(
    ("body", "type_"),
    [
        ({"text": "가" * 45}, "SMS"),
        ({"text": "가" * 45 + "a"}, "LMS"),
        ({"text": "가", "subject": "제목"}, "LMS"),
        ({"text": "가", "subject": ""}, "SMS"),
        ({"text": "가", "imageId": "ST01FJ"}, "MMS"),
        ({"kakaoOptions": {"pfId": "P", "templateId": "T"}}, "ATA"),
        ({"text": "가", "kakaoOptions": {"pfId": "P"}}, "CTA"),
        ({"text": "가", "kakaoOptions": {"pfId": "P", "imageId": "I"}}, "CTI"),
        ({"text": "가" * 100, "type": "SMS"}, "SMS"),
        ({"text": "가", "autoTypeDetect": False}, ""),
    ],
)
def test_the_type_is_the_one_asked_for_or_the_one_that_fits(body: dict[str, object], type_: str) -> None:
    assert [draft.type for draft in read({"to": "01000000001", **body})] == [type_]


def test_several_numbers_are_several_drafts() -> None:
    drafts = list(read({"to": ["010-0000-0001", "01000000002"], "from": "02-1234-5678", "text": "가"}))
    assert [(draft.to, draft.from_) for draft in drafts] == [
        ("01000000001", "0212345678"),
        ("01000000002", "0212345678"),
    ]


@pytest.mark.parametrize(
    "body",
    [
        "text",
        None,
        {"to": 1},
        {"to": []},
        {"to": [1]},
        {"to": "01000000001", "text": 1},
        {"to": "01000000001", "kakaoOptions": "x"},
        {"to": "01000000001", "kakaoOptions": {"buttons": ["x"]}},
    ],
)
def test_what_has_no_shape_is_refused(body: object) -> None:
    with pytest.raises(VendorError, match="ValidationError"):
        list(read(body))


@pytest.mark.parametrize(("text", "bytes_"), [("a", 1), ("가", 2), ("뷁", 2), ("", 0), ("😀", None)])
def test_width_is_counted_as_carriers_do(text: str, bytes_: int | None) -> None:
    assert width(text) == bytes_
