import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cursor import make, read
from api.errors import ApiError, Code
from models.types import new_id

KEY = b"k" * 32


def test_a_cursor_leads_back() -> None:
    last = new_id()
    assert read(KEY, b"mine", make(KEY, b"mine", last)) == last


def test_a_cursor_of_another_list_or_key_is_refused() -> None:
    made = make(KEY, b"mine", new_id())
    for key, scope in ((KEY, b"yours"), (b"x" * 32, b"mine")):
        with pytest.raises(ApiError) as refused:
            read(key, scope, made)
        assert refused.value.code is Code.BAD_CURSOR


@given(st.text(max_size=64))
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ApiError) as refused:
        read(KEY, b"mine", text)
    assert refused.value.code is Code.BAD_CURSOR
