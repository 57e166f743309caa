"""The closed lists of the system: states, channels, lanes, queues, processes.

Everything that two parts must agree on by name stands here once; Procfile, compose and the deployment
files are tested against it. It must not know how any of it is used.
"""

from enum import StrEnum
from typing import Final


class State(StrEnum):
    """What a notification can be in; `models.ledger` holds every way it can change."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


class BatchState(StrEnum):
    """What a batch can be in; `models.batch_ledger` holds every way it can change."""

    RECEIVING = "receiving"
    RUNNING = "running"
    PAUSED = "paused"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    FINISHED = "finished"


class Channel(StrEnum):
    """A way to reach people, one vendor each."""

    KAKAO = "kakao"
    SOLAPI = "solapi"
    GMAIL = "gmail"
    SES = "ses"


class Lane(StrEnum):
    """How urgent a notification is; lanes have queues and workers of their own."""

    URGENT = "urgent"
    NORMAL = "normal"
    BULK = "bulk"


class Queue(StrEnum):
    """Every queue there is: `send.<channel>.<lane>` and three others."""

    SEND_KAKAO_URGENT = "send.kakao.urgent"
    SEND_KAKAO_NORMAL = "send.kakao.normal"
    SEND_KAKAO_BULK = "send.kakao.bulk"
    SEND_SOLAPI_URGENT = "send.solapi.urgent"
    SEND_SOLAPI_NORMAL = "send.solapi.normal"
    SEND_SOLAPI_BULK = "send.solapi.bulk"
    SEND_GMAIL_URGENT = "send.gmail.urgent"
    SEND_GMAIL_NORMAL = "send.gmail.normal"
    SEND_GMAIL_BULK = "send.gmail.bulk"
    SEND_SES_URGENT = "send.ses.urgent"
    SEND_SES_NORMAL = "send.ses.normal"
    SEND_SES_BULK = "send.ses.bulk"
    RECEIPTS = "receipts"
    PERIODIC = "periodic"
    LOGS = "logs"

    @classmethod
    def send(cls, channel: Channel, lane: Lane) -> "Queue":
        """The queue on which this channel's notifications of this lane wait."""
        return cls(f"send.{channel}.{lane}")


class Process(StrEnum):
    """The processes of an installation, as Procfile and compose name them."""

    WEB = "web"
    WORKER = "worker"
    WORKER_BULK = "worker_bulk"
    BEAT = "beat"
    FLOWER = "flower"


CONSUMES: Final[dict[Process, tuple[Queue, ...]]] = {
    Process.WORKER: (
        *(Queue.send(channel, lane) for lane in (Lane.URGENT, Lane.NORMAL) for channel in Channel),
        Queue.RECEIPTS,
        Queue.PERIODIC,
    ),
    Process.WORKER_BULK: (*(Queue.send(channel, Lane.BULK) for channel in Channel), Queue.LOGS),
}
"""Which worker process consumes which queues; each queue stands exactly once."""


class Env(StrEnum):
    """Where an installation runs; unset means `prod`."""

    LOCAL = "local"
    TEST = "test"
    DEV = "dev"
    PROD = "prod"


class Role(StrEnum):
    """What an account may do: an operator sees all accounts' states, never contents."""

    USER = "user"
    OPERATOR = "operator"


class AccountStatus(StrEnum):
    """An account that is not active can neither log in nor sign."""

    ACTIVE = "active"
    DELETED = "deleted"


class SnsType(StrEnum):
    """Ways to register and log in."""

    EMAIL = "email"
    KAKAO = "kakao"
    GOOGLE = "google"
    FACEBOOK = "facebook"


class CodePurpose(StrEnum):
    """What a mailed code is good for."""

    VERIFY = "verify"
    RESET = "reset"


class KeyStatus(StrEnum):
    """A stopped API key signs nothing until it is resumed; a deleted one never again, but stays on record."""

    ACTIVE = "active"
    STOPPED = "stopped"
    DELETED = "deleted"


class KeyKind(StrEnum):
    """A live key's messages go to people, a test key's to the sandbox."""

    LIVE = "live"
    TEST = "test"


class ConnectionStatus(StrEnum):
    """Whether a connection's credentials can be used."""

    ACTIVE = "active"
    NEEDS_REAUTH = "needs_reauth"
    BLOCKED = "blocked"


class Job(StrEnum):
    """Periodic work that is done once for each of its slots."""

    TIDY = "tidy"
    SCRUB_OLD = "scrub.old"
    DELETE_OLD = "delete.old"
    RECALL = "recall"
    ARCHIVE = "archive"
    STATISTICS = "statistics"
    QUEUE_SAMPLES = "queue.samples"
    SOLAPI_ORPHANS = "solapi.orphans"


class AfterSilence(StrEnum):
    """What to do with a message that may or may not have left.

    `ask` the provider (SOLAPI can be asked), `hold` it for a person, or `resend` it at the risk of a second one.
    """

    ASK = "ask"
    HOLD = "hold"
    RESEND = "resend"


class Ending(StrEnum):
    """How one attempt ended; `lost` means that its worker never said."""

    ACCEPTED = "accepted"
    RETRY = "retry"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    LOST = "lost"


class Action(StrEnum):
    """What a person or an application can decide; each leaves a line of audit."""

    CANCEL = "cancel"
    RESEND = "resend"
    RESOLVE = "resolve"
    REPLAY = "replay"
    PAUSE = "pause"
    RESUME = "resume"
    KEY_MADE = "key_made"
    KEY_CHANGED = "key_changed"
    KEY_ROTATED = "key_rotated"
    KEY_STOPPED = "key_stopped"
    KEY_RESUMED = "key_resumed"
    KEY_DELETED = "key_deleted"
    CONNECTED = "connected"
    RECONNECTED = "reconnected"
    DISCONNECTED = "disconnected"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a word, no password
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a word, no password
    EMAIL_VERIFIED = "email_verified"
    LINKED = "linked"
    UNLINKED = "unlinked"
    SESSION_ENDED = "session_ended"
    ACCOUNT_DELETED = "account_deleted"
    OPERATOR_ADDED = "operator_added"
    OPERATOR_REMOVED = "operator_removed"
