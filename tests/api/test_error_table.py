import re
from http import HTTPStatus

import pytest

from api.error_table import Code


@pytest.mark.parametrize("code", list(Code), ids=lambda code: code.name)
def test_a_code_has_seven_digits_a_real_status_and_both_texts(code: Code) -> None:
    assert re.fullmatch(r"[0-9]{7}", code.value)
    assert HTTPStatus(code.status) >= HTTPStatus.BAD_REQUEST
    assert re.search("[가-힣]", code.korean)
    assert code.english.isascii()


def test_no_two_problems_share_a_code_or_a_text() -> None:
    # An Enum makes an alias of a second member with the same value, which iteration then leaves out.
    assert len(Code.__members__) == len(list(Code))
    assert len({code.english for code in Code}) == len(Code)
    assert len({code.korean for code in Code}) == len(Code)
