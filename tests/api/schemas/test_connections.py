"""Credentials say who one is at a provider, never where the provider is."""

import pytest
from pydantic import ValidationError

from api.schemas.connections import (
    ConnectionIn,
    GmailCredentialsIn,
    SesCredentialsIn,
    SolapiCredentialsIn,
)

SES = {
    "channel": "ses",
    "access_key_id": "AKIDEXAMPLE",
    "secret_access_key": "zqxsecret",
    "region": "ap-northeast-2",
    "from": "a@example.com",
}


def test_no_field_says_where_a_provider_is() -> None:
    assert {*SolapiCredentialsIn.model_fields} == {"channel", "api_key", "api_secret"}
    assert {*GmailCredentialsIn.model_fields} == {"channel", "user", "password"}
    assert {*SesCredentialsIn.model_fields} == {"channel", "access_key_id", "secret_access_key", "region", "from_"}


@pytest.mark.parametrize("name", ["host", "base_url", "endpoint_url", "port"])
def test_nobody_adds_one(name: str) -> None:
    with pytest.raises(ValidationError, match="extra_forbidden"):
        ConnectionIn.model_validate({"credentials": {**SES, name: "169.254.169.254"}})


@pytest.mark.parametrize(
    ("region", "is_one"),
    [
        ("ap-northeast-2", True),
        ("us-gov-west-1", True),
        ("ap-northeast-2.evil.example/", False),
        ("x@evil.example", False),
        ("evil.example#-1", False),
        ("ap-northeast-2\n", False),
        ("AP-NORTHEAST-2", False),
        ("", False),
    ],
)
def test_a_region_is_part_of_no_other_name(region: str, is_one: bool) -> None:  # noqa: FBT001 - a column of the table
    if is_one:
        assert SesCredentialsIn.model_validate({**SES, "region": region}).region == region
    else:
        with pytest.raises(ValidationError, match="region"):
            SesCredentialsIn.model_validate({**SES, "region": region})


def test_no_credential_is_shown_by_a_model_or_its_errors() -> None:
    assert "zqxsecret" not in repr(ConnectionIn.model_validate({"credentials": SES}))
    with pytest.raises(ValidationError) as refused:
        ConnectionIn.model_validate({"credentials": {**SES, "region": "nowhere"}})
    assert "zqxsecret" not in str(refused.value)
