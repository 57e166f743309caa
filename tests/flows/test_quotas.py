"""What callers may ask, over two API processes that share one count: requests a second, messages a day, batches."""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.flows.batch_client import BATCHES, MESSAGE, BatchClient, as_csv, people
from tests.flows.client import Client
from tests.flows.conftest import installed
from tests.flows.stack import Stack
from tests.servers.redis import RedisServer

pytestmark = pytest.mark.flow

PER_DAY = 10
PER_SECOND = 20
SMS = {"to": "01012345678", "from": "0212345678", "text": "한도"}
LIMITS = {
    "ALRIM_KEY_REQUESTS_PER_SECOND": str(PER_SECOND),
    "ALRIM_ACCOUNT_MESSAGES_PER_DAY": str(PER_DAY),
}


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory, redis_server: RedisServer) -> Iterator[Stack]:
    with installed(tmp_path_factory, redis_server, "sandbox", "web", "web2", webs=2, extra=LIMITS) as running:
        yield running


def batch(client: Client, number: int, **fields: object) -> requests.Response:
    content: dict[str, Any] = {"channel": "solapi", "message": MESSAGE, "recipients": people(number), **fields}
    return client.post(BATCHES, content)


def test_a_day_has_so_many_messages_however_they_come(limited: Stack) -> None:
    client, name = Client.register(limited.api), uuid.uuid4().hex
    wrong = {"to": "none"}
    assert batch(client, 9, recipients=[*people(9), wrong], all_or_nothing=True).status_code == 422
    first = [client.post("/api/services/solapi/send", SMS, name) for _ in range(4)]
    assert {each.status_code for each in first} == {202}
    assert len({each.json()["id"] for each in first}) == 1
    assert batch(client, PER_DAY - 2).status_code == 202
    # Nine are taken: one, whose repetitions are the same one, and eight; a refused batch took none.
    last = [
        batch(client, 2),
        client.post("/api/services/solapi/send", SMS),
        client.post("/api/services/solapi/send", SMS),
    ]
    assert [each.status_code for each in last] == [429, 202, 429]
    for refused in (last[0], last[2]):
        assert refused.json()["code"] == "4290002"
        assert 0 < int(refused.headers["Retry-After"]) <= 86_400


def test_a_batch_that_is_too_large_for_today_waits(limited: Stack) -> None:
    client = Client.register(limited.api)
    batches = BatchClient(client)
    made = batches.made(lane="bulk")
    for _ in range(2):
        answer = batches.upload(made["id"], as_csv(people(PER_DAY + 1)))
        assert (answer.status_code, answer.json()["code"]) == (429, "4290002")
    url, headers = client.signed("GET", f"{BATCHES}/{made['id']}")
    seen = requests.get(url, headers=headers, timeout=10).json()
    assert (seen["status"], seen["accepted"]) == ("receiving", PER_DAY + 1)
    # None of it was taken: the day is still whole.
    assert batch(client, PER_DAY).status_code == 202


def test_two_processes_share_a_second(limited: Stack) -> None:
    client = Client.register(limited.api)

    def look(number: int) -> requests.Response:
        port = list(limited.api_ports.values())[number % 2]
        there = Client(f"http://127.0.0.1:{port}", client.access_key, client.secret_key, client.bearer, client.email)
        url, headers = there.signed("GET", "/api/services")
        return requests.get(url, headers=headers, timeout=10)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(look, range(4 * PER_SECOND)))
    refused = [each for each in answers if each.status_code == 429]
    assert refused
    assert {each.json()["code"] for each in refused} == {"4290001"}
    assert all(int(each.headers["Retry-After"]) >= 1 for each in refused)
    served = [each for each in answers if each.ok]
    assert len(served) >= PER_SECOND
    assert {each.headers["RateLimit-Limit"] for each in served} == {str(PER_SECOND)}
