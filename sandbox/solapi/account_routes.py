"""SOLAPI's storage, balance and quota.

Source: solapi/documents, storage/uploadfile.md and cash/getbalance.md. Of an image only its id remains, and
the newest ones' content for the inbox page.
"""

import base64
import binascii
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from sandbox.solapi import bodies, shapes
from sandbox.solapi.account import ACCOUNT_ID, Account
from sandbox.solapi.errors import invalid
from sandbox.solapi.groups import new_id
from sandbox.state import State

KIB: Final = 1024
LARGEST: Final = {"MMS": 200 * KIB, "KAKAO": 500 * KIB, "DOCUMENT": 2048 * KIB}
OTHER_TYPES: Final = frozenset({"RCS", "FAX", "BMS"})
FILE_ID_LENGTH: Final = 32
_JPEG: Final = b"\xff\xd8\xff"
_PNG: Final = b"\x89PNG\r\n\x1a\n"


class AccountRoutes:
    """The routes that are no message's."""

    def __init__(self, state: State, account: Account) -> None:
        self._state = state
        self._account = account

    def attach(self, routes: APIRouter) -> None:
        """Add the routes."""
        routes.add_api_route("/storage/v1/files", self.upload, methods=["POST"])
        routes.add_api_route("/cash/v1/balance", self.balance, methods=["GET"])
        routes.add_api_route("/quota/v1/me", self.quota, methods=["GET"])

    async def upload(self, request: Request) -> Response:
        """Take an image; its id is what a message names."""
        body = await bodies.fields(request)
        type_, name = body.get("type"), body.get("name") or "file"
        content = _decoded(body.get("file"))
        _demand_acceptable(str(type_), content)
        now = self._state.clock()
        prefix = "ST01FP" if content.startswith(_PNG) else "ST01FJ"
        file_id = new_id(prefix, now)[:FILE_ID_LENGTH]
        shown: dict[str, Any] = {
            "fileId": file_id,
            "type": type_,
            "name": name,
            "originalName": name,
            "link": body.get("link"),
            "url": f"https://sandbox.invalid/{file_id}",
            "accountId": ACCOUNT_ID,
            "references": [],
            "fileSize": len(content),
            "kakao": {"daou": None, "biztalk": None},
            "dateCreated": shapes.moment(now),
            "dateUpdated": shapes.moment(now),
        }
        self._account.files[file_id] = shown
        self._state.inbox.keep_picture(file_id, content)
        return JSONResponse(shown)

    async def balance(self) -> Response:
        """Show the cash that is left, in won."""
        balance = self._account.balance
        return JSONResponse(
            {
                "balance": balance,
                "point": 0,
                "accountId": ACCOUNT_ID,
                "lowBalanceAlert": {"notificationBalance": "0", "currentBalance": str(balance), "enabled": False},
                "minimumCash": 0,
                "rechargeTo": 0,
                "autoRecharge": 0,
                "rechargeTryCount": 0,
            }
        )

    async def quota(self) -> Response:
        """Show how many messages a day may be sent."""
        return JSONResponse({"accountId": ACCOUNT_ID, "quota": self._account.quota, "autoAdjustment": False})


def _decoded(file: object) -> bytes:
    try:
        content = base64.b64decode(str(file or ""), validate=True)
    except binascii.Error:
        content = b""
    if not content:
        raise invalid("file은 base64여야 합니다.")
    return content


def _demand_acceptable(type_: str, content: bytes) -> None:
    if type_ not in LARGEST and not any(type_.startswith(name) for name in OTHER_TYPES):
        raise invalid("알 수 없는 파일 타입입니다.")
    if len(content) > LARGEST.get(type_, bodies.BODY_MOST):
        raise invalid("파일이 너무 큽니다.")
    if type_ == "MMS" and not content.startswith(_JPEG):
        raise invalid("MMS 이미지는 JPEG여야 합니다.")
