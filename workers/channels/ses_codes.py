"""SES v2 error codes and what each means for a mail: data, no behaviour.

Source: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html and its common errors;
`DailyQuotaExceeded` is our word for a throttling whose text speaks of the daily quota.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from workers.outcome import Rejected, Retry

Verdict = Retry | Rejected

RETRY: Final = Retry("")
CLOSES: Final = Retry("", closes=True)
REFUSED: Final = Retry("", closes=True, reauth=True)
CLOSES_AN_HOUR: Final = Retry("", after=timedelta(hours=1), closes=True)
REJECTED: Final = Rejected("")

VERDICTS: Final[Mapping[str, Verdict]] = {
    "TooManyRequestsException": RETRY,
    "Throttling": RETRY,
    "ThrottlingException": RETRY,
    # The quota is a window of 24 hours that slides: some of it is back within the hour.
    "DailyQuotaExceeded": CLOSES_AN_HOUR,
    "LimitExceededException": CLOSES,
    "MailFromDomainNotVerifiedException": CLOSES,
    "SendingPausedException": CLOSES,
    "AccountSendingPausedException": CLOSES,
    "ConfigurationSetSendingPausedException": CLOSES,
    "AccountSuspendedException": CLOSES,
    "NotFoundException": CLOSES,
    "ExpiredToken": REFUSED,
    "ExpiredTokenException": REFUSED,
    "InvalidClientTokenId": REFUSED,
    "SignatureDoesNotMatch": REFUSED,
    "InvalidSignatureException": REFUSED,
    "IncompleteSignature": REFUSED,
    "MissingAuthenticationToken": REFUSED,
    "UnrecognizedClientException": REFUSED,
    "AccessDenied": REFUSED,
    "AccessDeniedException": REFUSED,
    "MessageRejected": REJECTED,
    "BadRequestException": REJECTED,
    "ParamValidationError": REJECTED,
}
