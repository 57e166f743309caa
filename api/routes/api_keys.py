"""API keys and their whitelists, by their owner only: another's id is as good as none."""

import secrets
import string
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Final
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session

from api import accounts
from api.errors import ApiError, Code, problems
from api.schemas.api_keys import (
    MOST_NETWORKS,
    ApiKeyChangeIn,
    ApiKeyIn,
    ApiKeyMadeOut,
    ApiKeyOut,
    RotationIn,
    WhitelistIn,
    WhitelistOut,
)
from api.security import trail
from api.security.caller import bearer_account, may_sign_as_before
from api.security.keys import PREVIOUS_PLACE, SECRET_PLACE
from api.security.who import BearerAccount
from config.providers import sandbox_credentials
from config.vocabulary import Action, Channel, KeyKind, KeyStatus, Role
from models.account import is_proven
from models.api_key import ApiKey
from models.sealing import sealer
from models.session import snapshot, transaction
from models.types import new_id, utc_now
from models.whitelist import Whitelist

MOST_KEYS: Final = 3
SECRET_LENGTH: Final = 40
SECRET_LETTERS: Final = string.ascii_letters + string.digits

router = APIRouter(prefix="/api/user/apikeys", tags=["apikeys"])
Me = Annotated[BearerAccount, Depends(bearer_account)]


@router.get("", summary="List my API keys", responses=problems(401, 503))
def list_api_keys(me: Me) -> list[ApiKeyOut]:
    """List one's keys, active and stopped, oldest first."""
    with snapshot() as session:
        return [_shown(key) for key in _kept(session, me)]


@router.post(
    "", summary="Make an API key", status_code=201, responses=problems(400, 401, 403, 408, 409, 413, 415, 422, 503)
)
def create_api_key(me: Me, body: ApiKeyIn) -> ApiKeyMadeOut:
    """Make a key; its secret is shown this once. An account has at most 3 active keys.

    Outside `local` a live key needs a proven e-mail address.
    """
    _check_legacy(body.legacy_signing)
    if body.kind is KeyKind.TEST and not sandbox_credentials():
        raise ApiError(Code.NO_SANDBOX, detail="kind: ask the operator to set ALRIM_SANDBOX_URL")
    key_id, secret = new_id(), _new_secret()
    with transaction() as session:
        account = accounts.find(session, me.id, lock=True)
        if body.kind is KeyKind.LIVE and not is_proven(account):
            raise ApiError(Code.EMAIL_NOT_VERIFIED, detail="POST /api/user/me/email mails a code; test keys need none")
        _check_room(session, me)
        key = ApiKey.create(
            session,
            id=key_id,
            account_id=me.id,
            access_key=str(uuid4())[:-12] + str(uuid4()),
            secret=sealer().seal(SECRET_PLACE, key_id, secret.encode()),
            user_memo=body.user_memo,
            legacy_signing=body.legacy_signing,
            kind=body.kind,
            read_only=body.read_only,
            channels=_words(body.channels),
            expires_at=body.expires_at,
            whitelist=[Whitelist(id=new_id(), network=network) for network in dict.fromkeys(body.whitelist)],
        )
        trail.note(session, me.viewer, Action.KEY_MADE, key.id, chosen={"kind": key.kind})
        return ApiKeyMadeOut(**_shown(key).model_dump(), secret_key=secret)


@router.put("/{key_id}", summary="Change an API key", responses=problems(400, 401, 403, 404, 408, 413, 415, 422, 503))
def update_api_key(me: Me, key_id: UUID, body: ApiKeyChangeIn) -> ApiKeyOut:
    """Change a key's memo, what it may do, or when it ends."""
    _check_legacy(body.legacy_signing)
    with transaction() as session:
        key = _own(session, me, key_id)
        for name, value in body.model_dump(exclude_none=True, exclude={"channels"}).items():
            setattr(key, name, value)
        if body.channels is not None:
            key.channels = _words(body.channels)
        if "expires_at" in body.model_fields_set:
            key.expires_at = body.expires_at
        # The trail outlives the account, and a memo is its owner's own text.
        chosen = body.model_dump(exclude_unset=True, exclude={"user_memo"})
        trail.note(session, me.viewer, Action.KEY_CHANGED, key.id, chosen=chosen)
        return _shown(key)


@router.post("/{key_id}/rotate", summary="Rotate a secret", responses=problems(400, 401, 404, 408, 413, 415, 422, 503))
def rotate_api_key(me: Me, key_id: UUID, body: RotationIn) -> ApiKeyMadeOut:
    """Give a key a new secret, shown this once; the present one still signs for `overlap_seconds`.

    A second rotation within that time ends the older of the two earlier secrets at once.
    """
    secret = _new_secret()
    with transaction() as session:
        key = _own(session, me, key_id, lock=True)
        present = sealer().open(SECRET_PLACE, key.id, key.secret)
        key.previous_secret = sealer().seal(PREVIOUS_PLACE, key.id, present)
        key.previous_until = utc_now() + timedelta(seconds=body.overlap_seconds)
        key.secret = sealer().seal(SECRET_PLACE, key.id, secret.encode())
        trail.note(session, me.viewer, Action.KEY_ROTATED, key.id, chosen=body.model_dump())
        return ApiKeyMadeOut(**_shown(key).model_dump(), secret_key=secret)


@router.post("/{key_id}/stop", summary="Stop an API key", responses=problems(401, 404, 422, 503))
def stop_api_key(me: Me, key_id: UUID) -> ApiKeyOut:
    """Stop a key until it is resumed; within two seconds it signs nothing. An operator may stop anybody's."""
    with transaction() as session:
        key = _own(session, me, key_id, anybodys=me.role is Role.OPERATOR)
        if key.status is not KeyStatus.STOPPED:
            key.status = KeyStatus.STOPPED
            trail.note(session, me.viewer, Action.KEY_STOPPED, key.id)
        return _shown(key)


@router.post("/{key_id}/resume", summary="Resume an API key", responses=problems(401, 404, 409, 422, 503))
def resume_api_key(me: Me, key_id: UUID) -> ApiKeyOut:
    """Let a stopped key sign again."""
    with transaction() as session:
        accounts.find(session, me.id, lock=True)
        key = _own(session, me, key_id)
        if key.status is not KeyStatus.ACTIVE:
            _check_room(session, me)
            key.status = KeyStatus.ACTIVE
            trail.note(session, me.viewer, Action.KEY_RESUMED, key.id)
        return _shown(key)


@router.delete("/{key_id}", summary="Delete an API key", status_code=204, responses=problems(401, 404, 422, 503))
def delete_api_key(me: Me, key_id: UUID) -> None:
    """End a key for good; within two seconds it signs nothing any more."""
    with transaction() as session:
        _own(session, me, key_id).status = KeyStatus.DELETED
        trail.note(session, me.viewer, Action.KEY_DELETED, key_id)


@router.get("/{key_id}/whitelists", summary="List a key's networks", responses=problems(401, 404, 422, 503))
def list_whitelists(me: Me, key_id: UUID) -> list[WhitelistOut]:
    """List the networks from which a key may be used; none means everywhere."""
    with snapshot() as session:
        return _shown(_own(session, me, key_id)).whitelist


@router.post(
    "/{key_id}/whitelists",
    summary="Allow a network",
    status_code=201,
    responses=problems(400, 401, 404, 408, 409, 413, 415, 422, 503),
)
def create_whitelist(me: Me, key_id: UUID, body: WhitelistIn) -> WhitelistOut:
    """Allow a network; one that is allowed already is answered as it is. A key has at most 10."""
    with transaction() as session:
        accounts.find(session, me.id, lock=True)
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


def _kept(session: Session, me: BearerAccount) -> Sequence[ApiKey]:
    return ApiKey.filter(session, ApiKey.account_id == me.id, ApiKey.status != KeyStatus.DELETED)


def _check_room(session: Session, me: BearerAccount) -> None:
    if sum(key.status is KeyStatus.ACTIVE for key in _kept(session, me)) >= MOST_KEYS:
        raise ApiError(Code.TOO_MANY_KEYS)


def _new_secret() -> str:
    return "".join(secrets.choice(SECRET_LETTERS) for _ in range(SECRET_LENGTH))


def _words(channels: Sequence[Channel]) -> str:
    return " ".join(sorted({*channels}))


def _own(session: Session, me: BearerAccount, key_id: UUID, *, lock: bool = False, anybodys: bool = False) -> ApiKey:
    key = session.get(ApiKey, key_id, with_for_update=lock)
    if key is None or not (key.account_id == me.id or anybodys) or key.status is KeyStatus.DELETED:
        raise ApiError(Code.API_KEY_NOT_FOUND, detail=f"you have no API key {key_id}")
    return key


def _shown(key: ApiKey) -> ApiKeyOut:
    return ApiKeyOut(
        id=key.id,
        access_key=key.access_key,
        user_memo=key.user_memo,
        legacy_signing=key.legacy_signing,
        kind=key.kind,
        read_only=key.read_only,
        channels=[Channel(word) for word in key.channels.split()],
        expires_at=key.expires_at,
        previous_until=key.previous_until,
        last_used_at=key.last_used_at,
        last_used_from=key.last_used_from,
        status=key.status,
        whitelist=[_entry(entry) for entry in key.whitelist],
        created_at=key.created_at,
    )


def _entry(entry: Whitelist) -> WhitelistOut:
    return WhitelistOut(id=entry.id, network=entry.network, created_at=entry.created_at)
