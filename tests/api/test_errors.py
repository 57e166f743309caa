from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.datastructures import Headers
from structlog.testing import capture_logs

from api.errors import ApiError, Code, install, problem, problems
from api.schemas.accounts import RegisterIn
from tests.api.browser import Browser

GOOD = {"email": "user@example.com", "pw": "correct horse"}


@pytest.fixture
def client() -> Iterator[Browser]:
    app = FastAPI()
    install(app)

    @app.post("/things/{count}")
    async def things(count: int, body: RegisterIn) -> int:
        return count + len(body.email)

    @app.get("/raise/{kind}")
    async def fail(kind: str) -> None:
        cause = Exception("1045 user secret")
        raise {
            "operational": OperationalError("SELECT secret", {}, cause),
            "interface": InterfaceError("SELECT secret", {}, cause),
            "pool": PoolTimeout(),
            "refused": ApiError(Code.TOO_BUSY, headers={"Retry-After": "7"}),
        }[kind]

    client = Browser(app)
    yield client
    client.close()


BAD_BODIES = [
    ("malformed JSON", b'{"email": ', "4000002"),
    ("not UTF-8", b"\xff", "4000002"),
    ("no body", b"", "4220002"),
    ("a list", b"[]", "4220001"),
    ("a field missing", b'{"email": "user@example.com"}', "4220002"),
    ("an unknown field", b'{"email": "user@example.com", "pw": "correct horse", "age": 3}', "4220003"),
    ("no address", b'{"email": "user", "pw": "correct horse"}', "4220106"),
    ("a NUL", b'{"email": "user@example.com", "pw": "correct horse", "name": "a\\u0000b"}', "4220103"),
    ("too short", b'{"email": "user@example.com", "pw": "short"}', "4220102"),
    ("too long", b'{"email": "user@example.com", "pw": "' + b"x" * 73 + b'"}', "4220101"),
]


@pytest.mark.parametrize(("body", "code"), [each[1:] for each in BAD_BODIES], ids=[each[0] for each in BAD_BODIES])
def test_each_kind_of_bad_body_has_its_own_code(client: Browser, body: bytes, code: str) -> None:
    answer = client.request("POST", "/things/1", content=body, headers={"Content-Type": "application/json"})
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["code"], problem["status"], answer.status_code) == (code, int(code[:3]), int(code[:3]))
    assert {"type", "title", "status", "detail", "code", "msg"} <= problem.keys()


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/octet-stream"]
)
def test_another_content_type_is_415(client: Browser, content_type: str) -> None:
    answer = client.request("POST", "/things/1", content=b'{"a": 1}', headers={"Content-Type": content_type})
    assert (answer.status_code, answer.json()["code"]) == (415, "4150001")


def test_every_bad_field_is_named(client: Browser) -> None:
    answer = client.request("POST", "/things/one", json={**GOOD, "email": "user", "age": 3}).json()
    assert {(each["field"], each["code"]) for each in answer["errors"]} == {
        ("count", "4220001"),
        ("email", "4220106"),
        ("age", "4220003"),
    }


def test_the_answer_to_a_bad_password_does_not_repeat_it(client: Browser) -> None:
    assert "s3cret!" not in client.request("POST", "/things/1", json={**GOOD, "pw": "s3cret!"}).text


@pytest.mark.parametrize(
    ("method", "path", "code"), [("GET", "/nowhere", "4040001"), ("DELETE", "/things/1", "4050001")]
)
def test_what_the_framework_refuses_is_a_problem_too(client: Browser, method: str, path: str, code: str) -> None:
    answer = client.request(method, path)
    assert answer.json()["code"] == code
    assert answer.headers.get("allow") == ("POST" if code == "4050001" else None)


@pytest.mark.parametrize(
    ("kind", "code", "retry_after"),
    [
        ("operational", "5030002", "5"),
        ("interface", "5030002", "5"),
        ("pool", "5030001", "1"),
        ("refused", "5030001", "7"),
    ],
)
def test_what_passes_by_itself_says_when_to_come_back(client: Browser, kind: str, code: str, retry_after: str) -> None:
    with capture_logs() as logs:
        answer = client.request("GET", f"/raise/{kind}")
    assert (answer.json()["code"], answer.headers["retry-after"]) == (code, retry_after)
    assert "secret" not in answer.text + str(logs)


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("", "ko"),
        ("ko-KR,ko;q=0.9,en;q=0.8", "ko"),
        ("en-US,en;q=0.9", "en"),
        ("en, ko", "ko"),
        ("ko;q=0.3, en;q=0.4", "en"),
        ("de, fr;q=0.5", "ko"),
        ("*", "ko"),
        ("en;q=0", "ko"),
        ("en;q=much", "ko"),
    ],
)
def test_the_person_reads_his_language(client: Browser, accept: str, language: str) -> None:
    answer = client.request("GET", "/nowhere", headers={"Accept-Language": accept})
    assert answer.headers["content-language"] == language
    assert answer.json()["msg"] == (Code.ROUTE_NOT_FOUND.english if language == "en" else Code.ROUTE_NOT_FOUND.korean)


def test_a_401_names_a_scheme() -> None:
    assert problem(ApiError(Code.UNKNOWN_KEY), Headers()).headers["www-authenticate"] == "Bearer"


def test_the_document_names_every_code_of_a_status() -> None:
    documented = problems(401, 503)
    assert documented.keys() == {401, 503}
    assert all(code.value in documented[401]["description"] for code in Code if code.status == 401)
