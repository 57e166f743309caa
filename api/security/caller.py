"""Who is asking: the dependencies by which a route says whom it answers.

`signed_caller` for what a key alone may do, `bearer_account` for what only a person may, `either_caller` for
looking. Everything that is signed is read from raw ASGI values, since a decoded path or query is another text.
On the accept path nothing leaves the event loop while the key is remembered.
"""

import time
from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated, Any, Final

import anyio.to_thread
from fastapi import Request, Security
from fastapi.security import HTTPAuthorizationCredentials
from fastapi.security.base import SecurityBase

from api import accounts
from api.errors import ApiError, Code
from api.security import tokens
from api.security.keys import KeyFacts, find_key
from api.security.networks import Address, client_address, is_within, parse_networks
from api.security.quota import quota
from api.security.schemes import BEARER, SIGNATURE
from api.security.signatures import SignedRequest, idempotency_key, read_claim, verify, verify_before_body
from api.security.usage import usage
from api.security.who import BearerAccount, Caller, Uploader, Viewer
from config.settings import Api, Installation, settings
from config.vocabulary import KeyStatus, Role
from models.login_session import LoginSession
from models.session import snapshot
from models.types import utc_now

FORWARDED: Final = b"x-forwarded-for"
READING: Final = frozenset({"GET", "HEAD"})
ONCE: Final = frozenset({b"x-signature", b"secret", b"authorization", b"idempotency-key"})


class SignedCaller(SecurityBase):
    """The dependency of the routes that accept; a security scheme itself, so that it costs one call."""

    model = SIGNATURE.model
    scheme_name = SIGNATURE.scheme_name

    async def __call__(self, request: Request) -> Caller:
        """Verify the request's signature.

        Raises:
            ApiError: nobody signed it, somebody else did, or not from here.
        """
        return await _signed(request, stores=True)


signed_caller = SignedCaller()


class SignedUploader(SecurityBase):
    """The dependency of routes that read a body while it arrives."""

    model = SIGNATURE.model
    scheme_name = SIGNATURE.scheme_name

    async def __call__(self, request: Request) -> Uploader:
        """Verify everything but the body.

        Raises:
            ApiError: nobody signed it, somebody else did, or not from here.
        """
        scope, headers = request.scope, _headers(request)
        signature = headers.get(b"x-signature", headers.get(b"secret"))
        if signature is None:
            facts, expected = await _stand_in(headers.get(b"authorization")), None
        else:
            claim = read_claim(scope["query_string"])
            facts = await _facts(claim.access_key)
            now = time.time()
            expected = verify_before_body(scope["query_string"], signature, claim, facts.secrets(now), now)
        await _admit(request, facts)
        start = b"\n".join((scope["method"].encode(), scope["raw_path"], b"", b""))
        return Uploader(facts.account_id, facts.api_key_id, start, expected)


signed_uploader = SignedUploader()

Token = Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)]


def bearer_account(request: Request, token: Token) -> BearerAccount:
    """Find who holds this access token; reads the database, so it runs in a thread.

    Raises:
        ApiError: there is no token, it is not valid, or its account is gone.
    """
    if token is None:
        raise ApiError(Code.CREDENTIALS_MISSING, detail="Authorization: Bearer … is missing")
    account = _account(token.credentials)
    request.state.email, request.state.account_id = account.email, account.id
    return account


async def either_caller(request: Request, token: Token, _sign: Annotated[object, Security(SIGNATURE)]) -> Viewer:
    """Find who looks, by access token or by signature.

    A legacy signature without a digest is no leave to change anything here: only what is accepted is stored
    under its signature, so only there it can be good for one POST.

    Raises:
        ApiError: neither is valid.
    """
    if token is None:
        caller = await _signed(request, stores=False)
        return Viewer(caller.account_id, Role.USER, caller.api_key_id)
    account = await anyio.to_thread.run_sync(_account, token.credentials)
    request.state.email, request.state.account_id = account.email, account.id
    return Viewer(account.id, account.role)


def address_of(scope: Mapping[str, Any]) -> Address | None:
    """Find the client's address, by the proxies that this installation trusts."""
    peer, proxies = scope.get("client"), parse_networks(settings(Api).trusted_proxies)
    forwarded = [value.decode("latin-1") for name, value in scope["headers"] if proxies and name == FORWARDED]
    return client_address(peer[0] if peer else None, forwarded, proxies)


def _account(token: str) -> BearerAccount:
    access = tokens.read(token)
    with snapshot() as session:
        account = accounts.find(session, access.account_id)
        login = LoginSession.get(session, access.session_id)
    if login is None or login.account_id != account.id or login.expires_at <= utc_now():
        raise ApiError(Code.TOKEN_INVALID, detail="this login has ended: log in again")
    return BearerAccount(account.id, account.email or "", account.role, login.id, login.created_at)


async def _signed(request: Request, *, stores: bool) -> Caller:
    scope, headers = request.scope, _headers(request)
    body = await request.body()
    method, path = scope["method"], scope["raw_path"]
    signature = headers.get(b"x-signature", headers.get(b"secret"))
    key_header = headers.get(b"idempotency-key")
    if signature is None:
        facts = await _stand_in(headers.get(b"authorization"))
        name = idempotency_key(key_header) if method == "POST" else None
    else:
        claim = read_claim(scope["query_string"])
        facts = await _facts(claim.access_key)
        signed = SignedRequest(method, path, scope["query_string"], body, signature, key_header)
        now = time.time()
        legacy = facts.legacy_signing and may_sign_as_before() and (stores or method != "POST")
        name = verify(signed, claim, facts.secrets(now), now, legacy=legacy)
    await _admit(request, facts)
    return Caller(
        account_id=facts.account_id,
        api_key_id=facts.api_key_id,
        email=facts.email,
        kind=facts.kind,
        channels=facts.channels,
        idempotency=None if name is None else sha256(name).digest(),
        body_hash=sha256(b"\n".join((method.encode(), path, body))).digest(),
        body=body,
    )


def may_sign_as_before() -> bool:
    """Whether keys with legacy signing may use it on this installation."""
    return settings(Installation).is_local or settings(Api).allow_legacy_signing


def _headers(request: Request) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for name, value in request.scope["headers"]:
        if name in ONCE:
            if name in found:
                raise ApiError(Code.DUPLICATE_PARAMETER, detail=f"header {name.decode()} stands twice")
            found[name] = value
    return found


async def _stand_in(authorization: bytes | None) -> KeyFacts:
    if authorization is None or not settings(Installation).is_local:
        raise ApiError(Code.CREDENTIALS_MISSING, detail="header X-Signature is missing")
    return await _facts(authorization.decode("latin-1"))


async def _facts(access_key: str) -> KeyFacts:
    facts = await find_key(access_key)
    if facts is None:
        raise ApiError(Code.UNKNOWN_KEY)
    return facts


async def _admit(request: Request, facts: KeyFacts) -> None:
    """Let a verified key in, if it may be used so and from here, and take its request from its quota."""
    if facts.status is not KeyStatus.ACTIVE:
        raise ApiError(Code.KEY_STOPPED)
    if facts.expires <= time.time():
        raise ApiError(Code.KEY_EXPIRED)
    address = address_of(request.scope)
    if facts.networks and (address is None or not is_within(address, facts.networks)):
        raise ApiError(Code.NETWORK_NOT_ALLOWED, detail="the key's whitelist does not hold this address")
    if facts.read_only and request.method not in READING:
        raise ApiError(Code.KEY_READS_ONLY)
    request.state.email, request.state.account_id = facts.email, facts.account_id
    request.state.room = await quota().request(facts.api_key_id, facts.account_id)
    usage().note(facts.api_key_id, address)
