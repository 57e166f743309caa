"""SMTP replies, by code and enhanced code, and what each means for a mail: data, no behaviour.

Source: https://support.google.com/a/answer/3726730 (Google's SMTP errors) and RFC 3463. Google changes the
texts, never the meaning of the numbers; only deviations from the general rule (4xx comes back, 5xx does not)
have to stand here, the others stand for the reader.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from workers.outcome import Rejected, Retry

Verdict = Retry | Rejected

RETRY: Final = Retry("")
RETRY_IN_HOURS: Final = Retry("", after=timedelta(hours=2))
REFUSED: Final = Retry("", closes=True, reauth=True)
CLOSES_A_WHILE: Final = Retry("", after=timedelta(minutes=15), closes=True)
CLOSES_A_DAY: Final = Retry("", after=timedelta(hours=24), closes=True)
REJECTED: Final = Rejected("")

VERDICTS: Final[Mapping[tuple[int, str], Verdict]] = {
    (421, "4.3.0"): RETRY,  # temporary system problem
    (421, "4.4.5"): RETRY,  # server busy
    (421, "4.7.0"): RETRY,  # rate or IP throttled
    (450, "4.2.1"): RETRY,  # the recipient gets too much mail at once
    (451, "4.3.0"): RETRY,  # processing error
    (451, "4.4.2"): RETRY,  # time-out
    (451, "4.5.0"): RETRY,  # protocol oddity
    (452, "4.2.2"): RETRY_IN_HOURS,  # the recipient is over quota
    (452, "4.5.3"): RETRY,  # too many recipients in one transaction
    (454, "4.7.0"): CLOSES_A_WHILE,  # too many logins
    (530, "5.5.1"): REFUSED,  # authentication required
    (530, "5.7.0"): REFUSED,  # STARTTLS or authentication first
    (534, "5.7.9"): REFUSED,  # app password required
    (534, "5.7.14"): REFUSED,  # login through the browser required
    (535, "5.7.8"): REFUSED,  # bad credentials; repeated tries lock the account
    (550, "5.1.1"): REJECTED,  # no such user
    (550, "5.2.1"): REJECTED,  # mailbox disabled
    (550, "5.4.5"): CLOSES_A_DAY,  # daily sending limit: a 5xx that is temporary
    (550, "5.7.0"): REJECTED,  # blocked content
    (550, "5.7.1"): REJECTED,  # policy or spam
    (550, "5.7.26"): REJECTED,  # unauthenticated sender
    (552, "5.2.2"): REJECTED,  # over quota
    (552, "5.2.3"): REJECTED,  # too big
    (552, "5.7.0"): REJECTED,  # blocked attachment
    (553, "5.1.2"): REJECTED,  # bad domain
    (553, "5.1.3"): REJECTED,  # bad address
    (554, "5.6.0"): REJECTED,  # malformed
    (554, "5.7.0"): REJECTED,  # too many unauthenticated commands
    (555, "5.5.2"): REJECTED,  # syntax error
}

CREDENTIALS: Final = frozenset({530, 534, 535})
"""Codes that mean the credentials, whatever the enhanced code says or if there is none."""
