import unicodedata

import pytest

from api.security.common_passwords import LIST, WORDS, is_common, most_used


def test_the_list_holds_three_thousand_that_the_length_alone_would_let_pass() -> None:
    assert len(most_used()) == 3000
    assert [each for each in most_used() if not 8 <= len(each) <= 72 or each != each.strip().casefold()] == []


def test_the_list_says_where_it_comes_from_and_under_which_licence() -> None:
    head = [line for line in LIST.read_text(encoding="ascii").splitlines() if line.startswith("#")]
    assert "Royce Williams" in head[1]
    assert any("Redistribution and use" in line for line in head)


@pytest.mark.parametrize(
    ("password", "common"),
    [
        ("password1", True),
        ("PassWord1", True),
        ("qwertyuiop", True),
        ("12345678", True),
        ("password1!x", False),
        ("correct horse battery", False),
        ("xp4!-kq9z", False),
        ("1029384756!@", False),
        ("alrim2026!", True),
        ("2026-Alrim", True),
        ("알림알림1234", False),
        ("알림123456", True),
        (unicodedata.normalize("NFD", "카카오톡1234"), True),
        ("alrim is for me", False),
    ],
)
def test_which_are_tried_first(password: str, common: bool) -> None:  # noqa: FBT001 - a column of the table above
    assert is_common(password) is common


def test_every_word_is_as_it_is_compared() -> None:
    assert [word for word in WORDS if unicodedata.normalize("NFC", word).casefold() != word] == []
