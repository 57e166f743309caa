"""Delivery reports: from the provider's call to `delivered`, and what is refused at the door."""

import hashlib
from collections.abc import Iterator

import pytest
import requests

from tests.flows.client import Client
from tests.flows.stack import RECEIPT_SECRET, RECEIPT_TOKEN, Stack, wait_for

SMS = {"to": "01012345678", "from": "0212345678", "text": "글"}


@pytest.fixture(scope="module")
def reporting(stack: Stack) -> Iterator[Stack]:
    """The session's installation, with its sandbox reporting to it."""
    webhook = f"{stack.api}/api/receipts/solapi/{RECEIPT_TOKEN}"
    told = {"ALRIM_SANDBOX_WEBHOOK_URL": webhook, "ALRIM_SANDBOX_REPORT_DELAY": "0.2"}
    _restart(stack, {**stack.environment, **told})
    yield stack
    _restart(stack, {name: value for name, value in stack.environment.items() if name not in told})


def _restart(stack: Stack, environment: dict[str, str]) -> None:
    stack.kill("sandbox")
    stack.environment = environment
    stack.launch("sandbox")
    wait_for("the sandbox", lambda: requests.get(f"{stack.sandbox}/inbox.json", timeout=2).ok)


@pytest.mark.usefixtures("reporting")
def test_a_report_makes_it_delivered(client: Client) -> None:
    seen = client.settled(client.send("solapi", SMS), among={"delivered"})
    assert [each["outcome"] for each in seen["attempts"]] == ["accepted"]


@pytest.mark.usefixtures("reporting")
def test_a_report_of_failure_keeps_the_carriers_code(client: Client) -> None:
    seen = client.settled(client.send("solapi", {**SMS, "to": "01099993050"}), among={"failed"})
    assert seen["code"] == "3050"


@pytest.mark.parametrize(
    ("token", "secret", "body", "status"),
    [
        (RECEIPT_TOKEN, "wrong", [], 403),
        (RECEIPT_TOKEN, "", [], 403),
        ("wrong", "any", [], 404),
        (RECEIPT_TOKEN, "right", {}, 422),
        (RECEIPT_TOKEN, "right", [{"data": 1}, {}], 200),
    ],
    ids=["wrong secret", "no secret", "unknown token", "no list", "unknown shapes"],
)
def test_who_may_report(stack: Stack, token: str, secret: str, body: object, status: int) -> None:
    header = hashlib.sha1(RECEIPT_SECRET.encode(), usedforsecurity=False).hexdigest() if secret == "right" else secret
    url = f"{stack.api}/api/receipts/solapi/{token}"
    answer = requests.post(url, json=body, headers={"X-Solapi-Secret": header}, timeout=10)
    assert answer.status_code == status, answer.text
