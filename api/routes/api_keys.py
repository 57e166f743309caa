"""API keys and their whitelists, by their owner only: another's id is as good as none."""

import secrets
import string
from collections.abc import Sequence
from typing import Annotated, Final
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session

from api.errors import ApiError, Code, problems
from api.schemas.api_keys import (
    MOST_NETWORKS,
    ApiKeyChangeIn,
    ApiKeyIn,
    ApiKeyMadeOut,
    ApiKeyOut,
    WhitelistIn,
    WhitelistOut,
)
from api.security.caller import BearerAccount, bearer_account, may_sign_as_before
from api.security.keys import SECRET_PLACE
from config.vocabulary import AccountStatus, KeyStatus
from models.account import Account
from models.api_key import ApiKey
from models.sealing import sealer
from models.session import snapshot, transaction
from models.types import new_id
from models.whitelist import Whitelist

MOST_KEYS: Final = 3
SECRET_LENGTH: Final = 40
SECRET_LETTERS: Final = string.ascii_letters + string.digits

router = APIRouter(prefix="/api/user/apikeys", tags=["apikeys"])
Me = Annotated[BearerAccount, Depends(bearer_account)]


@router.get("", summary="List my API keys", responses=problems(401, 503))
def list_api_keys(me: Me) -> list[ApiKeyOut]:
    """List one's active keys, oldest first."""
    with snapshot() as session:
        return [_shown(key) for key in _active(session, me)]


@router.post("", summary="Make an API key", status_code=201, responses=problems(400, 401, 403, 409, 413, 415, 422, 503))
def create_api_key(me: Me, body: ApiKeyIn) -> ApiKeyMadeOut:
    """Make a key; its secret is shown this once. An account has at most 3 active keys."""
    _check_legacy(body.legacy_signing)
    key_id, secret = new_id(), "".join(secrets.choice(SECRET_LETTERS) for _ in range(SECRET_LENGTH))
    with transaction() as session:
        _lock(session, me)
        if len(_active(session, me)) >= MOST_KEYS:
            raise ApiError(Code.TOO_MANY_KEYS)
        key = ApiKey.create(
            session,
            id=key_id,
            account_id=me.id,
            access_key=str(uuid4())[:-12] + str(uuid4()),
            secret=sealer().seal(SECRET_PLACE, key_id, secret.encode()),
            user_memo=body.user_memo,
            legacy_signing=body.legacy_signing,
            whitelist=[Whitelist(id=new_id(), network=network) for network in dict.fromkeys(body.whitelist)],
        )
        return ApiKeyMadeOut(**_shown(key).model_dump(), secret_key=secret)


@router.put("/{key_id}", summary="Change an API key", responses=problems(400, 401, 403, 404, 413, 415, 422, 503))
def update_api_key(me: Me, key_id: UUID, body: ApiKeyChangeIn) -> ApiKeyOut:
    """Change a key's memo, or whether it may sign the legacy way."""
    _check_legacy(body.legacy_signing)
    with transaction() as session:
        key = _own(session, me, key_id)
        for name, value in body.model_dump(exclude_none=True).items():
            setattr(key, name, value)
        return _shown(key)


@router.delete("/{key_id}", summary="Stop an API key", status_code=204, responses=problems(401, 404, 422, 503))
def delete_api_key(me: Me, key_id: UUID) -> None:
    """Stop a key for good; within two seconds it signs nothing any more."""
    with transaction() as session:
        _own(session, me, key_id).status = KeyStatus.STOPPED


@router.get("/{key_id}/whitelists", summary="List a key's networks", responses=problems(401, 404, 422, 503))
def list_whitelists(me: Me, key_id: UUID) -> list[WhitelistOut]:
    """List the networks from which a key may be used; none means everywhere."""
    with snapshot() as session:
        return _shown(_own(session, me, key_id)).whitelist


@router.post(
    "/{key_id}/whitelists",
    summary="Allow a network",
    status_code=201,
    responses=problems(400, 401, 404, 409, 413, 415, 422, 503),
)
def create_whitelist(me: Me, key_id: UUID, body: WhitelistIn) -> WhitelistOut:
    """Allow a network; one that is allowed already is answered as it is. A key has at most 10."""
    with transaction() as session:
        _lock(session, me)
        key = _own(session, me, key_id)
        entry = next((each for each in key.whitelist if each.network == body.network), None)
        if entry is None:
            if len(key.whitelist) >= MOST_NETWORKS:
                raise ApiError(Code.TOO_MANY_NETWORKS)
            entry = Whitelist.create(session, api_key_id=key.id, network=body.network)
        return _entry(entry)


@router.delete(
    "/{key_id}/whitelists/{whitelist_id}",
    summary="Take a network away",
    status_code=204,
    responses=problems(401, 404, 422, 503),
)
def delete_whitelist(me: Me, key_id: UUID, whitelist_id: UUID) -> None:
    """Take a network off the list; after the last one the key may be used from everywhere."""
    with transaction() as session:
        key = _own(session, me, key_id)
        entry = next((each for each in key.whitelist if each.id == whitelist_id), None)
        if entry is None:
            raise ApiError(Code.WHITELIST_NOT_FOUND)
        key.whitelist.remove(entry)


def _check_legacy(wanted: bool | None) -> None:  # noqa: FBT001 - the field's own value, as it came
    if wanted and not may_sign_as_before():
        raise ApiError(Code.LEGACY_SIGNING_CLOSED, detail="legacy_signing: needs ALRIM_ALLOW_LEGACY_SIGNING=true")


def _lock(session: Session, me: BearerAccount) -> None:
    """Lock the account's row, so that two requests cannot both take the last place."""
    account = session.get(Account, me.id, with_for_update=True)
    if account is None or account.status is not AccountStatus.ACTIVE:
        raise ApiError(Code.TOKEN_INVALID)


def _active(session: Session, me: BearerAccount) -> Sequence[ApiKey]:
    return ApiKey.filter(session, ApiKey.account_id == me.id, ApiKey.status == KeyStatus.ACTIVE)


def _own(session: Session, me: BearerAccount, key_id: UUID) -> ApiKey:
    key = ApiKey.get(session, key_id)
    if key is None or key.account_id != me.id or key.status is not KeyStatus.ACTIVE:
        raise ApiError(Code.API_KEY_NOT_FOUND, detail=f"you have no API key {key_id}")
    return key


def _shown(key: ApiKey) -> ApiKeyOut:
    return ApiKeyOut(
        id=key.id,
        access_key=key.access_key,
        user_memo=key.user_memo,
        legacy_signing=key.legacy_signing,
        status=key.status,
        whitelist=[_entry(entry) for entry in key.whitelist],
        created_at=key.created_at,
    )


def _entry(entry: Whitelist) -> WhitelistOut:
    return WhitelistOut(id=entry.id, network=entry.network, created_at=entry.created_at)
