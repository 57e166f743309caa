import json

import pytest

from workers.channels import tokens
from workers.channels.account import Unheard
from workers.channels.exchange import Reply


def test_what_is_asked_is_encoded_and_not_shown() -> None:
    request = tokens.compose("https://a.example/token", {"refresh_token": "1//r&grant_type=x"})
    assert request.body == b"grant_type=refresh_token&refresh_token=1%2F%2Fr%26grant_type%3Dx"
    assert "1%2F" not in repr(request)


@pytest.mark.parametrize(
    ("member", "word"),
    [
        ("slow_down", "slow_down"),
        ("x" * 40, "x" * 32),
        ("the token 1//r is wrong", "http_400"),
        ("토큰", "http_400"),
        (7, "http_400"),
        (None, "http_400"),
    ],
)
def test_an_error_is_named_by_a_word_or_by_its_status(member: object, word: str) -> None:
    answer = Reply(400, body=json.dumps({"error": member}).encode())
    assert tokens.read(answer, "Somebody", "error") == Unheard(f"Somebody did not renew the token ({word})")


def test_a_token_without_a_life_is_none() -> None:
    answer = Reply(200, body=json.dumps({"access_token": "new", "expires_in": "soon"}).encode())
    assert tokens.read(answer, "Somebody", "error") == Unheard("Somebody did not renew the token (http_200)")
