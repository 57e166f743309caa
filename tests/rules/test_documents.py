"""What the documentation promises exists: settings, links, headings; and no setting is left unsaid."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.settings import Group
from tests.rules.sources import ROOT, pages, python_files, text_of

CONFIGURATION = Path("docs/configuration.md")
SETTING = re.compile(r"\bALRIM_[A-Z0-9_]*[A-Z0-9]\b")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)|!\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
ELSEWHERE = re.compile(r"^[a-z][a-z0-9+.-]*:")
READERS = ("Makefile", "Procfile", "Procfile.local", "Dockerfile", "docker-compose.yml", ".env.example")


def read_by_settings() -> set[str]:
    return {f"ALRIM_{field.upper()}" for group in Group.__subclasses__() for field in group.model_fields}


def named_in_code(*packages: str) -> set[str]:
    return {name for path in python_files() if path.parts[0] in packages for name in SETTING.findall(text_of(path))}


def anchors(page: str) -> set[str]:
    """GitHub's anchors of a page's headings."""
    words = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(FENCED.sub("", page)))
    return {word.strip().replace(" ", "-") for word in words}


def broken(page: Path, text: str) -> Iterator[str]:
    for target in (link or image for link, image in LINK.findall(FENCED.sub("", text))):
        if ELSEWHERE.match(target):
            continue
        name, _, anchor = target.partition("#")
        found = ROOT / page.parent / name
        if name and not found.exists():
            yield f"{page}: {target}"
        elif anchor and (not name or found.suffix == ".md"):
            there = found.read_text(encoding="utf-8") if name else text
            if anchor not in anchors(there):
                yield f"{page}: {target}"


def test_every_setting_is_documented() -> None:
    settings = read_by_settings() | named_in_code("config", "sandbox")
    assert len(settings) > 20
    assert sorted(settings - set(SETTING.findall(text_of(CONFIGURATION)))) == []


def test_every_documented_setting_is_read() -> None:
    readers = [ROOT / name for name in READERS if (ROOT / name).exists()]
    elsewhere = {name for path in readers for name in SETTING.findall(path.read_text(encoding="utf-8"))}
    known = read_by_settings() | named_in_code("config", "sandbox", "api", "workers", "clients", "deploy") | elsewhere
    assert sorted(set(SETTING.findall(text_of(CONFIGURATION))) - known) == []


@pytest.mark.parametrize("name", ["README.md", "README.ko.md", "CHANGELOG.md", "CONTRIBUTING.md"])
def test_a_repository_has_its_pages(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8").strip()


def test_every_relative_link_resolves() -> None:
    assert [fault for page in pages() for fault in broken(page, text_of(page))] == []


@pytest.mark.parametrize(
    ("text", "is_broken"),
    [
        ("[code](../config/settings.py)", False),
        ("[code](../config/no_such.py)", True),
        ("![picture](no-such.svg)", True),
        ("# 알림, the idea!\n[here](#알림-the-idea)", False),
        ("# 알림\n[here](#elsewhere)", True),
        ("[web](https://example.com/x)", False),
        ("```\n[code](no/such)\n```", False),
    ],
)
def test_which_links_are_broken(text: str, is_broken: bool) -> None:  # noqa: FBT001 - a column of the table above
    assert bool(list(broken(Path("docs/page.md"), text))) is is_broken
