from datetime import UTC, datetime, timedelta

from sandbox import tokens
from sandbox.person import Person
from sandbox.tokens import Grant

NOW = datetime(2026, 11, 24, tzinfo=UTC)
GRANT = Grant(frozenset({"a", "b"}), NOW + timedelta(hours=1), Person("가@example.com", verified=False))


def test_a_token_says_what_was_put_into_it_until_it_ends() -> None:
    token = tokens.issue("kind", GRANT, "1")
    assert tokens.read("kind", token, NOW) == GRANT
    assert tokens.read("kind", token, GRANT.expires_at) is None


def test_a_token_of_one_kind_is_none_of_another() -> None:
    assert tokens.read("other", tokens.issue("kind", GRANT, "1"), NOW) is None


def test_no_character_of_a_token_can_change() -> None:
    token = tokens.issue("kind", GRANT, "1")
    forged = [token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :] for at in range(len(token) - 1)]
    assert [tokens.read("kind", each, NOW) for each in forged] == [None] * len(forged)


def test_what_is_no_token_is_none() -> None:
    assert [tokens.read("kind", text, NOW) for text in ("", "a", "sandbox", "가")] == [None] * 4


def test_the_serial_keeps_tokens_apart() -> None:
    assert tokens.issue("kind", GRANT, "1") != tokens.issue("kind", GRANT, "2")
