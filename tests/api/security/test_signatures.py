import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from api.errors import ApiError, Code
from api.security.signatures import SignedRequest, read_claim, verify
from tests.api.signing import Key, Sent, hmac_of, sign, sign_as_the_tutorial

NOW = 1_800_000_000.0
KEY = Key("0" * 60, "S" * 40)
PATH = "/api/services/solapi/send"

bodies = st.binary(max_size=64)
names = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=255)


def arrived(sent: Sent) -> SignedRequest:
    path, _, query = sent.url.partition("?")
    signature = sent.headers.get("X-Signature") or sent.headers["secret"]
    name = sent.headers.get("Idempotency-Key")
    return SignedRequest(
        sent.method, path.encode(), query.encode(), sent.body, signature.encode(), name.encode() if name else None
    )


def check(request: SignedRequest, now: float = NOW, *, legacy: bool = False) -> bytes | None:
    return verify(request, read_claim(request.query), [KEY.secret_key.encode()], now, legacy=legacy)


def code_of(call: Callable[[], object]) -> Code:
    with pytest.raises(ApiError) as refused:
        call()
    return refused.value.code


@given(bodies, names)
def test_a_signed_post_passes_and_is_named_by_its_key(body: bytes, name: str) -> None:
    assert check(arrived(sign(KEY, "POST", PATH, body, name=name, at=NOW))) == name.encode()


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
def test_other_methods_sign_an_empty_name_whatever_the_header_says(method: str) -> None:
    request = arrived(sign(KEY, method, PATH, at=NOW))
    assert check(request) is None
    assert check(replace(request, idempotency_key=b"ignored")) is None


def other(strategy: st.SearchStrategy[bytes]) -> st.SearchStrategy[tuple[bytes, bytes]]:
    return st.tuples(strategy, strategy).filter(lambda pair: pair[0] != pair[1])


@given(other(bodies), names)
def test_another_body_is_refused(pair: tuple[bytes, bytes], name: str) -> None:
    request = arrived(sign(KEY, "POST", PATH, pair[0], name=name, at=NOW))
    assert code_of(lambda: check(replace(request, body=pair[1]))) is Code.DIGEST_MISMATCH


@given(other(names.map(str.encode)), bodies)
def test_another_idempotency_key_is_refused(pair: tuple[bytes, bytes], body: bytes) -> None:
    request = arrived(sign(KEY, "POST", PATH, body, name=pair[0].decode(), at=NOW))
    assert code_of(lambda: check(replace(request, idempotency_key=pair[1]))) is Code.DIGEST_MISMATCH


@given(st.from_regex(rb"/[a-z%0-9/]{0,40}", fullmatch=True))
def test_another_path_is_refused(path: bytes) -> None:
    assume(path != PATH.encode())
    request = arrived(sign(KEY, "POST", PATH, b"{}", name="n", at=NOW))
    assert code_of(lambda: check(replace(request, path=path))) is Code.DIGEST_MISMATCH


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "post"])
def test_another_method_is_refused(method: str) -> None:
    request = arrived(sign(KEY, "POST", PATH, b"{}", name="n", at=NOW))
    assert code_of(lambda: check(replace(request, method=method))) is Code.DIGEST_MISMATCH


def test_a_path_is_bound_as_it_is_written() -> None:
    request = arrived(sign(KEY, "GET", "/a%2Fb", at=NOW))
    assert check(request) is None
    assert code_of(lambda: check(replace(request, path=b"/a/b"))) is Code.DIGEST_MISMATCH


@given(st.integers(0, 10_000), st.integers(0, 7))
def test_one_bit_of_the_signature_is_refused(at: int, bit: int) -> None:
    request = arrived(sign(KEY, "POST", PATH, b"{}", name="n", at=NOW))
    changed = bytearray(request.signature)
    changed[at % len(changed)] ^= 1 << bit
    assert code_of(lambda: check(replace(request, signature=bytes(changed)))) is Code.SIGNATURE_WRONG


@given(st.integers(0, 10_000), st.integers(0, 7))
def test_one_bit_of_the_query_is_refused(at: int, bit: int) -> None:
    request = arrived(sign(KEY, "POST", PATH, b"{}", name="n", at=NOW))
    changed = bytearray(request.query)
    changed[at % len(changed)] ^= 1 << bit
    with pytest.raises(ApiError):
        check(replace(request, query=bytes(changed)))


@given(st.sampled_from(["&limit=2", "&", "&x=", "#"]))
def test_a_longer_query_is_refused(more: str) -> None:
    request = arrived(sign(KEY, "GET", PATH, at=NOW))
    assert code_of(lambda: check(replace(request, query=request.query + more.encode()))) is Code.SIGNATURE_WRONG


@given(st.integers(-40, 40), st.booleans())
def test_a_signature_is_good_for_thirty_seconds_and_five_ahead(age: int, legacy: bool) -> None:  # noqa: FBT001 - drawn
    request = arrived(sign(KEY, "GET", PATH, at=NOW - age))
    if age > 30:
        assert code_of(lambda: check(request, legacy=legacy)) is Code.SIGNATURE_EXPIRED
    elif age < -5:
        assert code_of(lambda: check(request, legacy=legacy)) is Code.SIGNATURE_FUTURE
    else:
        assert check(request, legacy=legacy) is None


@given(st.integers(-40, 40))
def test_the_tutorials_clock_is_nine_hours_ahead_and_no_more_than_that(age: int) -> None:
    request = arrived(sign_as_the_tutorial(KEY, "POST", PATH, b"{}", at=NOW + 9 * 3600 - age))
    assert code_of(lambda: check(request)) is Code.SIGNATURE_FUTURE
    if -5 <= age <= 30:
        assert check(request, legacy=True) == request.signature
    else:
        assert code_of(lambda: check(request, legacy=True)) is Code.SIGNATURE_FUTURE


def test_a_legacy_signature_is_its_own_name_and_good_for_a_post() -> None:
    request = arrived(sign_as_the_tutorial(KEY, "POST", PATH, b"{}", at=NOW))
    assert check(request, legacy=True) == request.signature
    assert check(replace(request, method="GET"), legacy=True) is None
    assert code_of(lambda: check(request)) is Code.DIGEST_MISSING


def test_a_legacy_signature_takes_no_name_that_nothing_binds() -> None:
    request = arrived(sign_as_the_tutorial(KEY, "POST", PATH, b"{}", at=NOW))
    named = replace(request, idempotency_key=b"new")
    assert code_of(lambda: check(named, legacy=True)) is Code.DIGEST_MISSING


def test_a_legacy_key_that_sends_a_digest_is_held_to_it() -> None:
    request = arrived(sign(KEY, "POST", PATH, b"{}", at=NOW))
    assert check(request, legacy=True) == request.signature
    assert code_of(lambda: check(replace(request, body=b"[]"), legacy=True)) is Code.DIGEST_MISMATCH


def test_a_signed_post_needs_a_name() -> None:
    assert code_of(lambda: check(arrived(sign(KEY, "POST", PATH, b"{}", at=NOW)))) is Code.IDEMPOTENCY_KEY_MISSING


@pytest.mark.parametrize("name", ["", " ", "a b", "a\x7f", "é", "x" * 256, "a\n"])
def test_a_malformed_name_is_refused(name: str) -> None:
    request = replace(
        arrived(sign(KEY, "POST", PATH, b"{}", name=name, at=NOW)), idempotency_key=name.encode("latin-1")
    )
    assert code_of(lambda: check(request)) is Code.IDEMPOTENCY_KEY_MALFORMED


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", Code.CREDENTIALS_MISSING),
        ("timestamp=1&digest=a", Code.CREDENTIALS_MISSING),
        ("key=a", Code.TIMESTAMP_MALFORMED),
        ("key=a&timestamp=", Code.TIMESTAMP_MALFORMED),
        ("key=a&timestamp=1.5", Code.TIMESTAMP_MALFORMED),
        ("key=a&timestamp=-1", Code.TIMESTAMP_MALFORMED),
        ("key=a&timestamp=%D9%A1", Code.TIMESTAMP_MALFORMED),
        ("key=a&timestamp=" + "9" * 13, Code.TIMESTAMP_MALFORMED),
        ("key=a&timestamp=1&key=b", Code.DUPLICATE_PARAMETER),
        ("key=a&timestamp=1&%6Bey=b", Code.DUPLICATE_PARAMETER),
        ("key=a&timestamp=1&x=1&x=1", Code.DUPLICATE_PARAMETER),
        ("&".join(f"p{n}=1" for n in range(40)), Code.BAD_REQUEST),
        ("key=é", Code.BAD_REQUEST),
    ],
)
def test_a_query_that_says_too_little_or_too_much_is_refused(query: str, code: Code) -> None:
    assert code_of(lambda: read_claim(query.encode("latin-1"))) is code


def test_an_upper_case_digest_is_another_digest() -> None:
    sent = sign(KEY, "GET", PATH, at=NOW)
    query = re.sub("digest=(.*)", lambda found: f"digest={found[1].upper()}", sent.url.partition("?")[2])
    request = replace(arrived(sent), query=query.encode(), signature=hmac_of(query, KEY.secret_key).encode())
    assert code_of(lambda: check(request)) is Code.DIGEST_MISMATCH
