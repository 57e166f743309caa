import requests
from fastapi import APIRouter, Response

from sandbox.vendor_error import VendorError, VendorRoute
from tests.sandbox.serving import served


def test_a_refusal_becomes_its_own_answer() -> None:
    routes = APIRouter(route_class=VendorRoute)

    @routes.get("/refused")
    def refused() -> Response:
        raise VendorError(418, "Teapot", {"code": -1}, {"X-Code": "Teapot"})

    with served("", routes) as base:
        answer = requests.get(f"{base}/refused", timeout=5)
    assert (answer.status_code, answer.json(), answer.headers["X-Code"]) == (418, {"code": -1}, "Teapot")


def test_its_text_is_the_code_alone() -> None:
    assert str(VendorError(400, -2, {"msg": "someone@example.com"})) == "-2"
