"""How a refusal leaves: one exception, one shape (RFC 9457 `application/problem+json`), one place.

`detail` is for the developer and always English, `msg` for the person, Korean or by `Accept-Language` English.
Nothing that a request carried is logged here, and nothing of an unexpected error is shown.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from api.error_table import Code
from api.field_codes import FIELD_CODES

__all__ = ["ApiError", "Code", "install", "problem", "problems"]

log = structlog.get_logger()

MEDIA_TYPE: Final = "application/problem+json"
MOST_FIELDS: Final = 50
BY_STATUS: Final[Mapping[int, Code]] = {
    404: Code.ROUTE_NOT_FOUND,
    405: Code.METHOD_NOT_ALLOWED,
    408: Code.BODY_TOO_SLOW,
    413: Code.BODY_TOO_LARGE,
    415: Code.NOT_JSON,
}
"""What the framework refuses by itself; FastAPI's only 400 is a body that does not parse."""
SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "title": "Problem",
    "required": ["type", "title", "status", "detail", "code", "msg"],
    "properties": {
        "type": {"type": "string", "description": "A relative URI that ends in the code."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "For the developer, in English."},
        "code": {"type": "string", "pattern": "^[0-9]{7}$", "description": "Stable: branch on this."},
        "msg": {"type": "string", "description": "For the person: Korean, or English by Accept-Language."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "detail"],
                "properties": {name: {"type": "string"} for name in ("field", "code", "detail")},
            },
        },
    },
}


class ApiError(Exception):
    """A refusal with its code. `errors` names fields, each `{field, code, detail}`."""

    def __init__(
        self,
        code: Code,
        *,
        detail: str = "",
        headers: Mapping[str, str] | None = None,
        errors: Sequence[Mapping[str, str]] = (),
    ) -> None:
        """Take the code, and what helps the developer; never a recipient, a body or a secret."""
        super().__init__(code.name)
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})
        self.errors = errors


def problem(error: ApiError, headers: Headers) -> Response:
    """Answer a request that had these headers with a refusal."""
    code, english = error.code, _speaks_english(headers.get("accept-language", ""))
    answer = JSONResponse(_body(error, english=english), code.status, error.headers, MEDIA_TYPE)
    answer.headers["Content-Language"] = "en" if english else "ko"
    answer.headers["Vary"] = "Accept-Language"
    if code.status == 401:  # noqa: PLR2004 - RFC 9110 §11.6.1: a 401 names a scheme
        answer.headers.setdefault("WWW-Authenticate", "Bearer")
    if code.status == 503:  # noqa: PLR2004 - every 503 of this API passes by itself
        answer.headers.setdefault("Retry-After", "1")
    return answer


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Document the refusals of a route: for each status, the codes it can carry, the first as the example."""
    carried = {status: [code for code in Code if code.status == status] for status in statuses}
    return {
        status: {
            "description": " · ".join(f"`{code.value}` {code.english}" for code in codes),
            "content": {MEDIA_TYPE: {"schema": SCHEMA, "example": _body(ApiError(codes[0]), english=False)}},
        }
        for status, codes in carried.items()
    }


def _body(error: ApiError, *, english: bool) -> dict[str, Any]:
    code = error.code
    body: dict[str, Any] = {
        "type": f"/problems/{code.value}",
        "title": code.english,
        "status": code.status,
        "detail": error.detail or code.english,
        "code": code.value,
        "msg": code.english if english else code.korean,
    }
    return body | ({"errors": list(error.errors)} if error.errors else {})


def install(app: FastAPI) -> None:
    """Give an application the handlers for every refusal; unexpected errors are `RequestLog`'s."""
    app.add_exception_handler(ApiError, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _framework)
    app.add_exception_handler(OperationalError, _away)
    app.add_exception_handler(InterfaceError, _away)
    app.add_exception_handler(PoolTimeout, _busy)


def _answer(request: Request, error: ApiError) -> Response:
    # For the request's event: whoever reads the log sees who is refused for what.
    request.state.code = error.code.value
    return problem(error, request.headers)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)  # noqa: S101 - registered for this class; Starlette's type is wider
    return _answer(request, error)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as in _refused
    found = error.errors()
    if any(each["loc"] == ("body",) and isinstance(each.get("input"), bytes) for each in found):
        detail = f"Content-Type is {request.headers.get('content-type', 'missing')[:80]}"
        return _answer(request, ApiError(Code.NOT_JSON, detail=detail))
    return _answer(request, invalid(found))


def invalid(found: Sequence[Mapping[str, Any]]) -> ApiError:
    """Make the refusal of a body from pydantic's errors, whose places begin with `body`."""
    fields = [field_error(each) for each in found[:MOST_FIELDS]]
    code, first = _code(found[0]), fields[0]
    if code is Code.MALFORMED_JSON:
        # Where a field would be named, FastAPI says at which character, from 0, the parser stopped.
        return ApiError(code, detail=f"{first['detail']}, at character {first['field']}")
    return ApiError(code, detail=f"{first['field']}: {first['detail']}", errors=fields)


def _code(found: Mapping[str, Any]) -> Code:
    return FIELD_CODES.get(found["type"], Code.FIELD_INVALID)


def field_error(found: Mapping[str, Any]) -> dict[str, str]:
    """Say of one of pydantic's errors which field it is about, its code, and what is wrong."""
    # A place can hold what the caller wrote: an unknown name, with half a surrogate pair in it.
    place = [str(part).encode("utf-8", "replace").decode() for part in found["loc"]]
    # An error that concerns several fields stands at their parent, and names the one to change first.
    named = str(found.get("ctx", {}).get("field", ""))
    if named and named not in place:
        place.append(named)
    # A custom error of ours carries its own words; pydantic's are written for developers too.
    detail = f"{found['msg']}: {found['ctx']['error']}" if found["type"] == "json_invalid" else str(found["msg"])
    return {"field": ".".join(place[1:]) or place[0], "code": _code(found).value, "detail": detail}


async def _framework(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - as in _refused
    status = error.status_code
    code = BY_STATUS.get(status, Code.MALFORMED_JSON if status == 400 else Code.BAD_REQUEST)  # noqa: PLR2004 - see BY_STATUS
    # What is no more than the status in words, the table says better.
    detail = "" if error.detail == HTTPStatus(status).phrase else error.detail
    return _answer(request, ApiError(code, detail=detail, headers=error.headers))


async def _away(request: Request, error: Exception) -> Response:
    log.error("database.away", error=type(error).__name__)
    return _answer(request, ApiError(Code.STORE_AWAY, headers={"Retry-After": "5"}))


async def _busy(request: Request, _error: Exception) -> Response:
    log.warning("database.busy")
    return _answer(request, ApiError(Code.TOO_BUSY))


def _speaks_english(accept_language: str) -> bool:
    """Whether English is preferred to Korean (RFC 9110 §12.5.4); what is not said, or equal, is Korean."""
    weights = {"ko": 0.0, "en": 0.0}
    for part in accept_language.lower().split(","):
        tag, _, quality = part.partition(";")
        language = tag.strip().partition("-")[0]
        if language in weights:
            weights[language] = max(weights[language], _quality(quality))
    return weights["en"] > weights["ko"]


def _quality(text: str) -> float:
    name, _, value = text.strip().partition("=")
    try:
        return float(value) if name == "q" else 1.0
    except ValueError:
        return 0.0
