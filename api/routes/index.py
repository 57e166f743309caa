"""The front door: what this is, and whose key one holds."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from api.errors import problems
from api.security.caller import signed_caller
from api.security.who import Caller

VERSION: Final = "0.1.0"

router = APIRouter()


class IndexOut(BaseModel):
    """What runs here, and where to go on."""

    name: str
    version: str
    links: dict[str, str]


class ServicesOut(BaseModel):
    """Whose key signed this request."""

    your_email: str


@router.get("/", tags=["index"], summary="What this is")
async def index() -> IndexOut:
    """Say what runs here, and where to go on."""
    links = {name: f"/{name}" for name in ("docs", "health", "ready", "metrics")} | {"openapi": "/openapi.json"}
    return IndexOut(name="alrim", version=VERSION, links=links)


@router.get(
    "/api/services", tags=["services"], summary="Whose key this is", responses=problems(400, 401, 403, 429, 503)
)
async def services(caller: Annotated[Caller, Depends(signed_caller)]) -> ServicesOut:
    """Try a key and its signature: answers with the account's e-mail address."""
    return ServicesOut(your_email=caller.email)
