import time
import unicodedata

import bcrypt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.security import passwords, throttle
from api.security.passwords import PasswordTooLong, encode, hash_password, verify
from tests.api.browser import Browser
from tests.api.conftest import Person


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


def seconds(client: Browser, email: str) -> float:
    body, begun = {"email": email, "pw": "wrong horse"}, time.perf_counter()
    assert client.request("POST", "/api/auth/login/email", json=body).status_code == 401
    return time.perf_counter() - begun


def longer(client: Browser, number: int = 120) -> float:
    """How often a login to an account takes longer than one to none: half of the time, if nothing can be told."""
    pairs = [(seconds(client, "user@example.com"), seconds(client, "nobody@example.com")) for _ in range(number)]
    return sum(known > unknown for known, _ in pairs for _, unknown in pairs) / number**2


@pytest.mark.store
def test_the_time_of_an_answer_does_not_tell_whether_there_is_an_account(
    client: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Much faster than in use, so that a difference beside the hash shows; and the throttle stays out of it.
    monkeypatch.setattr(passwords, "ROUNDS", 8)
    monkeypatch.setattr(throttle, "take", lambda *_: None)
    Person(client, "user@example.com").register()
    # Chance alone makes 0.04: one standard deviation of the Mann-Whitney statistic.
    assert 0.3 < longer(client) < 0.7
    verify = passwords.verify
    # It would be seen: here an account that does not exist costs no hash.
    monkeypatch.setattr(passwords, "verify", lambda given, pw_hash: pw_hash is not None and verify(given, pw_hash))
    assert longer(client, 40) > 0.8
