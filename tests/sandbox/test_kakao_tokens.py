from datetime import UTC, datetime, timedelta

from sandbox import kakao_tokens

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def test_a_token_says_what_was_put_into_it_until_it_ends() -> None:
    end = NOW + timedelta(hours=6)
    token = kakao_tokens.issue(["b", "a"], end, "1")
    assert kakao_tokens.read(token, NOW) == kakao_tokens.Grant(frozenset({"a", "b"}), end)
    assert kakao_tokens.read(token, end) is None


def test_no_character_of_a_token_can_change() -> None:
    token = kakao_tokens.issue(["a"], NOW + timedelta(hours=6), "1")
    forged = [token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :] for at in range(len(token) - 1)]
    assert [kakao_tokens.read(each, NOW) for each in forged] == [None] * len(forged)


def test_the_fixed_token_has_the_fixed_scopes() -> None:
    grant = kakao_tokens.read("sandbox", NOW + timedelta(days=36500))
    assert grant is not None
    assert grant.scopes == {"talk_message", "friends"}


def test_the_serial_keeps_tokens_apart() -> None:
    assert kakao_tokens.issue([], NOW, "1") != kakao_tokens.issue([], NOW, "2")
