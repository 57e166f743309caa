"""Which module speaks for which channel, and how many messages it takes at a time.

The one place that knows all channels; they do not know each other.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from config.vocabulary import Channel, Lane
from workers.channels import gmail, kakao, ses, solapi
from workers.channels.exchange import Conversation, Listing, Message, Stamp

Converse = Callable[[Sequence[Message], Mapping[str, str], Callable[[], Stamp]], Conversation]
Settle = Callable[[Sequence[Message], str, Mapping[str, str], Callable[[], Stamp]], Conversation]
ReadReports = Callable[[str, Mapping[str, str], Callable[[], Stamp]], Listing]


@dataclass(frozen=True, slots=True)
class Vendor:
    """One channel as the tasks see it.

    Attributes:
        converse: sends messages.
        batch_size: the most ids that one Celery message carries, by lane.
        settle: makes sure that departed messages were sent, and says so; None where the vendor cannot be asked.
        read_reports: asks for the delivery reports of what was sent; None where there are none.
    """

    converse: Converse
    batch_size: Mapping[Lane, int]
    settle: Settle | None = None
    read_reports: ReadReports | None = None


VENDORS: Final[Mapping[Channel, Vendor]] = {
    Channel.KAKAO: Vendor(kakao.converse, kakao.BATCH_SIZE),
    Channel.SOLAPI: Vendor(solapi.converse, solapi.BATCH_SIZE, solapi.settle, solapi.read_reports),
    Channel.GMAIL: Vendor(gmail.converse, gmail.BATCH_SIZE),
    Channel.SES: Vendor(ses.converse, ses.BATCH_SIZE),
}
