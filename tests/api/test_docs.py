import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI

from api import docs, errors
from tests.api.browser import Browser


@pytest.fixture
def client() -> Iterator[Browser]:
    app = FastAPI(title="Alrim", docs_url=None, redoc_url=None)
    errors.install(app)
    docs.install(app)
    client = Browser(app)
    yield client
    client.close()


def test_everything_that_the_page_names_is_served_from_here(client: Browser) -> None:
    page = client.request("GET", "/docs")
    assert page.headers["content-type"].startswith("text/html")
    named = re.findall(r"(?:src|href)=\"([^\"]+)\"|url: '([^']+)'", page.text)
    addresses = {one or other for one, other in named} - {docs.ICON}
    assert addresses == {"/openapi.json", *(f"{docs.PREFIX}/{name}" for name in docs.ASSETS)}
    for address in addresses:
        answer = client.request("GET", address)
        assert answer.status_code == 200
        assert answer.headers["content-type"].partition(";")[0] in {"application/json", *docs.ASSETS.values()}
    assert not re.search(r"(?:src|href)=\"https?:", page.text)


@pytest.mark.parametrize("name", ["redoc.standalone.js", "..%2fcore.py", "swagger-ui.css.map"])
def test_nothing_else_of_the_package_is_served(client: Browser, name: str) -> None:
    answer = client.request("GET", f"{docs.PREFIX}/{name}")
    assert (answer.status_code, answer.headers["content-type"]) == (404, errors.MEDIA_TYPE)


def test_neither_the_page_nor_its_files_are_documented(client: Browser) -> None:
    assert client.app.openapi()["paths"] == {}
