import pytest

from sandbox.solapi import codes


@pytest.mark.parametrize(
    ("to", "wish", "final"),
    [
        ("01000000001", None, "4000"),
        ("01099993104", "3104", "3104"),
        ("01099991061", "1061", "1061"),
        ("01099992000", None, "4000"),
        ("01099994000", None, "4000"),
        ("01099999998", None, "4000"),
        ("01012343104", None, "4000"),
        ("12345", None, "3010"),
        ("1012345678", None, "3010"),
    ],
)
def test_a_number_foretells_its_status(to: str, wish: str | None, final: str) -> None:
    assert (codes.wished(to), codes.final(to)) == (wish, final)
