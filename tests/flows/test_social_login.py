"""Logging in at Kakao and at Google in a real browser, the installation and the sandbox's login servers running."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.flows.browser import Page, browsing
from tests.flows.stack import Stack

pytestmark = pytest.mark.flow
AGREE = "document.querySelector('button[value=agree]')"


@pytest.fixture
def page(chromium: Path, tmp_path: Path) -> Iterator[Page]:
    with browsing(chromium, tmp_path) as page:
        yield page


def log_in(page: Page, api: str, sns_type: str, email: str, *, verified: bool = True) -> dict[str, Any]:
    """Go to the provider, say who one is, agree; what the API answers the browser that comes back."""
    page.goto(f"{api}/api/auth/{sns_type}/authorize")
    page.wait_for(AGREE)
    page.evaluate(f"document.querySelector('[name=email]').value = '{email}'")
    page.evaluate(f"document.querySelector('[name=verified]').checked = {json.dumps(verified)}")
    page.evaluate(f"{AGREE}.click()")
    page.wait_for("location.pathname.endsWith('/callback') && document.readyState === 'complete'")
    said: dict[str, Any] = json.loads(page.evaluate("document.body.innerText"))
    return said


def me(api: str, tokens: dict[str, Any]) -> dict[str, Any]:
    headers = {"Authorization": tokens["Authorization"]}
    known: dict[str, Any] = requests.get(f"{api}/api/user/me", headers=headers, timeout=10).json()
    return known


def test_a_person_logs_in_at_both_and_has_one_account(page: Page, stack: Stack) -> None:
    kakao = me(stack.api, log_in(page, stack.api, "kakao", "social@example.com"))
    assert (kakao["email"], kakao["email_verified"]) == ("social@example.com", True)
    assert me(stack.api, log_in(page, stack.api, "google", "social@example.com"))["id"] == kakao["id"]
    # The cookie of a consent is spent.
    assert "alrim_consent" not in page.evaluate("document.cookie")
    cookies = page.call("Network.getCookies", urls=[f"{stack.api}/api/auth/"])["cookies"]
    assert [each["name"] for each in cookies] == []


def test_an_unverified_address_enters_no_account(page: Page, stack: Stack) -> None:
    victim = me(stack.api, log_in(page, stack.api, "kakao", "victim@example.com"))
    stranger = me(stack.api, log_in(page, stack.api, "google", "victim@example.com", verified=False))
    assert stranger["id"] != victim["id"]
    assert stranger["email"] is None


def test_who_cancels_is_told_so(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.api}/api/auth/kakao/authorize")
    page.wait_for("document.querySelector('button[value=deny]')")
    page.evaluate("document.querySelector('button[value=deny]').click()")
    page.wait_for("location.pathname.endsWith('/callback') && document.readyState === 'complete'")
    assert json.loads(page.evaluate("document.body.innerText"))["code"] == "4000010"
