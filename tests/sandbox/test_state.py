from sandbox.faults import Fault, Kind
from sandbox.settings import Settings
from sandbox.silence import NoAnswer
from sandbox.state import new


def test_an_answer_is_withheld_only_when_asked_for() -> None:
    state = new(Settings(hang=3.0))
    assert state.withhold("ses", ["u@example.com"]) is None
    assert isinstance(state.withhold("ses", ["u@example.com", "u0003@example.com"]), NoAnswer)
    state.faults.put(Fault("ses", Kind.HANG_AFTER_ACCEPT, 1.0))
    assert isinstance(state.withhold("ses", ["u@example.com"]), NoAnswer)


def test_the_seed_reaches_the_dice_and_the_clock_is_aware() -> None:
    first, second = new(Settings(seed=7)), new(Settings(seed=7))
    for state in (first, second):
        state.faults.put(Fault("ses", Kind.REJECT, 0.5))
    throws = [[state.faults.rejects("ses", "u") for _ in range(64)] for state in (first, second)]
    assert throws[0] == throws[1]
    assert first.clock().tzinfo is not None
