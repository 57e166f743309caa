"""Delivery reports, received by a real HTTP server."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from typing_extensions import override

from sandbox.settings import Settings
from tests.sandbox.running import Api, api, eventually, sms

SHA1_OF_S = "a0f1490a20d0211c997b44bc357e1972deab8ae3"

Call = tuple[dict[str, str], list[dict[str, Any]]]


@contextmanager
def webhook(status: Callable[[int], int]) -> Iterator[tuple[str, list[Call]]]:
    """Answer the n-th call with `status(n)`; yield the URL and what was received."""
    calls: list[Call] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the server's own naming
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            calls.append((dict(self.headers.items()), body))
            self.send_response(status(len(calls)))
            self.send_header("Content-Length", "0")
            self.end_headers()

        @override
        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/receipts", calls
        server.shutdown()
        thread.join()


@contextmanager
def reporting(url: str) -> Iterator[Api]:
    with api(Settings(port=0, smtp_port=0, report_delay=0.02, webhook_url=url, webhook_secret="s")) as started:
        yield started


def send(solapi: Api, to: str) -> str:
    body = {"message": sms(to, customFields={"nid": "n-1", "att": "2"})}
    return str(solapi.call("POST", "/messages/v4/send", body)[1]["messageId"])


def test_a_report_names_the_message_in_both_shapes_in_turn() -> None:
    with webhook(lambda _: 200) as (url, calls), reporting(url) as solapi:
        ids = []
        for n in range(2):
            ids.append(send(solapi, "01000005555"))
            eventually(lambda n=n: len(calls) == n + 1)  # type: ignore[misc]  # mypy cannot infer a lambda's default
    (headers, [wrapped]), (_, [flat]) = calls
    assert headers["X-Solapi-Event-Name"] == "SINGLE-REPORT"
    assert headers["X-Solapi-Secret"] == SHA1_OF_S
    assert wrapped["retryCount"] == 0
    assert [wrapped["data"]["messageId"], flat["messageId"]] == ids
    for report in (wrapped["data"], flat):
        assert (report["statusCode"], report["customFields"]) == ("4000", {"nid": "n-1", "att": "2"})
        assert report["dateReceived"].endswith("Z")


@pytest.mark.parametrize(("good_from", "expected"), [(3, 3), (99, 5)])
def test_a_call_is_repeated_until_it_is_answered_with_200_or_five_times(good_from: int, expected: int) -> None:
    with webhook(lambda n: 200 if n >= good_from else 503) as (url, calls), reporting(url) as solapi:
        send(solapi, "01000005555")
        eventually(lambda: len(calls) == expected)
        time.sleep(0.4)  # longer than the pause before one more
    assert [body[0]["retryCount"] for _, body in calls] == list(range(expected))
    assert len({body[0]["eventDataId"] for _, body in calls}) == 1


def test_a_failure_is_reported_with_its_code_and_never_arrives() -> None:
    with webhook(lambda _: 200) as (url, calls), reporting(url) as solapi:
        send(solapi, "01099993050")
        eventually(lambda: len(calls) == 1)
        assert solapi.inbox("01099993050") == []
    report = calls[0][1][0]["data"]
    assert (report["statusCode"], report["dateReceived"]) == ("3050", None)


def test_many_reports_come_in_batches() -> None:
    with webhook(lambda _: 200) as (url, calls), reporting(url) as solapi:
        solapi.call("POST", "/messages/v4/send-many", {"messages": [sms(f"010{n:04d}5555") for n in range(600)]})
        eventually(lambda: len(calls) == 2)
    assert sorted(len(body) for _, body in calls) == [100, 500]


def test_no_one_to_call_is_no_error() -> None:
    with reporting("http://127.0.0.1:1/") as solapi:
        send(solapi, "01000005555")
        eventually(lambda: solapi.call("GET", "/messages/v4/list?statusCode=4000")[1]["messageList"] != {})
        (message,) = solapi.call("GET", "/messages/v4/list")[1]["messageList"].values()
    assert (message["to"], message["statusCode"]) == ("01000005555", "4000")
