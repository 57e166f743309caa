"""The OpenAPI document of the whole application, made as `create_app` makes it in each environment."""

import base64
import json
import os
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from pydantic import BaseModel

from api import routes
from api.errors import MEDIA_TYPE

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = "import json; from api.main import create_app; print(json.dumps(create_app().openapi()))"
REFUSE_NOTHING = {"/", "/health", "/ready"}
"""Paths that take nothing and refuse nothing; the last two answer 503 in their own words."""

STORELESS = {"/metrics"}
"""Paths that refuse, but never for want of a database."""


@cache
def document(env: str) -> dict[str, Any]:
    environment = {
        **os.environ,
        "ALRIM_ENV": env,
        "ALRIM_DATABASE_URL": "sqlite://",
        "ALRIM_BROKER_URL": "redis://127.0.0.1:1/0",
        "ALRIM_JWT_SECRET": "j" * 32,
        "ALRIM_INDEX_KEY": "i" * 32,
        "ALRIM_SEAL_KEYS": "1:" + base64.b64encode(b"k" * 32).decode(),
    }
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    made: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return made


def operations(env: str = "test") -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document(env)["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def bodies() -> Iterator[type[BaseModel]]:
    """The model of every body that a route takes."""
    for found in pkgutil.iter_modules(routes.__path__, "api.routes."):
        for route in import_module(found.name).router.routes:
            if isinstance(route, APIRoute) and route.body_field is not None:
                model = route.body_field.field_info.annotation
                assert isinstance(model, type), route.path
                assert issubclass(model, BaseModel), route.path
                yield model


@pytest.mark.parametrize(("env", "shown"), [("test", False), ("prod", False), ("local", True)])
def test_the_bare_access_key_is_documented_only_where_it_is_open(env: str, *, shown: bool) -> None:
    assert ("AccessKey" in document(env)["components"]["securitySchemes"]) is shown
    assert ("AccessKey" in json.dumps(document(env))) is shown


def test_every_route_has_a_summary_a_description_and_tags() -> None:
    names = [name for name, _ in operations()]
    assert len(names) > 15
    assert [name for name, each in operations() if not (each["summary"] and each["description"] and each["tags"])] == []
    written = [each["operationId"].replace("_", " ").title() for _, each in operations()]
    assert [each["summary"] for _, each in operations() if each["summary"] in written] == [], "a name is no summary"


def test_every_tag_is_explained() -> None:
    explained = {tag["name"] for tag in document("test")["tags"] if tag["description"]}
    assert {tag for _, each in operations() for tag in each["tags"]} == explained


def test_every_refusal_is_documented_as_a_problem() -> None:
    for name, operation in operations():
        refusals = {status: each for status, each in operation["responses"].items() if status >= "400"}
        if name.partition(" ")[2] in REFUSE_NOTHING:
            continue
        assert ("503" in refusals) == (name.partition(" ")[2] not in STORELESS), name
        assert {media for each in refusals.values() for media in each["content"]} == {MEDIA_TYPE}, name
        shown = {status: each["content"][MEDIA_TYPE]["example"]["status"] for status, each in refusals.items()}
        assert shown == {status: int(status) for status in refusals}, name
        if "security" in operation:
            assert "401" in refusals, name
        if "requestBody" in operation:
            assert {"400", "413", "415", "422"} <= set(refusals), name


def test_every_body_has_an_example() -> None:
    schemas = document("test")["components"]["schemas"]
    taken = {
        operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        for _, operation in operations()
        if "application/json" in operation.get("requestBody", {}).get("content", {})
    }
    assert len(taken) > 8
    assert {name for name in taken if not schemas[name].get("examples")} == set()


@pytest.mark.parametrize("model", sorted(set(bodies()), key=repr))
def test_every_example_is_accepted(model: type[BaseModel]) -> None:
    for example in model.model_json_schema()["examples"]:
        assert model.model_validate_json(json.dumps(example)).model_fields_set
