import re
from pathlib import Path

import pytest

import api
from api.schemas.problems import SLUGS, Slug, problem

SOURCES = "\n".join(path.read_text() for path in Path(api.__path__[0]).rglob("*.py") if path.name != "problems.py")


@pytest.mark.parametrize("slug", Slug)
def test_every_slug_is_exported_and_raised_somewhere(slug: Slug) -> None:
    assert slug.value in SLUGS
    assert re.fullmatch("[a-z0-9_]+", slug)
    assert f"Slug.{slug.name}" in SOURCES


def test_a_problem_carries_word_sentence_and_field() -> None:
    error = problem(Slug.TEXT_TOO_LONG, "text", "text is long")
    assert (error.type, error.message(), error.context) == ("text_too_long", "text is long", {"field": "text"})
