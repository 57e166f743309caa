"""One's own identities: where one may log in from, beside a password."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from api import consents, identities
from api.consents import LOGIN_SCOPES, Wish
from api.errors import problems
from api.schemas.accounts import IdentityOut
from api.schemas.connections import ConsentOut
from api.security.caller import bearer_account
from api.security.consent import Purpose
from api.security.who import BearerAccount
from config.vocabulary import SnsType
from models.identity import Identity
from models.session import snapshot, transaction

router = APIRouter(prefix="/api/user/identities", tags=["user"])
Me = Annotated[BearerAccount, Depends(bearer_account)]


@router.get("", summary="List my identities", responses=problems(401, 503))
def list_identities(me: Me) -> list[IdentityOut]:
    """List where one may log in from, oldest first."""
    with snapshot() as session:
        return [shown(row) for row in Identity.filter(session, Identity.account_id == me.id)]


@router.post("/{sns_type}/authorize", summary="Link an identity", responses=problems(401, 404, 409, 422, 503))
def ask_to_link(me: Me, sns_type: SnsType, response: Response) -> ConsentOut:
    """Say where to prove who one is there; the page comes back to `/api/auth/{sns_type}/callback`.

    It needs a login of the last ten minutes.
    """
    me.check_fresh()
    wish = Wish(LOGIN_SCOPES.get(sns_type, ()), account_id=me.id)
    return ConsentOut(authorize_url=consents.ask(response, sns_type, Purpose.LINK, wish))


@router.delete(
    "/{identity_id}", summary="Unlink an identity", status_code=204, responses=problems(401, 404, 409, 422, 503)
)
def unlink(me: Me, identity_id: UUID) -> None:
    """Log in from there no more; the only way to log in stays."""
    with transaction() as session:
        identities.unlink(session, me.id, identity_id)


def shown(row: Identity) -> IdentityOut:
    """Show an identity."""
    return IdentityOut(id=row.id, sns_type=row.sns_type, created_at=row.created_at)
