"""People who consent at the sandbox's login servers, over real HTTP, and browsers that come back from there."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlencode, urlsplit

import requests
from httpx import Response

from sandbox import google_oauth, kakao, kakao_oauth, state
from sandbox.settings import Settings
from tests.api.browser import Browser
from tests.api.conftest import Person
from tests.api.signing import Sent
from tests.sandbox.serving import served


@contextmanager
def providers() -> Iterator[dict[str, str]]:
    """Serve both login servers; the settings that lead to them."""
    shared = state.new(Settings())
    with ExitStack() as stack:
        yield {
            "KAKAO_AUTH_BASE_URL": stack.enter_context(served("/kakao/auth", kakao_oauth.router(shared))),
            "KAKAO_API_BASE_URL": stack.enter_context(served("/kakao/api", kakao.router(shared))),
            "GOOGLE_BASE_URL": stack.enter_context(served("/google", google_oauth.router(shared))),
        }


def cookie_of(answer: Response) -> str:
    """The cookie that binds a consent to this browser."""
    cookie = answer.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    return str(cookie.partition(";")[0])


def consented(url: str, answer: str = "agree", **person: str) -> str:
    """Answer the provider's page as a browser does: the path and query that it is sent back to."""
    page = f"{url}&{urlencode({'answer': answer, **person})}"
    back = urlsplit(requests.get(page, allow_redirects=False, timeout=5).headers["Location"])
    assert back.path.endswith("/callback")
    return f"{back.path}?{back.query}"


def come_back(client: Browser, where: str, cookie: str | None) -> Response:
    """Come back from a provider."""
    return client.deliver(Sent("GET", where, {} if cookie is None else {"Cookie": cookie}, b""))


def enter(client: Browser, sns_type: str, **person: str) -> Response:
    """Log in at a provider as this person."""
    asked = client.request("GET", f"/api/auth/{sns_type}/authorize")
    assert asked.status_code == 302, asked.text
    return come_back(client, consented(asked.headers["Location"], **person), cookie_of(asked))


def logged_in(client: Browser, sns_type: str, **person: str) -> Person:
    """The same, as somebody who can ask."""
    answer = enter(client, sns_type, **person)
    assert answer.status_code == 200, answer.text
    return Person(client, person.get("email", ""), answer.json())
