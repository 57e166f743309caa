import pytest

from sandbox import limits
from sandbox.settings import RefusedError


@pytest.mark.parametrize(
    ("text", "kakao"),
    [("", None), ("7", (7, 7, 7)), ("100/100/20", (100, 100, 20))],
)
def test_kakao_takes_one_number_or_three(text: str, kakao: tuple[int, int, int] | None) -> None:
    assert limits.read({"ALRIM_SANDBOX_KAKAO_DAILY": text}).kakao == kakao


def test_unset_is_unlimited_at_the_real_speed() -> None:
    assert limits.read({}) == limits.Limits(None, 1.0, None)


@pytest.mark.parametrize("name", ["KAKAO_DAILY", "CLOCK_RATE", "GMAIL_DAILY"])
@pytest.mark.parametrize("text", ["many", "0", "-1"])
def test_what_is_no_positive_number_is_refused(name: str, text: str) -> None:
    with pytest.raises(RefusedError, match=name):
        limits.read({f"ALRIM_SANDBOX_{name}": text})
