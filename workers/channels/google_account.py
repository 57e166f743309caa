"""A person's consent to send through his Gmail: new access tokens for his refresh token.

An access token is good for an hour; the refresh token stays until the person, or his password, withdraws it. Whether
the consent holds is asked where mail is sent (`gmail.check`).
"""

from collections.abc import Generator, Mapping

from workers.channels import tokens
from workers.channels.account import Renewal
from workers.channels.exchange import Answer, HttpRequest


def renew(credentials: Mapping[str, str]) -> Generator[HttpRequest, Answer, Renewal]:
    """Exchange the refresh token for a new access token."""
    known = {name: credentials[name] for name in ("client_id", "client_secret", "refresh_token")}
    return read_tokens((yield tokens.compose(credentials["token_url"], known)))


def read_tokens(answer: Answer) -> Renewal:
    """Read the answer to a renewal."""
    return tokens.read(answer, "Google", code="error")
