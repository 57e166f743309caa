"""Whether the parts of a local installation answer, and the page of text that says so.

It must not know how they were started.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import requests

ASK_SECONDS: Final = 1.0
EVERY_SECONDS: Final = 0.25
FIRST_REQUEST: Final = """\
  curl -s {api}/api/auth/register/email -H 'Content-Type: application/json' \\
       -d '{{"email": "me@example.com", "pw": "change-me-soon"}}'"""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the parts listen on the loopback address."""

    api: int
    flower: int
    sandbox: int
    smtp: int

    def by_setting(self) -> dict[str, int]:
        """Setting to port."""
        return {
            "ALRIM_API_PORT": self.api,
            "ALRIM_FLOWER_PORT": self.flower,
            "ALRIM_SANDBOX_PORT": self.sandbox,
            "ALRIM_SANDBOX_SMTP_PORT": self.smtp,
        }

    def probes(self) -> dict[str, str]:
        """What must answer before the installation is ready: name to URL."""
        return {
            "API": f"http://127.0.0.1:{self.api}/health",
            "Flower": f"http://127.0.0.1:{self.flower}/healthcheck",
            "sandbox": f"http://127.0.0.1:{self.sandbox}/inbox.json",
        }


class Waiting:
    """The parts that have not answered yet."""

    def __init__(self, probes: Mapping[str, str], say: Callable[[str], None]) -> None:
        """Wait for these, name to URL; `say` hears of each that answers."""
        self._left = dict(probes)
        self._say = say
        self._next = 0.0
        self._session = requests.Session()
        # A proxy from the environment has no business with the loopback address.
        self._session.trust_env = False

    def over(self) -> bool:
        """Return whether all have answered; asks those that have not, a few times a second however often called."""
        if time.monotonic() < self._next:
            return not self._left
        for name, url in list(self._left.items()):
            if self._answers(url):
                del self._left[name]
                self._say(f"{name} is ready")
        self._next = time.monotonic() + EVERY_SECONDS
        return not self._left

    def _answers(self, url: str) -> bool:
        try:
            return self._session.get(url, timeout=ASK_SECONDS, headers={"Connection": "close"}).ok
        except requests.RequestException:
            return False


def banner(ports: Ports, var: Path, seconds: float, said: str) -> str:
    """Say what is where and what to try first; `said` is put before `make demo` to name other ports."""
    api = f"http://127.0.0.1:{ports.api}"
    places = {
        "API": f"{api}   try it at {api}/docs",
        "Flower": f"http://127.0.0.1:{ports.flower}",
        "sandbox inbox": f"http://127.0.0.1:{ports.sandbox}",
        "sandbox SMTP": f"127.0.0.1:{ports.smtp}",
        "state": f"{var}   kept until you delete it",
    }
    lines = [f"ready after {seconds:.1f} s"]
    lines += [f"  {name:<14} {place}" for name, place in places.items()]
    lines += [
        "",
        "In another terminal, a message on every channel:",
        f"  {said}make demo",
        "or your own first request:",
    ]
    lines += [FIRST_REQUEST.format(api=api), "", "Ctrl-C stops all of it."]
    return "\n".join(lines)
