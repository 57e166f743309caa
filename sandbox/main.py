"""Puts the imitated providers, the inbox and the faults together into one ASGI application.

Providers do not know each other; whoever adds one adds its line here.
"""

from fastapi import FastAPI

from sandbox import control, google_oauth, kakao, kakao_oauth, page, ses
from sandbox.gate import Gate
from sandbox.solapi import routes as solapi
from sandbox.state import State


def create(state: State) -> FastAPI:
    """Make the application around this state, which is also at `app.state.sandbox`."""
    app = FastAPI(title="sandbox", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.sandbox = state
    app.add_middleware(Gate, state=state)
    app.include_router(control.router(state))
    app.include_router(solapi.router(state), prefix="/solapi")
    app.include_router(kakao_oauth.router(state), prefix="/kakao/auth")
    app.include_router(kakao.router(state), prefix="/kakao/api")
    app.include_router(google_oauth.router(state), prefix="/google")
    app.include_router(ses.router(state), prefix="/aws")
    app.include_router(page.router(state))
    return app
