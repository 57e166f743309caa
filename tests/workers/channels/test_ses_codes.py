import json
from datetime import timedelta

import pytest

from workers.channels.exchange import Reply
from workers.channels.ses import read
from workers.channels.ses_codes import VERDICTS
from workers.outcome import Outcome, Rejected, Retry, Unknown

RETRIED = ("TooManyRequestsException", "Throttling", "ThrottlingException")
REJECTED = ("MessageRejected", "BadRequestException", "ParamValidationError")
CLOSING = (
    "LimitExceededException",
    "MailFromDomainNotVerifiedException",
    "SendingPausedException",
    "AccountSendingPausedException",
    "ConfigurationSetSendingPausedException",
    "AccountSuspendedException",
    "NotFoundException",
)
REFUSING = (
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "InvalidSignatureException",
    "IncompleteSignature",
    "MissingAuthenticationToken",
    "UnrecognizedClientException",
    "AccessDenied",
    "AccessDeniedException",
)
EXPECTED: dict[str, Outcome] = {
    **{code: Retry(code) for code in RETRIED},
    **{code: Rejected(code) for code in REJECTED},
    **{code: Retry(code, closes=True) for code in CLOSING},
    **{code: Retry(code, closes=True, reauth=True) for code in REFUSING},
    "DailyQuotaExceeded": Retry("DailyQuotaExceeded", after=timedelta(hours=1), closes=True),
}


def refusal(status: int, code: str) -> Reply:
    return Reply(status, body=json.dumps({"Code": code}).encode())


@pytest.mark.parametrize(("code", "outcome"), EXPECTED.items())
@pytest.mark.parametrize("status", [400, 403, 404, 429])
def test_the_code_decides(code: str, outcome: Outcome, status: int) -> None:
    assert read(refusal(status, code)) == outcome


def test_every_listed_code_is_expected() -> None:
    assert set(EXPECTED) == set(VERDICTS)


@pytest.mark.parametrize("code", [*VERDICTS, "InternalFailure"])
def test_a_server_error_leaves_it_open(code: str) -> None:
    assert read(refusal(503, code)) == Unknown(code)


def test_a_code_that_nobody_listed_is_unknown() -> None:
    assert read(refusal(400, "BrandNewException")) == Unknown("BrandNewException")
