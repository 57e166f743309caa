import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from api.schemas.binary import decoded


@given(st.binary())
def test_what_was_encoded_comes_back(content: bytes) -> None:
    assert decoded(base64.b64encode(content).decode(), "image") == content


@pytest.mark.parametrize(
    "value", ["YQ", "YQ=", "YQ==\n", "YW\nJj", "Y Q==", "_-8=", "가나다라", "data:image/jpeg;base64,/9j/", "YQ==YQ=="]
)
def test_anything_else_is_refused(value: str) -> None:
    with pytest.raises(PydanticCustomError) as caught:
        decoded(value, "image")
    assert caught.value.type == "not_base64"
    assert value not in caught.value.message()
