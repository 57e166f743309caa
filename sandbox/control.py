"""The sandbox's own interface: read and empty the inbox, watch it, look at its pictures, set and clear faults.

It must know no provider, only what all of them share.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response, StreamingResponse

from sandbox.faults import Fault, Kind
from sandbox.inbox import Entry
from sandbox.state import State


class FaultIn(BaseModel):
    """A fault as `PUT /faults` takes it."""

    model_config = ConfigDict(extra="forbid")

    channel: Literal["kakao", "solapi", "google", "gmail", "ses"]
    kind: Kind
    rate: float = Field(ge=0.0, le=1.0)
    status: int = Field(default=503, ge=200, le=599)
    seconds: float | None = Field(default=None, ge=0.0)


def router(state: State) -> APIRouter:
    """Make the routes of `/inbox.json`, `/inbox/…` and `/faults`."""
    routes = APIRouter()
    _add_inbox(routes, state)
    _add_faults(routes, state)
    return routes


def _add_inbox(routes: APIRouter, state: State) -> None:

    @routes.get("/inbox.json")
    async def inbox(channel: str | None = None, to: str | None = None, limit: int | None = None) -> Response:
        entries = state.inbox.entries(channel, to)
        if limit is not None:
            entries = entries[-limit:] if limit > 0 else []
        return Response(await asyncio.to_thread(_listed, entries), media_type="application/json")

    @routes.delete("/inbox.json", status_code=204)
    async def empty() -> None:
        state.inbox.clear()

    @routes.get("/inbox/pictures/{name}")
    async def picture(name: str) -> Response:
        content = state.inbox.picture(name)
        if content is None:
            return Response(status_code=404)
        media_type = "image/png" if content.startswith(b"\x89PNG") else "image/jpeg"
        return Response(content, media_type=media_type, headers={"X-Content-Type-Options": "nosniff"})

    @routes.get("/inbox/events")
    async def events() -> StreamingResponse:
        return StreamingResponse(_events(state), media_type="text/event-stream", headers={"Cache-Control": "no-cache"})


def _add_faults(routes: APIRouter, state: State) -> None:
    @routes.get("/faults")
    async def faults() -> list[dict[str, Any]]:
        return [FaultIn.model_validate(fault, from_attributes=True).model_dump() for fault in state.faults.all()]

    @routes.put("/faults")
    async def set_fault(fault: FaultIn) -> FaultIn:
        state.faults.put(Fault(**fault.model_dump()))
        return fault

    @routes.delete("/faults", status_code=204)
    async def clear_faults() -> None:
        state.faults.clear()


def _listed(entries: list[Entry]) -> bytes:
    return json.dumps([entry.as_json() for entry in entries], ensure_ascii=False, separators=(",", ":")).encode()


async def _events(state: State) -> AsyncIterator[bytes]:
    yield b": the inbox, one event for each new message\n\n"
    async with aclosing(state.inbox.watch()) as entries:
        async for entry in entries:
            yield b"data: " + json.dumps(entry.as_json(), ensure_ascii=False).encode() + b"\n\n"
