from datetime import UTC, datetime, timedelta

from sandbox import kakao_tokens, tokens
from sandbox.kakao_tokens import FIXED_PERSON
from sandbox.person import Person
from sandbox.tokens import Grant

NOW = datetime(2026, 11, 24, tzinfo=UTC)
SOMEBODY = Person("a@example.com", verified=False)


def test_a_token_says_what_was_put_into_it_until_it_ends() -> None:
    end = NOW + timedelta(hours=6)
    token = kakao_tokens.issue(["b", "a"], end, "1", SOMEBODY)
    assert kakao_tokens.read(token, NOW) == Grant(frozenset({"a", "b"}), end, SOMEBODY)
    assert kakao_tokens.read(token, end) is None


def test_the_fixed_token_has_the_fixed_scopes_and_person() -> None:
    grant = kakao_tokens.read("sandbox", NOW + timedelta(days=36500))
    assert grant is not None
    assert grant.scopes == {"talk_message", "friends"}
    assert grant.person == FIXED_PERSON


def test_a_token_of_another_kind_is_none_of_kakaos() -> None:
    token = tokens.issue("another", Grant(frozenset(), NOW + timedelta(hours=6), SOMEBODY), "1")
    assert kakao_tokens.read(token, NOW) is None


def test_a_persons_id_stays_the_same_and_fits_into_64_bits() -> None:
    assert kakao_tokens.user_id(FIXED_PERSON) == 447_818_630_471_106_177
    assert kakao_tokens.user_id(SOMEBODY) != kakao_tokens.user_id(FIXED_PERSON)
    assert 0 < kakao_tokens.user_id(SOMEBODY) < 2**63
