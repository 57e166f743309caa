"""What SOLAPI's codes mean, as a table of data, and what follows from each.

Two kinds of code stand in it: a message's four-digit `statusCode` and a refused request's `errorCode`. Both
are judged here once, for the answer to a request and for a delivery report. The module knows no wire format
and no protocol, and it guesses nothing: a code that is missing from the table follows the rule for the unlisted.
"""

from datetime import timedelta
from enum import StrEnum
from typing import Final

from workers.outcome import Accepted, Outcome, Rejected, Retry, Unknown

BLOCKED_FOR: Final = timedelta(minutes=10)
"""How long a connection rests whose account cannot send: money and unblocking come from a person."""


class Class(StrEnum):
    """What a code says about a message, or about the account that sends it."""

    ACCEPTED = "accepted"
    RETRY = "retry"
    REJECTED = "rejected"
    BLOCKED = "blocked"
    REAUTH = "reauth"
    UNKNOWN = "unknown"
    DELIVERED = "delivered"
    PENDING = "pending"


CODES: Final[dict[str, Class]] = {
    # A refused request.
    "GroupInProcessing": Class.ACCEPTED,  # the group was fired before
    "AlreadySent": Class.ACCEPTED,
    "ScheduledGroup": Class.ACCEPTED,  # will leave by itself
    "ValidationError": Class.REJECTED,
    "RecipientsTooMany": Class.REJECTED,
    "http_413": Class.REJECTED,  # too large, said by whoever stands in front of the vendor
    "NotEnoughBalance": Class.BLOCKED,
    "InvalidAppId": Class.BLOCKED,
    "BlockedApp": Class.BLOCKED,
    "InDevelopment": Class.BLOCKED,
    "InactiveApp": Class.BLOCKED,
    "RequestTimeTooSkewed": Class.BLOCKED,  # this machine's clock is over 15 minutes off
    "InvalidAPIKey": Class.REAUTH,
    "SignatureDoesNotMatch": Class.REAUTH,
    "Forbidden": Class.REAUTH,
    "DuplicatedSignature": Class.RETRY,  # the next request has a new salt
    # 1xxx: a message refused at registration. It stays in its group but is not sent with it.
    "1010": Class.REJECTED,
    "1011": Class.REJECTED,
    "1013": Class.REJECTED,  # subject on an SMS
    "1014": Class.REJECTED,  # subject over 40 bytes
    "1020": Class.REAUTH,
    "1021": Class.REJECTED,
    "1022": Class.REJECTED,
    "1023": Class.REJECTED,
    "1024": Class.RETRY,  # server error
    "1025": Class.REJECTED,
    "1026": Class.RETRY,  # number twice in one group: cannot be, with allowDuplicates; a new group has none
    "1027": Class.REJECTED,  # not UTF-8
    "1028": Class.REJECTED,  # not printable
    "1029": Class.REJECTED,  # outside EUC-KR
    "1030": Class.BLOCKED,  # no balance
    "1031": Class.REJECTED,  # text too long for its type
    "1032": Class.REJECTED,
    "1033": Class.REJECTED,
    "1034": Class.REJECTED,
    "1041": Class.REJECTED,
    "1042": Class.REJECTED,
    "1043": Class.REJECTED,  # text differs from its template
    **dict.fromkeys((str(code) for code in range(1044, 1054)), Class.REJECTED),  # buttons
    "1058": Class.RETRY,  # no route
    "1060": Class.REJECTED,  # blocked recipient
    "1061": Class.REJECTED,  # opted out by 080
    # A sender or profile that is not registered is the message's fault: others of the account are fine.
    "1062": Class.REJECTED,
    "1064": Class.REJECTED,
    # 2xxx: registered, or failed on the platform.
    "2000": Class.PENDING,
    "2011": Class.REJECTED,
    "2024": Class.RETRY,
    "2060": Class.REJECTED,
    "2061": Class.REJECTED,
    "2062": Class.REJECTED,
    "2063": Class.BLOCKED,  # account blocked
    "2064": Class.REJECTED,
    "2230": Class.BLOCKED,  # no balance
    "2254": Class.REJECTED,  # spam filter
    # 3xxx: handed to the carrier or to Kakao, or failed there.
    "3000": Class.PENDING,
    "3010": Class.REJECTED,
    "3011": Class.REJECTED,
    "3012": Class.RETRY,
    "3013": Class.REJECTED,
    "3014": Class.UNKNOWN,
    "3024": Class.UNKNOWN,
    "3031": Class.REJECTED,
    "3032": Class.REJECTED,
    "3040": Class.UNKNOWN,  # transmission timed out
    **dict.fromkeys((str(code) for code in range(3041, 3047)), Class.RETRY),  # busy, no coverage, off, full …
    "3047": Class.REJECTED,
    "3048": Class.UNKNOWN,
    "3050": Class.REJECTED,
    "3051": Class.REJECTED,
    "3052": Class.REJECTED,
    "3053": Class.RETRY,  # carrier's queue full
    "3054": Class.REJECTED,  # spam
    "3055": Class.REJECTED,
    "3056": Class.RETRY,
    "3057": Class.RETRY,
    "3058": Class.RETRY,
    "3059": Class.REJECTED,
    "3060": Class.REJECTED,
    "3101": Class.REJECTED,
    "3102": Class.REJECTED,
    "3103": Class.REJECTED,
    "3104": Class.REJECTED,
    "3105": Class.REJECTED,
    "3106": Class.REJECTED,
    "3107": Class.REJECTED,
    "3108": Class.RETRY,  # advertising outside 08-20 KST
    "4000": Class.DELIVERED,
}
"""What each code means; status codes are at https://developers.solapi.com/references/message-status-codes, error
codes on the page of each request below https://developers.solapi.com/references. The class is our judgement.
"""


def outcome_of(code: str, *, departed: bool) -> Outcome:
    """Judge a message by its code.

    After departure a failure is final whatever its class, since the vendor and the carrier have done their own
    trying: the same code means the same here as in a report. An unlisted code is a Retry before, Unknown after.

    Args:
        code: a status code or an error code.
        departed: whether the message may have been sent; False as well once its group was taken back.
    """
    match CODES.get(code):
        case Class.ACCEPTED | Class.PENDING | Class.DELIVERED:
            return Accepted()
        case Class.REJECTED:
            return Rejected(code)
        case Class.RETRY | Class.BLOCKED | Class.REAUTH if departed:
            return Rejected(code)
        case Class.BLOCKED:
            return Retry(code, BLOCKED_FOR, closes=True)
        case Class.REAUTH:
            return Retry(code, closes=True, reauth=True)
        case Class.RETRY | Class.UNKNOWN | None:
            return Unknown(code) if departed else Retry(code)


def report(code: str) -> Class:
    """Judge a delivery report: DELIVERED, PENDING (nothing final yet), or REJECTED for every other code.

    A report is the vendor's last word, so an unlisted code and one that is UNKNOWN elsewhere are failures too.
    """
    known = CODES.get(code)
    return known if known in {Class.DELIVERED, Class.PENDING} else Class.REJECTED
