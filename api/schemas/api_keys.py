"""API keys on the wire. The secret key is shown once, when it is made."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError

from api.schemas.accounts import In, examples, without_nul
from api.security.networks import parse_network
from config.vocabulary import KeyStatus

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


class ApiKeyChangeIn(In):
    """What to change of a key; what is left out stays."""

    model_config = examples({"user_memo": "order service, staging"})

    user_memo: Memo | None = None
    legacy_signing: bool | None = None


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
    status: KeyStatus
    whitelist: list[WhitelistOut]
    created_at: datetime


class ApiKeyMadeOut(ApiKeyOut):
    """A key that was just made, with its secret."""

    secret_key: str = Field(description="Shown this once.", repr=False)
