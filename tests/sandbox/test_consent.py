from html.parser import HTMLParser

import pytest
from typing_extensions import override

from sandbox import consent
from sandbox.consent import Page
from sandbox.person import Person

PAGE = Page("Vendor", button="background:#fff", email="default@example.com")


class Inputs(HTMLParser):
    """The inputs of a page: name to value."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str | None, str | None]] = []
        self.feed(text)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "input":
            self.found.append((dict(attrs)["name"], dict(attrs)["value"]))


def shown(query: dict[str, str]) -> str:
    return bytes(PAGE.show(query, ["<scope>"]).body).decode()


def test_the_page_repeats_the_query_and_asks_who() -> None:
    text = shown({"state": '"><script>', "email": "old@example.com", "verified": "true"})
    assert Inputs(text).found == [("state", '"><script>'), ("email", "default@example.com"), ("verified", "true")]
    assert "<script>" not in text
    assert "<scope>" not in text


def test_the_app_may_hint_at_who_it_is() -> None:
    assert ("email", "hint@example.com") in Inputs(shown({"login_hint": "hint@example.com"})).found
    assert PAGE.person({"login_hint": "hint@example.com"}) == Person("hint@example.com")


@pytest.mark.parametrize(
    ("query", "person"),
    [
        ({}, Person("default@example.com", verified=True)),
        ({"email": ""}, Person("default@example.com", verified=True)),
        ({"email": "a@example.com", "verified": "true"}, Person("a@example.com", verified=True)),
        ({"email": "a@example.com"}, Person("a@example.com", verified=False)),
        ({"email": "a@example.com", "verified": "false"}, Person("a@example.com", verified=False)),
    ],
)
def test_who_answered(query: dict[str, str], person: Person) -> None:
    assert PAGE.person(query) == person


@pytest.mark.parametrize(
    ("query", "location"),
    [
        ({"redirect_uri": "https://x.test/", "state": "s&1"}, "https://x.test/?code=1&state=s%261"),
        ({"redirect_uri": "https://x.test/?a=b"}, "https://x.test/?a=b&code=1"),
    ],
)
def test_the_way_back(query: dict[str, str], location: str) -> None:
    answer = consent.back(query, {"code": "1"})
    assert (answer.status_code, answer.headers["Location"]) == (302, location)


@pytest.mark.parametrize(("target", "web"), [("https://x.test/", True), ("javascript:alert(1)", False), ("", False)])
def test_only_the_web_is_gone_back_to(target: str, web: bool) -> None:  # noqa: FBT001 - one case of a table
    assert consent.is_web_address(target) is web


def test_the_verifier_of_the_standards_example_proves_its_challenge() -> None:
    challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert consent.proves("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", challenge)
    assert not consent.proves("", challenge)
    assert consent.proves("", None)
