"""Gmail's AUTH XOAUTH2: an access token instead of a password.

The response is `user=<address>^Aauth=Bearer <token>^A^A`; a refusal first explains itself in a challenge, which the
client answers with an empty line (https://developers.google.com/workspace/gmail/imap/xoauth2-protocol). It must not
know what is sent afterwards.
"""

import base64
import binascii
import json
import re
from datetime import datetime
from typing import Final

from aiosmtpd.smtp import MISSING, SMTP, AuthResult, LoginPassword

from sandbox import google_tokens

_RESPONSE: Final = re.compile(r"user=([^\x01]+)\x01auth=Bearer ([^\x01]+)\x01\x01", re.IGNORECASE)
_EXPLANATION: Final = json.dumps({"status": "400", "schemes": "Bearer", "scope": google_tokens.MAIL})
_REFUSAL: Final = "535 5.7.8 Username and Password not accepted. - gsmtp"


async def authenticate(server: SMTP, args: list[str], now: datetime) -> AuthResult:
    """Conduct the exchange after `AUTH XOAUTH2`, with or without an initial response.

    A success carries the address, by which the mail server knows the account.
    """
    response = await _response(server, args)
    if response is None:
        return AuthResult(success=False)
    user = user_of(response, now)
    if user is not None:
        login = LoginPassword(user.encode(), b"")
        return AuthResult(success=True, message="235 2.7.0 Accepted", auth_data=login)
    if await server.challenge_auth(_EXPLANATION) is MISSING:
        return AuthResult(success=False)
    return AuthResult(success=False, handled=False, message=_REFUSAL)


def user_of(response: bytes, now: datetime) -> str | None:
    """Say whose account a response opens: that of the token's own person, if the token may mail; else None."""
    said = _RESPONSE.fullmatch(response.decode(errors="replace"))
    if said is None:
        return None
    user, token = said.groups()
    grant = google_tokens.read_access(token, now)
    if grant is None or google_tokens.MAIL not in grant.scopes:
        return None
    address = grant.person.email
    return address if user.casefold() == address.casefold() else None


async def _response(server: SMTP, args: list[str]) -> bytes | None:
    """The client's response; None if it sent none, and the server has said so."""
    if len(args) == 1:
        challenged = await server.challenge_auth("")
        return challenged if isinstance(challenged, bytes) else None
    try:
        return base64.b64decode(args[1], validate=True)
    except (binascii.Error, ValueError):
        await server.push("501 5.5.2 Cannot Decode response")
        return None
