"""Starts the sandbox: `python -m sandbox`."""

import argparse
import asyncio
import logging
import os
import sys
from typing import Final

import uvicorn

from sandbox import server, settings

SETTINGS: Final = """settings (environment):
  ALRIM_ENV                     local or test; anything else is refused
  ALRIM_SANDBOX_PORT            HTTP port (8025; 0 takes a free one)
  ALRIM_SANDBOX_SMTP_PORT       SMTP port (1025; 0 takes a free one)
  ALRIM_SANDBOX_WEBHOOK_URL     where SOLAPI delivery reports go (unset: nowhere)
  ALRIM_SANDBOX_WEBHOOK_SECRET  its SHA-1 is sent as X-Solapi-Secret
  ALRIM_SANDBOX_REPORT_DELAY    seconds from sending to the report (1.0)
  ALRIM_SANDBOX_HANG            seconds for which a withheld answer holds its connection (30)
  ALRIM_SANDBOX_SEED            makes the faults' dice repeatable
  ALRIM_SANDBOX_BALANCE         SOLAPI cash in won at the start (1,000,000,000)
  ALRIM_SANDBOX_DAILY_QUOTA     SOLAPI messages a day (10,000,000)
  ALRIM_SANDBOX_KAKAO_DAILY     Kakao messages a day, sender/receiver/pair (unset: unlimited; 100/100/20)
  ALRIM_SANDBOX_CLOCK_RATE      how many times faster Kakao's and Google's tokens age (1)
  ALRIM_SANDBOX_GMAIL_DAILY     Gmail recipients an account and day (unset: unlimited)
"""


def main() -> int:
    """Run until a signal arrives; the exit status is 2 when a start is refused."""
    argparse.ArgumentParser(
        prog="python -m sandbox",
        description="Imitates SOLAPI, Kakao, Google's login, Gmail and Amazon SES on 127.0.0.1, with an inbox page.",
        epilog=SETTINGS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    ).parse_args()
    logging.basicConfig(format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("sandbox").setLevel(logging.INFO)
    try:
        asyncio.run(server.serve(settings.read(os.environ), _announce))
    except (settings.RefusedError, OSError) as refused:
        print(f"sandbox: {refused}", file=sys.stderr)  # noqa: T201 -- a command speaks to its user
        return 2
    except KeyboardInterrupt:
        return 0
    return 0


def _announce(_: uvicorn.Server, line: str) -> None:
    print(line, flush=True)  # noqa: T201 -- as above


if __name__ == "__main__":
    sys.exit(main())
