import json
from datetime import timedelta
from urllib.parse import parse_qs

import pytest

from workers.channels import google_account
from workers.channels.account import Refused, Renewal, Renewed, Unheard
from workers.channels.exchange import Answer, Reply, Silence

GOOGLE = {
    "user": "a@example.com",
    "access_token": "old",
    "refresh_token": "1//r",
    "client_id": "app",
    "client_secret": "hush",
    "token_url": "https://oauth2.example/token",
}


def said(status: int, **members: object) -> Reply:
    return Reply(status, body=json.dumps(members).encode())


def test_google_is_asked_for_a_new_token() -> None:
    request = next(google_account.renew(GOOGLE))
    assert (request.method, request.url) == ("POST", "https://oauth2.example/token")
    assert (request.delivers, request.pooled) == (False, False)
    assert parse_qs(request.body.decode()) == {
        "grant_type": ["refresh_token"],
        "client_id": ["app"],
        "client_secret": ["hush"],
        "refresh_token": ["1//r"],
    }
    assert "hush" not in repr(request)


@pytest.mark.parametrize(
    ("answer", "heard"),
    [
        (
            said(200, access_token="new", expires_in=3599, scope="https://mail.google.com/", token_type="Bearer"),
            Renewed({"access_token": "new"}, timedelta(seconds=3599)),
        ),
        (
            said(200, access_token="new", expires_in=3599, refresh_token="1//s"),
            Renewed({"access_token": "new", "refresh_token": "1//s"}, timedelta(seconds=3599)),
        ),
        (
            said(400, error="invalid_grant", error_description="Token has been expired or revoked."),
            Refused("Google does not renew this consent any more: connect it again"),
        ),
        # Our app's fault and the server's own are no reason to give a consent up.
        (said(401, error="invalid_client"), Unheard("Google did not renew the token (invalid_client)")),
        (said(500, error={"code": 500}), Unheard("Google did not renew the token (http_500)")),
        (Reply(502, body=b"<html>"), Unheard("Google did not renew the token (http_502)")),
    ],
)
def test_googles_answer_to_a_renewal(answer: Answer, heard: Renewal) -> None:
    assert google_account.read_tokens(answer) == heard


def test_the_answer_is_read() -> None:
    asking = google_account.renew(GOOGLE)
    next(asking)
    with pytest.raises(StopIteration) as end:
        asking.send(Silence(may_have_left=True, code="timeout"))
    assert end.value.value == Unheard("Google did not answer (timeout)")
