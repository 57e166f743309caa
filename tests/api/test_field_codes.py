from api.field_codes import FIELD_CODES


def test_fields_map_to_problems_of_the_body() -> None:
    assert {code.status for code in FIELD_CODES.values()} == {400, 422}
