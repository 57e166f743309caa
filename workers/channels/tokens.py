"""Renewal of an OAuth2 token as RFC 6749 has it, for whoever speaks it.

What vendors do differently (whether a secret is sent, where an error is named) they say; what an answer means for the
consent is said here.
"""

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlencode

from workers.channels.account import CONNECT_AGAIN, Refused, Renewal, Renewed, Unheard
from workers.channels.exchange import Answer, HttpRequest, Silence


def compose(url: str, known: Mapping[str, str]) -> HttpRequest:
    """Ask for a new access token; `known` is the refresh token, and who we are."""
    return HttpRequest(
        method="POST",
        url=url,
        headers={"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"},
        body=urlencode({"grant_type": "refresh_token", **known}).encode(),
        delivers=False,
        pooled=False,
    )


def read(answer: Answer, vendor: str, code: str) -> Renewal:
    """Read the answer to a renewal. What is not about this consent (our app, the server) is no reason to give it up.

    Args:
        answer: what came.
        vendor: as its owner knows it.
        code: the member of an error's body that names it.
    """
    if isinstance(answer, Silence):
        return Unheard(f"{vendor} did not answer ({answer.code})")
    said = answer.said
    access, life = said.get("access_token"), said.get("expires_in")
    if isinstance(access, str) and isinstance(life, int):
        secrets = {"access_token": access}
        # Mostly absent: the old one stays good.
        if isinstance(said.get("refresh_token"), str):
            secrets["refresh_token"] = said["refresh_token"]
        return Renewed(secrets, timedelta(seconds=life))
    if said.get("error") == "invalid_grant":
        return Refused(f"{vendor} does not renew this consent any more: {CONNECT_AGAIN}")
    word = said.get(code)
    known = word if isinstance(word, str) and word.isidentifier() and word.isascii() else f"http_{answer.status}"
    return Unheard(f"{vendor} did not renew the token ({known[:32]})")
