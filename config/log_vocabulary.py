"""The closed lists of log records: what is recorded, where it is kept, and how far a part of the archive is.

It must not know how any of it is used.
"""

from enum import StrEnum


class LogEvent(StrEnum):
    """What is shipped of the log: requests that were answered, and attempts to send that ended."""

    REQUEST_SERVED = "request.served"
    ATTEMPT_ENDED = "attempt.ended"


class LogSink(StrEnum):
    """Where shipped log records are kept to be searched; standard output has every line in any case."""

    DATABASE = "database"
    CLOUDWATCH = "cloudwatch"
    DYNAMODB = "dynamodb"
    NONE = "none"


class PartState(StrEnum):
    """How far a part of the archive is; `models.archiving` holds every way it can change."""

    WRITING = "writing"
    """Its records are hot, its object may be half made."""
    VERIFIED = "verified"
    """Its object was read back; its records leave the hot table."""
    MERGING = "merging"
    """It takes over the records of smaller parts; its object may be half made."""
    KEPT = "kept"
    """Its object alone holds its records."""
    REPLACED = "replaced"
    """Another part holds its records; its object goes."""
