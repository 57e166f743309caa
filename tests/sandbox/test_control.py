import base64
import json
from collections.abc import Iterator

import pytest

from sandbox.settings import Settings
from tests.sandbox.running import Api, api, sms


@pytest.fixture(scope="module")
def started() -> Iterator[Api]:
    with api(Settings(port=0, smtp_port=0, seed=1)) as started:
        yield started


def send(started: Api, to: str) -> None:
    assert started.call("POST", "/messages/v4/send", {"message": sms(to)})[0] == 200


def test_the_inbox_is_listed_filtered_cut_and_emptied(started: Api) -> None:
    url = f"{started.base}/inbox.json"
    for to in ("01000000011", "01000000012", "01000000013"):
        send(started, to)

    def listed(query: str) -> list[str]:
        return [entry["to"][-1] for entry in started.session.get(url + query, timeout=10).json()]

    assert listed("") == ["1", "2", "3"]
    assert listed("?channel=kakao") == []
    assert listed("?channel=solapi&to=01000000012") == ["2"]
    assert listed("?limit=2") == ["2", "3"]
    assert listed("?limit=0") == []
    assert started.session.delete(url, timeout=10).status_code == 204
    assert listed("") == []


def test_new_messages_are_events(started: Api) -> None:
    with started.session.get(f"{started.base}/inbox/events", stream=True, timeout=10) as events:
        assert events.headers["content-type"].startswith("text/event-stream")
        lines = events.iter_lines()
        assert next(lines).startswith(b":")
        send(started, "01000000021")
        event = next(line for line in lines if line.startswith(b"data: "))
    assert json.loads(event[6:])["to"] == "01000000021"


@pytest.mark.parametrize(
    ("content", "type_", "media_type"),
    [(b"\xff\xd8\xff\xe0", "MMS", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "KAKAO", "image/png")],
)
def test_a_picture_is_shown_as_it_was_uploaded(started: Api, content: bytes, type_: str, media_type: str) -> None:
    body = {"file": base64.b64encode(content).decode(), "type": type_, "name": "a"}
    file_id = started.call("POST", "/storage/v1/files", body)[1]["fileId"]
    answer = started.session.get(f"{started.base}/inbox/pictures/{file_id}", timeout=10)
    assert (answer.content, answer.headers["content-type"]) == (content, media_type)
    assert started.session.get(f"{started.base}/inbox/pictures/other", timeout=10).status_code == 404


def test_faults_are_set_replaced_listed_and_cleared(started: Api) -> None:
    url = f"{started.base}/faults"
    for rate in (0.1, 0.2):
        started.fault(channel="gmail", kind="latency", rate=rate, seconds=1)
    assert started.session.get(url, timeout=10).json() == [
        {"channel": "gmail", "kind": "latency", "rate": 0.2, "status": 503, "seconds": 1.0}
    ]
    assert started.session.delete(url, timeout=10).status_code == 204
    assert started.session.get(url, timeout=10).json() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"channel": "pigeon"},
        {"kind": "storm"},
        {"rate": 1.1},
        {"rate": -0.1},
        {"status": 99},
        {"seconds": -1},
        {"x": 1},
    ],
)
def test_a_fault_that_means_nothing_is_refused(started: Api, wrong: dict[str, object]) -> None:
    body = {"channel": "solapi", "kind": "status", "rate": 0.0} | wrong
    assert started.session.put(f"{started.base}/faults", json=body, timeout=10).status_code == 422
