"""What the tests of the bodies share: the slug of a refusal."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

Refusal = Callable[[type[BaseModel], Any], set[str]]


@pytest.fixture(scope="session")
def refusal() -> Refusal:
    """The types of all errors that a body is refused with; empty if it is taken."""

    def slugs(model: type[BaseModel], body: Any) -> set[str]:  # noqa: ANN401 -- a body may be anything
        try:
            model.model_validate(body)
        except ValidationError as error:
            return {found["type"] for found in error.errors()}
        return set()

    return slugs
