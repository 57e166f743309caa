"""A person's Kakao consent: whether it still holds, and new tokens for old ones.

A refresh token is good for 60 days; in its last month Kakao answers with a new one, and the old one is dead at once
(https://devtalk.kakao.com/t/126899). So an answer must be stored before it is used, and two renewals at a time would
lose the consent. Lives are taken as Kakao says them.
"""

import json
from collections.abc import Callable, Generator, Mapping
from typing import Final
from urllib.parse import quote

from workers.channels import tokens
from workers.channels.account import CONNECT_AGAIN, Refused, Renewal, Suspended, Unheard, Usable, Verdict
from workers.channels.exchange import Answer, HttpRequest, Silence, Stamp

NEEDED: Final = "talk_message"
WITHDRAWN: Final = frozenset({-101, -401, -402})
"""Not linked any more, token invalid, consent missing (https://developers.kakao.com/docs/latest/en/rest-api/error-code)."""
SUSPENDED: Final = frozenset({-12, -301, -903})
"""App or developer suspended or gone."""


def check(credentials: Mapping[str, str], _stamp: Callable[[], Stamp]) -> Generator[HttpRequest, Answer, Verdict]:
    """Ask which of the consents that messages need are given; this also proves the token."""
    scopes = quote(json.dumps([NEEDED]))
    url = f"{credentials['api_base_url'].rstrip('/')}/v2/user/scopes?scopes={scopes}"
    headers = {"Authorization": f"Bearer {credentials['access_token']}"}
    answer = yield HttpRequest("GET", url, headers, b"", delivers=False, pooled=True)
    return read_scopes(answer)


def read_scopes(answer: Answer) -> Verdict:
    """Read which consents are given."""
    if isinstance(answer, Silence):
        return Unheard(f"Kakao did not answer ({answer.code})")
    said = answer.said
    code = said.get("code")
    if code in WITHDRAWN:
        return Refused(f"Kakao does not take this consent any more ({code}): {CONNECT_AGAIN}")
    if code in SUSPENDED:
        return Suspended(f"Kakao has suspended the app ({code})")
    scopes = said.get("scopes")
    if code is not None or not isinstance(scopes, list):
        return Unheard(f"Kakao did not say ({code or f'http_{answer.status}'})")
    given = {each.get("id") for each in scopes if isinstance(each, dict) and each.get("agreed") is True}
    return Usable() if NEEDED in given else Refused(f"consent to {NEEDED} is missing: {CONNECT_AGAIN}")


def renew(credentials: Mapping[str, str]) -> Generator[HttpRequest, Answer, Renewal]:
    """Exchange the refresh token for a new access token, and perhaps a new refresh token."""
    known = {"client_id": credentials["rest_api_key"], "refresh_token": credentials["refresh_token"]}
    if credentials["client_secret"]:
        known["client_secret"] = credentials["client_secret"]
    return read_tokens((yield tokens.compose(credentials["auth_base_url"].rstrip("/") + "/oauth/token", known)))


def read_tokens(answer: Answer) -> Renewal:
    """Read the answer to a renewal; a refresh token is in it only if the old one was in its last month."""
    return tokens.read(answer, "Kakao", code="error_code")
