"""Sends delivery reports to the product's webhook, as SOLAPI does.

Both shapes that exist in the wild are sent in turn, a call that is not answered with 200 is repeated, five
in total. It must know no message beyond the JSON it is given.
"""

import asyncio
import hashlib
import logging
import uuid
from typing import Any, Final

import requests

from sandbox.settings import Settings

CALLS: Final = 5
BATCH: Final = 500
AT_ONCE: Final = 4
PATIENCE: Final = 5.0
"""Seconds that the webhook has for its answer."""

log: Final = logging.getLogger(__name__)


class Reporter:
    """Calls the webhook; without a URL it does nothing."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.webhook_url
        self._pause = max(settings.report_delay, 0.05)
        self._headers = {
            "X-Solapi-Event-Name": "SINGLE-REPORT",
            "X-Solapi-Secret": hashlib.sha1(settings.webhook_secret.encode(), usedforsecurity=False).hexdigest(),
        }
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._running: set[asyncio.Task[None]] = set()
        self._calls = 0

    def send(self, reports: list[dict[str, Any]]) -> None:
        """Begin to deliver these reports; at most 500 in one call."""
        if self._url is None:
            return
        for start in range(0, len(reports), BATCH):
            task = asyncio.create_task(self._deliver(self._url, reports[start : start + BATCH]))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _deliver(self, url: str, reports: list[dict[str, Any]]) -> None:
        self._calls += 1
        wrapped = self._calls % 2 == 1
        ids = [uuid.uuid4().hex for _ in reports]
        for call in range(CALLS):
            if call:
                await asyncio.sleep(self._pause * call)
            body = [
                {"eventDataId": id_, "retryCount": call, "data": report} if wrapped else report
                for id_, report in zip(ids, reports, strict=True)
            ]
            async with self._slots:
                status = await asyncio.to_thread(self._post, url, body)
            log.info("solapi.reported reports=%d call=%d status=%s", len(reports), call + 1, status)
            if status == requests.codes.ok:
                return

    def _post(self, url: str, body: list[dict[str, Any]]) -> int | None:
        with requests.Session() as session:
            session.trust_env = False  # a proxy of this machine's is not for loopback
            try:
                return session.post(url, json=body, headers=self._headers, timeout=PATIENCE).status_code
            except requests.RequestException:  # not answered: the call is repeated
                return None
