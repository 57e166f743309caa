"""Logs are events: one JSON line each, with ids, never a recipient, a body or a secret.

Every process calls `configure()` once at its start. Third-party records (uvicorn, Celery, SQLAlchemy) pass
through the same formatter, so that one stream is one format.
"""

import logging
import sys

import structlog
from structlog.typing import Processor

SHARED: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    structlog.processors.format_exc_info,
)
WRITTEN: tuple[Processor, ...] = (
    structlog.processors.EventRenamer("event"),
    # In ASCII: what a caller wrote can neither end a line nor steer the terminal that shows it.
    structlog.processors.JSONRenderer(ensure_ascii=True),
)


def configure(process: str) -> None:
    """Send every log record of this process to standard output as JSON; a second call changes nothing."""
    structlog.configure(
        # Our own events go straight there: the way through `logging` costs twice as much, once for every request.
        processors=[*SHARED, *WRITTEN],
        logger_factory=structlog.WriteLoggerFactory(sys.stdout),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=SHARED,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *WRITTEN],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    structlog.contextvars.bind_contextvars(process=process)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "celery", "kombu", "tornado.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    # Our own middleware writes one line a request, without the query string that holds the signature's inputs.
    logging.getLogger("uvicorn.access").disabled = True
    # Our tasks write an event of their own; Celery's two lines for each would drown them.
    for name in ("celery.worker.strategy", "celery.app.trace", "celery.beat", "kombu", "amqp", "botocore", "urllib3"):
        logging.getLogger(name).setLevel(logging.WARNING)
