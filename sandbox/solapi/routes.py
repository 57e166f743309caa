"""Puts SOLAPI's routes together behind its authentication."""

from fastapi import APIRouter, Depends, Request

from sandbox.solapi.account import Account
from sandbox.solapi.account_routes import AccountRoutes
from sandbox.solapi.auth import Authenticator
from sandbox.solapi.delivery import Delivery
from sandbox.solapi.errors import absent
from sandbox.solapi.group_routes import GroupRoutes
from sandbox.solapi.message_routes import MessageRoutes
from sandbox.state import State
from sandbox.vendor_error import VendorRoute


def router(state: State) -> APIRouter:
    """Make SOLAPI's routes, for mounting at `/solapi`."""
    authenticator = Authenticator()

    async def authenticate(request: Request) -> None:
        authenticator.check(request.headers.get("authorization"), state.clock())

    async def nowhere() -> None:
        raise absent()

    routes = APIRouter(route_class=VendorRoute, dependencies=[Depends(authenticate)])
    account = Account(state.settings)
    delivery = Delivery(state, account)
    MessageRoutes(state, account, delivery).attach(routes)
    GroupRoutes(state, account, delivery).attach(routes)
    AccountRoutes(state, account).attach(routes)
    routes.add_api_route("/{path:path}", nowhere, methods=["GET", "POST", "PUT", "DELETE"])
    return routes
