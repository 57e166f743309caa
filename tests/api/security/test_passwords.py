import time
import unicodedata

import bcrypt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.security import passwords
from api.security.passwords import PasswordTooLong, encode, hash_password, verify


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "ROUNDS", 4)


@pytest.mark.usefixtures("_quick")
@pytest.mark.parametrize("password", ["correct horse", "비밀번호는 길게", "a\0b", "x" * 72, "각" * 24])
def test_a_password_verifies_against_its_hash_only(password: str) -> None:
    pw_hash = hash_password(password)
    assert verify(password, pw_hash)
    assert not verify(password[:-1], pw_hash)
    assert len(pw_hash) == 60


@pytest.mark.usefixtures("_quick")
@pytest.mark.parametrize("password", ["x" * 73, "각" * 25])
def test_more_than_bcrypt_reads_is_refused_not_cut(password: str) -> None:
    with pytest.raises(PasswordTooLong):
        hash_password(password)
    assert not verify(password, bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(4)).decode())


@settings(max_examples=50)
@given(st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=1, max_size=8))
def test_composed_and_decomposed_hangul_are_one_password(password: str) -> None:
    assert encode(unicodedata.normalize("NFD", password)) == encode(password)


def test_an_unknown_account_costs_as_much_as_a_known_one() -> None:
    pw_hash = hash_password("correct horse")
    verify("anything", None)  # makes nobody's hash, once a process

    def spent(stored: str | None) -> float:
        began = time.thread_time()
        assert not verify("wrong", stored)
        return time.thread_time() - began

    assert spent(None) > 0.5 * spent(pw_hash)


def test_nobodys_password_opens_nothing() -> None:
    assert not verify("the password of nobody", None)
