"""A real browser with one page, driven through the DevTools protocol: no driver, no further dependency."""

import base64
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import requests
from websockets.sync.client import ClientConnection, connect

from tests.flows.stack import wait_for

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--lang=ko",
    # A frame without a permission stays in this process, so that its document can be looked into.
    "--disable-features=IsolateSandboxedIframes",
    # As in a closed network: whatever is fetched from elsewhere is missed.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--remote-debugging-port=0",
)
TIMEOUT = 20.0


def find() -> Path | None:
    """Find the browser's binary."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    return Path(found) if found else None


@dataclass
class Page:
    """The one page; `errors` holds what its scripts threw and what the console complained about."""

    socket: ClientConnection
    errors: list[str] = field(default_factory=list)
    ids: Iterator[int] = field(default_factory=lambda: count(1))

    def call(self, method: str, **params: object) -> dict[str, Any]:
        """Call a method of the protocol and return its result."""
        number = next(self.ids)
        self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            said = json.loads(self.socket.recv(timeout=TIMEOUT))
            if said.get("id") == number:
                assert "error" not in said, said["error"]
                result: dict[str, Any] = said["result"]
                return result
            self._note(said)

    def _note(self, event: dict[str, Any]) -> None:
        if event["method"] == "Runtime.exceptionThrown":
            self.errors.append(str(event["params"]["exceptionDetails"].get("exception", {}).get("description")))
        if event["method"] == "Log.entryAdded" and event["params"]["entry"]["level"] == "error":
            self.errors.append(str(event["params"]["entry"]["text"]))

    def goto(self, url: str) -> None:
        """Open an address and wait until everything that it names is there."""
        failed = self.call("Page.navigate", url=url).get("errorText")
        assert failed is None, f"{url}: {failed}"
        self.wait_for("document.readyState === 'complete'")
        self.errors.clear()

    def evaluate(self, script: str) -> Any:  # noqa: ANN401 - what a script gives can be anything
        """Give the value of an expression, awaited if it is a promise."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait_for(self, script: str, seconds: float = 15.0) -> None:
        """Wait until an expression is true, or an element."""
        wait_for(script, lambda: self.evaluate(f"Boolean({script})"), seconds)

    def framed(self) -> list[str]:
        """Give the body's markup of every frame, whatever its permissions are."""

        def documents(node: dict[str, Any]) -> Iterator[int]:
            if "contentDocument" in node:
                yield node["contentDocument"]["nodeId"]
            for child in node.get("children", []):
                yield from documents(child)

        root = self.call("DOM.getDocument", depth=-1, pierce=True)["root"]
        return [self.call("DOM.getOuterHTML", nodeId=number)["outerHTML"] for number in documents(root)]

    def screenshot(self, path: Path, width: int = 1440, height: int = 1000) -> None:
        """Save what a window of this size shows."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))


@contextmanager
def browsing(binary: Path, home: Path) -> Iterator[Page]:
    """Start a browser that knows nothing from before, and end it."""
    log = (home / "chromium.log").open("ab")
    process = subprocess.Popen(
        [binary, *FLAGS, f"--user-data-dir={home / 'profile'}", "about:blank"],
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    log.close()
    try:
        with connect(_page_address(home / "profile"), max_size=None, proxy=None) as socket:
            page = Page(socket)
            for domain in ("Page", "Runtime", "Log", "DOM"):
                page.call(f"{domain}.enable")
            yield page
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=10)


def _page_address(profile: Path) -> str:
    port = wait_for("the browser", lambda: (profile / "DevToolsActivePort").read_text().split()[0])

    def address() -> str | None:
        pages = requests.get(f"http://127.0.0.1:{port}/json/list", timeout=5).json()
        return next((str(page["webSocketDebuggerUrl"]) for page in pages if page["type"] == "page"), None)

    return str(wait_for("the browser's page", address))
