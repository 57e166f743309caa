import pytest

from sandbox.faults import Fault, Faults, Kind, Magic, magic_of


@pytest.mark.parametrize(
    ("text", "magic"),
    [
        ("01012340002", Magic.REJECT),
        ("u0003@example.com", Magic.HANG),
        ("friend-0004", Magic.THROTTLE),
        ("배포가 끝났습니다 0002", Magic.REJECT),
        ("0002\n", Magic.REJECT),
        ("배포 문의 help@example.com 0003", Magic.HANG),
        ("u@example0002", None),
        ("01012340001", None),
        ("00021", None),
        ("002", None),
        ("", None),
    ],
)
def test_the_last_four_digits_ask(text: str, magic: Magic | None) -> None:
    assert magic_of(text) is magic


def test_a_fault_is_one_per_channel_and_kind() -> None:
    faults = Faults()
    faults.put(Fault("solapi", Kind.STATUS, 0.5))
    faults.put(Fault("kakao", Kind.STATUS, 1.0))
    faults.put(Fault("solapi", Kind.STATUS, 1.0, status=500))
    assert [fault.status for fault in faults.all()] == [500, 503]
    faults.clear()
    assert faults.draw("solapi") is None


def test_the_dice_fall_at_the_rate_and_the_same_for_the_same_seed() -> None:
    def drawn(seed: int) -> list[bool]:
        faults = Faults(seed)
        faults.put(Fault("ses", Kind.REJECT, 0.3))
        return [faults.rejects("ses", "u@example.com") for _ in range(2000)]

    assert drawn(1) == drawn(1) != drawn(2)
    assert 500 < sum(drawn(1)) < 700


@pytest.mark.parametrize(("rate", "expected"), [(0.0, False), (1.0, True)])
def test_never_and_always_are_certain(rate: float, expected: bool) -> None:  # noqa: FBT001 -- a table's column
    faults = Faults(1)
    faults.put(Fault("ses", Kind.LATENCY, rate))
    assert {faults.draw("ses", Kind.LATENCY) is not None for _ in range(200)} == {expected}


def test_kinds_are_drawn_in_the_order_asked_for() -> None:
    faults = Faults()
    for kind in Kind:
        faults.put(Fault("ses", kind, 1.0))
    drawn = faults.draw("ses", Kind.THROTTLE, Kind.STATUS)
    assert drawn is not None
    assert drawn.kind is Kind.THROTTLE
    assert faults.draw("kakao") is None


def test_a_message_is_throttled_once_and_each_message_anew() -> None:
    faults = Faults()
    first, second = ("01000000004", "n-1"), ("01000000004", "n-2")
    assert faults.throttles("solapi", [first])
    assert faults.throttles("solapi", [second])
    assert not faults.throttles("solapi", [first])
    assert not faults.throttles("solapi", [second])
    assert faults.throttles("solapi", [first])
    assert faults.throttles("kakao", [second])


def test_several_magic_numbers_in_one_request_throttle_it_once() -> None:
    faults = Faults()
    both = [("01000000004", "n-1"), ("01011110004", "n-2"), ("01000000001", "n-3")]
    assert [faults.throttles("solapi", both) for _ in range(2)] == [True, False]
    assert not faults.throttles("solapi", [("01000000001", "n-3")])


@pytest.mark.parametrize(
    ("to", "fault", "seconds"),
    [
        ("01000000003", None, 30.0),
        ("01000000001", None, None),
        ("01000000001", Fault("ses", Kind.HANG_AFTER_ACCEPT, 1.0), 30.0),
        ("01000000001", Fault("ses", Kind.HANG_AFTER_ACCEPT, 1.0, seconds=0.0), 0.0),
        ("01000000001", Fault("kakao", Kind.HANG_AFTER_ACCEPT, 1.0), None),
    ],
)
def test_an_answer_is_held_for_magic_or_by_dice(to: str, fault: Fault | None, seconds: float | None) -> None:
    faults = Faults()
    if fault is not None:
        faults.put(fault)
    assert faults.holds("ses", ["01000000001", to], 30.0) == seconds
