import json

import pytest

from tests.workers.channels.conversing import stamp
from workers.channels import solapi_account
from workers.channels.account import Refused, Suspended, Unheard, Usable, Verdict
from workers.channels.exchange import Answer, Reply, Silence

AWAY = Silence(may_have_left=True, code="timeout")


def said(status: int, **members: object) -> Reply:
    return Reply(status, body=json.dumps(members).encode())


def test_solapi_is_asked_for_its_balance() -> None:
    credentials = {"api_key": "k", "api_secret": "s", "base_url": "https://api.example"}
    request = next(solapi_account.check(credentials, stamp))
    assert (request.method, request.url) == ("GET", "https://api.example/cash/v1/balance")
    assert request.headers["Authorization"].startswith("HMAC-SHA256 apiKey=k, date=2026-11-24T09:30:00.000Z, salt=")


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (said(200, balance=10, point=0), Usable),
        (said(200, balance=0, point=3.5), Usable),
        (said(200, balance=0, point=0), Suspended),
        (said(403, errorCode="InvalidAPIKey", errorMessage="…"), Refused),
        (said(403, errorCode="SignatureDoesNotMatch", errorMessage="…"), Refused),
        (said(403, errorCode="RequestTimeTooSkewed", errorMessage="…"), Unheard),
        (said(500, errorCode="InvalidAPIKey"), Unheard),
        (Reply(200, body=b"<html>"), Unheard),
        (AWAY, Unheard),
    ],
)
def test_solapis_verdict(answer: Answer, verdict: type[Verdict]) -> None:
    assert type(solapi_account.read(answer)) is verdict
