from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests

from sandbox import kakao, kakao_tokens
from sandbox.person import Person
from sandbox.settings import Settings
from sandbox.state import new
from tests.sandbox.serving import served


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with served("/kakao/api", kakao.router(new(Settings()))) as address:
        yield address


def get(url: str, bearer: str = "sandbox") -> requests.Response:
    return requests.get(url, headers={"Authorization": f"Bearer {bearer}"}, timeout=5)


def token_for(*scopes: str, seconds: float = 60) -> str:
    return kakao_tokens.issue(scopes, datetime.now(UTC) + timedelta(seconds=seconds), "1")


@pytest.mark.parametrize(
    ("query", "uuids"),
    [("", [1, 2, 3, 4, 5]), ("?limit=2", [1, 2]), ("?offset=3&limit=100", [4, 5]), ("?offset=9", [])],
)
def test_friends_are_listed_in_pages(base: str, query: str, uuids: list[int]) -> None:
    answer = get(f"{base}/v1/api/talk/friends{query}").json()
    assert [friend["uuid"] for friend in answer["elements"]] == [f"friend-{number}" for number in uuids]
    assert answer["total_count"] == 5


@pytest.mark.parametrize("query", ["limit=101", "limit=x", "offset=-1"])
def test_bad_pages_are_refused(base: str, query: str) -> None:
    answer = get(f"{base}/v1/api/talk/friends?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, -2)


def test_a_missing_scope_names_itself(base: str) -> None:
    answer = get(f"{base}/v1/api/talk/friends", token_for("talk_message"))
    assert answer.status_code == 403
    assert answer.json()["code"] == -402
    assert answer.json()["required_scopes"] == ["friends"]
    assert answer.json()["allowed_scopes"] == ["talk_message"]


def test_the_user_has_a_verified_address(base: str) -> None:
    answer = get(f"{base}/v2/user/me", token_for("account_email")).json()
    account = answer["kakao_account"]
    assert isinstance(answer["id"], int)
    assert (account["is_email_verified"], account["email"]) == (True, "sandbox@example.com")


def test_an_address_needs_its_consent_and_so_does_a_name(base: str) -> None:
    account = get(f"{base}/v2/user/me", token_for("talk_message")).json()["kakao_account"]
    assert account == {"profile_nickname_needs_agreement": True, "email_needs_agreement": True}
    account = get(f"{base}/v2/user/me", token_for("profile_nickname")).json()["kakao_account"]
    assert (account["profile"], account["profile_nickname_needs_agreement"]) == ({"nickname": "샌드박스"}, False)


def test_the_user_is_whoever_consented(base: str) -> None:
    person = Person("a@example.com", verified=False)
    token = kakao_tokens.issue(["account_email"], datetime.now(UTC) + timedelta(minutes=1), "1", person)
    headers = {"Authorization": f"Bearer {token}"}
    answer = requests.post(f"{base}/v2/user/me", headers=headers, timeout=5).json()
    assert (answer["id"], answer["connected_at"]) == (kakao_tokens.user_id(person), "2026-01-01T00:00:00Z")
    assert answer["kakao_account"] == {
        "profile_nickname_needs_agreement": True,
        "email_needs_agreement": False,
        "has_email": True,
        "is_email_valid": True,
        "is_email_verified": False,
        "email": "a@example.com",
    }
    for path in ("v2/user/scopes", "v1/user/access_token_info"):
        assert get(f"{base}/{path}", token).json()["id"] == answer["id"]


def test_a_token_tells_what_is_left_of_it(base: str) -> None:
    answer = get(f"{base}/v1/user/access_token_info", token_for("talk_message", seconds=100)).json()
    assert 90 < answer["expires_in"] <= 100


@pytest.mark.parametrize(
    "token",
    ["", "other", "a", token_for(seconds=-1), token_for()[:-4] + "AAAA"],
    ids=["none", "a word", "a letter", "expired", "changed"],
)
def test_no_other_token_is_read(base: str, token: str) -> None:
    answer = get(f"{base}/v2/user/me", token)
    assert (answer.status_code, answer.json()["code"]) == (401, -401)
