"""API keys on the wire. The secret key is shown once, when it is made."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field
from pydantic_core import PydanticCustomError

from api.schemas.accounts import In, examples, without_nul
from api.security.networks import parse_network
from config.vocabulary import Channel, KeyKind, KeyStatus
from models.types import utc_now

MOST_NETWORKS = 10


def _network(text: str) -> str:
    try:
        return str(parse_network(text))
    except ValueError:
        raise PydanticCustomError(
            "network_invalid", "must be an IP address or a CIDR with no bits set behind its prefix"
        ) from None


NetworkText = Annotated[str, Field(max_length=49, examples=["203.0.113.7", "203.0.113.0/24"]), AfterValidator(_network)]
Memo = Annotated[str, Field(max_length=100), AfterValidator(without_nul)]


def _ahead(moment: datetime) -> datetime:
    if moment <= utc_now():
        raise PydanticCustomError("moment_past", "must lie in the future")
    return moment


Ends = Annotated[AwareDatetime, AfterValidator(_ahead)]


class ApiKeyIn(In):
    """A new key."""

    model_config = examples({"user_memo": "order service", "whitelist": ["203.0.113.0/24"]})

    user_memo: Memo = ""
    legacy_signing: bool = Field(
        default=False, description="Take signatures without a digest too, as the tutorial's sample client makes them."
    )
    whitelist: list[NetworkText] = Field(
        default_factory=list, max_length=MOST_NETWORKS, description="Where it may be used from; empty means everywhere."
    )
    kind: KeyKind = Field(default=KeyKind.LIVE, description="What a `test` key sends goes to the sandbox, to nobody.")
    read_only: bool = Field(default=False, description="It may look, and change or send nothing.")
    channels: list[Channel] = Field(default_factory=list, description="Where it may send; empty means everywhere.")
    expires_at: Ends | None = Field(default=None, description="When it ends by itself.")


class ApiKeyChangeIn(In):
    """What to change of a key; what is left out stays."""

    model_config = examples({"user_memo": "order service, staging"})

    user_memo: Memo | None = None
    legacy_signing: bool | None = None
    read_only: bool | None = None
    channels: list[Channel] | None = None
    expires_at: Ends | None = Field(default=None, description="null takes the end away.")


class RotationIn(In):
    """How long the present secret still signs beside the new one."""

    model_config = examples({"overlap_seconds": 3600})

    overlap_seconds: int = Field(default=86_400, ge=0, le=30 * 86_400)


class WhitelistIn(In):
    """A network to allow."""

    model_config = examples({"network": "203.0.113.0/24"})

    network: NetworkText


class WhitelistOut(BaseModel):
    """A network from which the key may be used."""

    id: UUID
    network: str
    created_at: datetime


class ApiKeyOut(BaseModel):
    """A key without its secret."""

    id: UUID
    access_key: str
    user_memo: str
    legacy_signing: bool
    kind: KeyKind
    read_only: bool
    channels: list[Channel] = Field(description="Where it may send; empty means everywhere.")
    expires_at: datetime | None
    previous_until: datetime | None = Field(description="Until when the secret before the last rotation still signs.")
    last_used_at: datetime | None = Field(description="Some seconds late.")
    last_used_from: str | None
    status: KeyStatus
    whitelist: list[WhitelistOut]
    created_at: datetime


class ApiKeyMadeOut(ApiKeyOut):
    """A key that was just made, with its secret."""

    secret_key: str = Field(description="Shown this once.", repr=False)
