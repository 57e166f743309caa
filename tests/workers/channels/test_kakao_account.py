import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.workers.channels.conversing import stamp
from workers.channels import kakao_account
from workers.channels.account import Refused, Renewal, Renewed, Suspended, Unheard, Usable, Verdict
from workers.channels.exchange import Answer, HttpRequest, Reply, Silence

KAKAO = {
    "api_base_url": "https://kapi.example",
    "auth_base_url": "https://kauth.example/",
    "rest_api_key": "app",
    "client_secret": "",
    "access_token": "old",
    "refresh_token": "r-1",
}
AWAY = Silence(may_have_left=True, code="timeout")


def said(status: int, **members: object) -> Reply:
    return Reply(status, body=json.dumps(members).encode())


def scope(*, agreed: bool) -> dict[str, Any]:
    return {"id": "talk_message", "agreed": agreed}


def test_kakao_is_asked_for_the_consent_that_messages_need() -> None:
    request = next(kakao_account.check(KAKAO, stamp))
    assert request.url == "https://kapi.example/v2/user/scopes?scopes=%5B%22talk_message%22%5D"
    assert (request.method, request.headers, request.delivers) == ("GET", {"Authorization": "Bearer old"}, False)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (said(200, id=1, scopes=[scope(agreed=True)]), Usable),
        (said(200, id=1, scopes=[scope(agreed=False)]), Refused),
        (said(200, id=1, scopes=[]), Refused),
        (said(401, code=-401, msg="this access token does not exist"), Refused),
        (said(400, code=-101, msg="NotRegisteredUserException"), Refused),
        (said(403, code=-12, msg="suspended"), Suspended),
        (said(400, code=-7, msg="maintenance"), Unheard),
        (Reply(502, body=b"<html>"), Unheard),
        (said(200, scopes="all"), Unheard),
        (AWAY, Unheard),
    ],
)
def test_kakaos_verdict(answer: Answer, verdict: type[Verdict]) -> None:
    heard = kakao_account.read_scopes(answer)
    assert type(heard) is verdict
    assert "does not exist" not in str(heard)


@pytest.mark.parametrize(("secret", "sent"), [("", None), ("s-1", ["s-1"])])
def test_kakao_is_asked_for_a_new_token(secret: str, sent: list[str] | None) -> None:
    request = next(kakao_account.renew(KAKAO | {"client_secret": secret}))
    assert isinstance(request, HttpRequest)
    assert (request.method, request.url) == ("POST", "https://kauth.example/oauth/token")
    form = parse_qs(request.body.decode())
    assert form.pop("client_secret", None) == sent
    assert form == {"grant_type": ["refresh_token"], "client_id": ["app"], "refresh_token": ["r-1"]}


@pytest.mark.parametrize(
    ("answer", "heard"),
    [
        (
            said(200, token_type="bearer", access_token="new", expires_in=21599),
            Renewed({"access_token": "new"}, timedelta(seconds=21599)),
        ),
        (
            said(200, access_token="new", expires_in=21599, refresh_token="r-2", refresh_token_expires_in=5183999),
            Renewed({"access_token": "new", "refresh_token": "r-2"}, timedelta(seconds=21599)),
        ),
        (
            said(400, error="invalid_grant", error_description="expired_or_invalid_refresh_token", error_code="KOE322"),
            Refused("Kakao does not renew this consent any more: connect it again"),
        ),
        # Our app's fault and the server's own are no reason to give a consent up.
        (said(401, error="invalid_client", error_code="KOE010"), Unheard("Kakao did not renew the token (KOE010)")),
        (said(400, error="invalid_request", error_code="KOE237"), Unheard("Kakao did not renew the token (KOE237)")),
        (said(500, error="server_error"), Unheard("Kakao did not renew the token (http_500)")),
        (said(200, access_token="new"), Unheard("Kakao did not renew the token (http_200)")),
        (Reply(502, body=b"<html>"), Unheard("Kakao did not renew the token (http_502)")),
        (AWAY, Unheard("Kakao did not answer (timeout)")),
    ],
)
def test_kakaos_answer_to_a_renewal(answer: Answer, heard: Renewal) -> None:
    assert kakao_account.read_tokens(answer) == heard
