"""What goes wrong with AWS is told by its code: what passes by itself, and what somebody must mend."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, ReadTimeoutError
from structlog.testing import capture_logs

from workers.log_sinks import aws


def an_answer(code: str, status: int) -> ClientError:
    said: Any = {"Error": {"Code": code, "Message": "arn:secret"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(said, "PutLogEvents")


@pytest.mark.parametrize(
    ("error", "event", "code"),
    [
        (EndpointConnectionError(endpoint_url="http://secret"), "logs.sink_away", "EndpointConnectionError"),
        (ReadTimeoutError(endpoint_url="http://secret"), "logs.sink_away", "ReadTimeoutError"),
        (an_answer("ThrottlingException", 400), "logs.sink_away", "ThrottlingException"),
        (an_answer("ServiceUnavailableException", 503), "logs.sink_away", "ServiceUnavailableException"),
        (an_answer("<html> 502", 502), "logs.sink_away", "http_502"),
        (NoCredentialsError(), "logs.sink_refuses", "NoCredentialsError"),
        (an_answer("AccessDeniedException", 400), "logs.sink_refuses", "AccessDeniedException"),
        (an_answer("ValidationException", 400), "logs.sink_refuses", "ValidationException"),
    ],
)
def test_what_is_said_of_a_trouble(error: Exception, event: str, code: str) -> None:
    with capture_logs() as lines:
        assert aws.complain("dynamodb", error) == code
    [line] = lines
    assert (line["event"], line["code"], line["sink"]) == (event, code, "dynamodb")
    assert "secret" not in str(line)


@pytest.mark.usefixtures("unsaid")
def test_half_of_the_credentials_is_a_trouble_like_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALRIM_LOGS_AWS_ACCESS_KEY_ID", "only this")
    with pytest.raises(aws.TROUBLES):
        aws.client("logs")


@pytest.mark.usefixtures("unsaid")
def test_one_client_a_service_at_aws_unless_another_place_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALRIM_LOGS_AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("ALRIM_LOGS_AWS_SECRET_ACCESS_KEY", "test")
    assert aws.client("dynamodb") is aws.client("dynamodb")
    assert aws.client("logs").meta.region_name == "ap-northeast-2"
    assert aws.client("logs").meta.endpoint_url == "https://logs.ap-northeast-2.amazonaws.com"


@pytest.mark.usefixtures("unsaid")
def test_the_machines_own_credentials_are_looked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(NoCredentialsError):
        aws.client("logs")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    assert aws.client("logs") is aws.client("logs")
