"""How much a key and an account may ask of this API: requests a second and messages a day. 0 is no limit.

Not to be mixed up with `config.limits`: what a provider takes from a connection. Nothing here counts.
"""

from pydantic import Field

from config.settings import Group


class Quotas(Group):
    """What the operator lets callers do."""

    key_requests_per_second: float = Field(default=0, ge=0)
    account_requests_per_second: float = Field(default=0, ge=0)
    key_messages_per_day: int = Field(default=0, ge=0)
    account_messages_per_day: int = Field(default=0, ge=0)
    web_slots: int = Field(default=2, ge=1)
    """API processes that share a limit while Redis is away."""
