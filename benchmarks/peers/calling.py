"""The peers' work: one call to the provider for each task, over a kept connection, keeping no state."""

import os
import threading
from typing import Final

import aiohttp
import requests

REDIS: Final = os.environ["BENCH_REDIS"]
URL: Final = os.environ["BENCH_PROVIDER"] + "/v2/api/talk/memo/default/send"
FORM: Final = {"template_object": '{"object_type":"text","text":"hello","link":{}}'}
_kept = threading.local()


def call(number: int) -> None:
    """Call from a thread."""
    if not hasattr(_kept, "session"):
        _kept.session = requests.Session()
    _kept.session.post(URL, data={**FORM, "n": str(number)}, timeout=10).raise_for_status()


class Caller:
    """Calls from a loop."""

    _session: aiohttp.ClientSession | None = None

    async def call(self, number: int) -> None:
        """Call once."""
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        async with self._session.post(URL, data={**FORM, "n": str(number)}) as answer:
            await answer.read()
