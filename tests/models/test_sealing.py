import base64
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings import SettingsError, settings
from models.sealing import MARK_BYTES, KeyUnknown, SealBroken, Sealer, parse_keys, recipient_hash, recipient_hashes
from models.types import moment_of, new_id

PLACE = "notifications.sealed"
OLD, NEW = b"o" * 32, b"n" * 32


@given(st.binary(max_size=2000))
def test_what_was_sealed_opens(plain: bytes) -> None:
    row_id, sealer = new_id(), Sealer({1: NEW})
    assert sealer.open(PLACE, row_id, sealer.seal(PLACE, row_id, plain)) == plain


def test_the_same_text_never_looks_the_same() -> None:
    row_id, sealer = new_id(), Sealer({1: NEW})
    assert sealer.seal(PLACE, row_id, b"x") != sealer.seal(PLACE, row_id, b"x")


@pytest.mark.parametrize("place", ["notifications.code", "connections.sealed", ""])
def test_a_value_moved_to_another_place_does_not_open(place: str) -> None:
    row_id, sealer = new_id(), Sealer({1: NEW})
    with pytest.raises(SealBroken):
        sealer.open(place, row_id, sealer.seal(PLACE, row_id, b"secret"))


def test_a_value_moved_to_another_row_does_not_open() -> None:
    sealer = Sealer({1: NEW})
    with pytest.raises(SealBroken):
        sealer.open(PLACE, new_id(), sealer.seal(PLACE, new_id(), b"secret"))


@given(st.integers(min_value=0, max_value=33), st.integers(min_value=0, max_value=7))
def test_one_changed_bit_does_not_open(position: int, bit: int) -> None:
    row_id, sealer = new_id(), Sealer({1: NEW})
    sealed = bytearray(sealer.seal(PLACE, row_id, b"secret"))
    sealed[position] ^= 1 << bit
    with pytest.raises(SealBroken):
        sealer.open(PLACE, row_id, bytes(sealed))


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x01" + b"n" * 12])
def test_a_cut_value_does_not_open(sealed: bytes) -> None:
    with pytest.raises(SealBroken):
        Sealer({1: NEW}).open(PLACE, new_id(), sealed)


def test_an_old_master_still_opens_and_the_first_seals() -> None:
    row_id = new_id()
    before = Sealer({1: OLD}).seal(PLACE, row_id, b"secret")
    rotated = Sealer({2: NEW, 1: OLD})
    assert rotated.open(PLACE, row_id, before) == b"secret"
    assert rotated.seal(PLACE, row_id, b"secret")[0] == 2
    with pytest.raises(KeyUnknown, match="master key 1 is not in ALRIM_SEAL_KEYS"):
        Sealer({2: NEW}).open(PLACE, row_id, before)


def test_what_is_sealed_begins_with_its_key_and_with_nothing_that_another_begins_with() -> None:
    row_id, sealer = new_id(), Sealer({2: NEW, 1: OLD})
    one, other = (sealer.seal(PLACE, row_id, b"secret") for _ in range(2))
    assert one[:1] == other[:1] == sealer.first == bytes([2])
    assert one[:MARK_BYTES] != other[:MARK_BYTES]


def test_a_recipient_is_searched_under_both_keys_while_there_are_two(monkeypatch: pytest.MonkeyPatch) -> None:
    account_id, found = new_id(), list[list[bytes]]()
    for index, previous in (("a" * 32, ""), ("b" * 32, "a" * 32), ("b" * 32, "")):
        secrets = {
            "INDEX_KEY": index,
            "INDEX_KEY_PREVIOUS": previous,
            "JWT_SECRET": "j" * 32,
            "SEAL_KEYS": "1:" + "A" * 44,
        }
        for name, value in secrets.items():
            monkeypatch.setenv(f"ALRIM_{name}", value)
        settings.cache_clear()
        found.append(recipient_hashes(account_id, "01012345678"))
        assert recipient_hash(account_id, "01012345678") == found[-1][0]
    settings.cache_clear()
    [old], both, [new] = found
    assert both == [new, old]
    assert old != new


def test_keys_are_read_in_order() -> None:
    text = f"2:{base64.b64encode(NEW).decode()}, 1:{base64.b64encode(OLD).decode()}"
    assert list(parse_keys(text).items()) == [(2, NEW), (1, OLD)]


@pytest.mark.parametrize("text", ["", "1", "1:", "0:" + "A" * 44, "256:" + "A" * 44, "x:abc", "1:AAAA", "1:%%%"])
def test_a_bad_key_names_the_setting(text: str) -> None:
    with pytest.raises(SettingsError, match="ALRIM_SEAL_KEYS"):
        parse_keys(text)


def test_a_key_number_stands_once() -> None:
    key = base64.b64encode(NEW).decode()
    with pytest.raises(SettingsError):
        parse_keys(f"1:{key},1:{key}")


def test_an_id_knows_its_moment() -> None:
    assert abs(moment_of(new_id()) - datetime.now(UTC)) < timedelta(seconds=1)
    assert moment_of(UUID("01900000-0000-7000-8000-000000000001")).year == 2024
