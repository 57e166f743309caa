"""What the sandbox takes from its environment, read once when it starts.

It must know neither the product's settings nor any provider: only ports, delays and where delivery
reports go. It is also the place where a start outside `local` and `test` is refused, since a sandbox that
answers "sent" in production would lose every message.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

ALLOWED_ENVIRONMENTS: Final = frozenset({"local", "test"})


class RefusedError(Exception):
    """The environment does not allow a start; the text is one line for the person who tried."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The sandbox's settings.

    Attributes:
        port: HTTP port on 127.0.0.1; 0 takes a free one.
        smtp_port: SMTP port on 127.0.0.1; 0 takes a free one.
        webhook_url: where SOLAPI delivery reports go; None sends none.
        report_delay: seconds from firing a message to its final status and report.
        hang: seconds for which a withheld answer keeps its connection open.
        seed: of the dice that draw faults; None is a new one for each start.
        balance: SOLAPI cash in won at the start.
        daily_quota: SOLAPI messages a day (KST).
    """

    port: int = 8025
    smtp_port: int = 1025
    webhook_url: str | None = field(default=None, repr=False)
    webhook_secret: str = field(default="", repr=False)
    report_delay: float = 1.0
    hang: float = 30.0
    seed: int | None = None
    balance: int = 1_000_000_000
    daily_quota: int = 10_000_000


def read(environ: Mapping[str, str]) -> Settings:
    """Read the settings.

    Raises:
        RefusedError: `ALRIM_ENV` is neither `local` nor `test`, or a value is no number.
    """
    if environ.get("ALRIM_ENV") not in ALLOWED_ENVIRONMENTS:
        raise RefusedError("the sandbox starts only with ALRIM_ENV=local or ALRIM_ENV=test (unset means prod)")
    default = Settings()
    return Settings(
        port=_whole(environ, "ALRIM_SANDBOX_PORT", default.port),
        smtp_port=_whole(environ, "ALRIM_SANDBOX_SMTP_PORT", default.smtp_port),
        webhook_url=environ.get("ALRIM_SANDBOX_WEBHOOK_URL") or None,
        webhook_secret=environ.get("ALRIM_SANDBOX_WEBHOOK_SECRET", ""),
        report_delay=_seconds(environ, "ALRIM_SANDBOX_REPORT_DELAY", default.report_delay),
        hang=_seconds(environ, "ALRIM_SANDBOX_HANG", default.hang),
        seed=_whole(environ, "ALRIM_SANDBOX_SEED", 0) if environ.get("ALRIM_SANDBOX_SEED") else None,
        balance=_whole(environ, "ALRIM_SANDBOX_BALANCE", default.balance),
        daily_quota=_whole(environ, "ALRIM_SANDBOX_DAILY_QUOTA", default.daily_quota),
    )


def _whole(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name) or str(default)
    if not (text.isascii() and text.isdigit()):
        raise RefusedError(f"{name} is not a whole number")
    return int(text)


def _seconds(environ: Mapping[str, str], name: str, default: float) -> float:
    try:
        seconds = float(environ.get(name) or default)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise RefusedError(f"{name} is not a number of seconds")
    return seconds
