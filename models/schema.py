"""Every table in one import, for migrations and for tests that make a database."""

from models.account import Account
from models.api_key import ApiKey
from models.archive_part import ArchivePart
from models.attempt import Attempt
from models.audit import Audit
from models.base import Base
from models.batch import Batch, BatchReject
from models.connection import Connection
from models.identity import Identity
from models.log_record import LogRecord
from models.log_waiting import LogWaiting
from models.login_session import LoginSession
from models.mailed_code import MailedCode
from models.notification import Notification
from models.queue_sample import QueueSample
from models.run import Run
from models.statistic import Statistic
from models.throttle import Throttle
from models.whitelist import Whitelist

__all__ = [
    "Account",
    "ApiKey",
    "ArchivePart",
    "Attempt",
    "Audit",
    "Base",
    "Batch",
    "BatchReject",
    "Connection",
    "Identity",
    "LogRecord",
    "LogWaiting",
    "LoginSession",
    "MailedCode",
    "Notification",
    "QueueSample",
    "Run",
    "Statistic",
    "Throttle",
    "Whitelist",
]

metadata = Base.metadata
