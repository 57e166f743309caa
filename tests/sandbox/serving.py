"""Serves an ASGI application on a free port of 127.0.0.1 while a test runs."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import APIRouter, FastAPI

from sandbox.server import Protocol


@contextmanager
def served(prefix: str, *routers: APIRouter) -> Iterator[str]:
    app = FastAPI()
    for router in routers:
        app.include_router(router, prefix=prefix)
    config = uvicorn.Config(app, host="127.0.0.1", port=0, http=Protocol, log_level="critical", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}{prefix}"
    finally:
        server.should_exit = True
        thread.join()
