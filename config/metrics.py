"""Who may read the numbers at `/metrics`."""

from hmac import compare_digest
from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr

from config.settings import Group


class Metrics(Group):
    """The token that a reader of the numbers bears, if there is one."""

    # An empty text is how an environment file leaves something out.
    metrics_token: Annotated[
        Annotated[SecretStr, Field(min_length=16)] | None, BeforeValidator(lambda value: value or None)
    ] = None

    def lets_in(self, authorization: str) -> bool:
        """Whether this `Authorization` header bears the token; False where there is none to bear."""
        if self.metrics_token is None:
            return False
        return compare_digest(authorization.encode(), f"Bearer {self.metrics_token.get_secret_value()}".encode())
