"""Which module speaks for which channel, and how many messages it takes at a time.

The one place that knows all channels; they do not know each other.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from config.vocabulary import Channel, Lane
from workers.channels import (
    gmail,
    gmail_codes,
    google_account,
    kakao,
    kakao_account,
    kakao_codes,
    ses,
    ses_codes,
    solapi,
    solapi_account,
    solapi_codes,
)
from workers.channels.account import Check, Renew
from workers.channels.exchange import Conversation, Listing, Message, Stamp

Converse = Callable[[Sequence[Message], Mapping[str, str], Callable[[], Stamp]], Conversation]
Settle = Callable[[Sequence[Message], str, Mapping[str, str], Callable[[], Stamp]], Conversation]
ReadReports = Callable[[str, Mapping[str, str], Callable[[], Stamp]], Listing]


@dataclass(frozen=True, slots=True)
class Vendor:
    """One channel as the tasks see it.

    Attributes:
        converse: sends messages.
        recipients: how many people a body addresses, as the vendor's quotas count.
        batch_size: the most ids that one Celery message carries, by lane.
        check: asks whether a connection's credentials work.
        settle: makes sure that departed messages were sent, and says so; None where the vendor cannot be asked.
        read_reports: asks for the delivery reports of what was sent; None where there are none.
        renew: exchanges an old token for a new one; None where credentials do not expire.
    """

    converse: Converse
    batch_size: Mapping[Lane, int]
    recipients: Callable[[Mapping[str, Any]], int]
    check: Check
    settle: Settle | None = None
    read_reports: ReadReports | None = None
    renew: Renew | None = None


def _friends(body: Mapping[str, Any]) -> int:
    return len(body.get("receiver_uuids", ())) or 1


def _mailboxes(body: Mapping[str, Any]) -> int:
    return sum(len(body.get(name) or ()) for name in ("to", "cc", "bcc"))


VENDORS: Final[Mapping[Channel, Vendor]] = {
    Channel.KAKAO: Vendor(kakao.converse, kakao.BATCH_SIZE, _friends, kakao_account.check, renew=kakao_account.renew),
    Channel.SOLAPI: Vendor(
        solapi.converse, solapi.BATCH_SIZE, lambda _: 1, solapi_account.check, solapi.settle, solapi.read_reports
    ),
    Channel.GMAIL: Vendor(gmail.converse, gmail.BATCH_SIZE, _mailboxes, gmail.check, renew=google_account.renew),
    Channel.SES: Vendor(ses.converse, ses.BATCH_SIZE, _mailboxes, ses.check),
}

CODES: Final[Mapping[Channel, frozenset[str]]] = {
    Channel.KAKAO: frozenset(map(str, kakao_codes.VERDICTS)),
    Channel.SOLAPI: frozenset(solapi_codes.CODES),
    Channel.GMAIL: frozenset(f"{code}-{enhanced}" for code, enhanced in gmail_codes.VERDICTS),
    Channel.SES: frozenset(ses_codes.VERDICTS),
}
"""The codes of each vendor that are listed here."""
