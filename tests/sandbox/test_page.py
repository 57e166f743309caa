import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from sandbox import page
from sandbox.settings import Settings
from sandbox.state import new
from tests.sandbox.serving import served

SCRIPTS = sorted(page.STATIC.glob("*.js"))
FILES = sorted(page.STATIC.iterdir())
WORDS = (page.STATIC / "words.js").read_text()


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with served("", page.router(new(Settings()))) as address:
        yield address


def test_the_page_comes_with_a_policy_that_allows_no_foreign_code(base: str) -> None:
    answer = requests.get(f"{base}/", timeout=5)
    assert answer.headers["Content-Type"].startswith("text/html")
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert policy["img-src"] == "'self' data:"
    assert policy["base-uri"] == policy["form-action"] == policy["frame-ancestors"] == "'none'"


def test_everything_that_the_page_names_is_served(base: str) -> None:
    named = {name for path in FILES for name in re.findall(r'"(/page/[^"]+)"', path.read_text())}
    assert named == {f"/page/{path.name}" for path in FILES if path.name != "index.html"}
    for name in named:
        answer = requests.get(base + name, timeout=5)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith(page.MEDIA_TYPES[Path(name).suffix])
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ["other.js", "..%2f__init__.py", "%2e%2e/__init__.py", ""])
def test_nothing_else_is_served(base: str, name: str) -> None:
    assert requests.get(f"{base}/page/{name}", timeout=5).status_code == 404


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: str(path.name))
def test_no_script_can_turn_text_into_markup(path: Path) -> None:
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", path.read_text()
    )


def test_a_mail_is_framed_without_any_permission() -> None:
    frames = re.findall(r'setAttribute\("sandbox", (.*?)\)', (page.STATIC / "elements.js").read_text())
    assert frames == ['""']
    assert sum("srcdoc" in path.read_text() for path in SCRIPTS) == 1


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.name))
def test_a_file_is_short_and_fetches_nothing_from_elsewhere(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") < 250
    assert not re.search(r'(?:src|href|url\(|import|fetch\()\s*=?\s*["\'(]*https?:', text)


def test_both_languages_have_every_word_that_is_used() -> None:
    tables = WORDS.partition("\n};")[0].split("  en: {")
    korean, english = (set(re.findall(r"(\w+): \"", table)) for table in tables)
    assert korean == english
    used = set(re.findall(r'data-word="(\w+)"', (page.STATIC / "index.html").read_text()))
    for path in SCRIPTS:
        used |= set(re.findall(r'\bword\("(\w+)"\)', path.read_text()))
    assert used <= korean
