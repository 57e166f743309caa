import pytest

from workers.consumption import Consumption, Pace, Status, Verdict

PACE = Pace(pulse_every=10, fresh=30, give_up=60)
LONGEST_TASK = 40


class Clock:
    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


class Story:
    """What happens to a worker, pulse by pulse; the broker answers each unless it is said to be away."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.consumption = Consumption(PACE, LONGEST_TASK, self.clock)

    def live(self, seconds: int, *, hears: bool = True, busy: bool = False, away: bool = False) -> Verdict:
        for _ in range(seconds // 10):
            self.clock.time += 10
            if away:
                self.consumption.unanswered()
            else:
                self.consumption.answered()
            if busy:
                self.consumption.busy()
            if hears and not away:
                self.consumption.consumed()
        return self.consumption.verdict()


@pytest.fixture
def story() -> Story:
    return Story()


def test_before_anything_happened(story: Story) -> None:
    assert story.consumption.verdict() == (Status.BROKER_AWAY, None, False)


def test_a_start(story: Story) -> None:
    assert story.live(10, hears=False) == (Status.CONNECTING, None, False)
    assert story.live(10) == (Status.OK, 0, False)


def test_a_worker_that_never_heard_anything(story: Story) -> None:
    story.live(10, hears=False)
    assert story.live(30, hears=False).status is Status.CONNECTING
    assert story.live(10, hears=False) == (Status.DEAF, None, False)
    assert story.live(30, hears=False).is_hopeless


def test_a_worker_that_goes_deaf(story: Story) -> None:
    story.live(600)
    assert story.live(30, hears=False) == (Status.OK, 30, False)
    assert story.live(10, hears=False) == (Status.DEAF, 40, False)
    assert story.live(20, hears=False) == (Status.DEAF, 60, False)
    assert story.live(10, hears=False) == (Status.DEAF, 70, True)
    assert story.live(10) == (Status.OK, 0, False)


def test_a_broker_that_is_away_for_an_hour(story: Story) -> None:
    story.live(600)
    assert story.live(3600, away=True) == (Status.BROKER_AWAY, 3600, False)
    assert story.live(30, hears=False) == (Status.CONNECTING, 3630, False)
    assert story.live(30, hears=False) == (Status.DEAF, 3660, False)
    assert story.live(20, hears=False).is_hopeless


def test_a_sender_that_hangs_is_a_broker_that_is_away(story: Story) -> None:
    story.live(600)
    story.clock.time += 100
    assert story.consumption.verdict() == (Status.BROKER_AWAY, 100, False)


def test_a_machine_that_was_stopped_for_an_hour_starts_with_new_patience(story: Story) -> None:
    story.live(600)
    story.clock.time += 3600
    assert story.live(10, hears=False).status is Status.CONNECTING


def test_busy_for_as_long_as_a_task_may_take(story: Story) -> None:
    story.live(600)
    assert story.live(40, hears=False, busy=True) == (Status.OK, 40, False)
    assert story.live(20, hears=False, busy=False).status is Status.OK


def test_busy_for_longer_is_no_excuse(story: Story) -> None:
    """A main loop that is stuck never hears that its tasks ended."""
    story.live(600)
    assert story.live(70, hears=False, busy=True).status is Status.OK
    assert story.live(10, hears=False, busy=True).status is Status.DEAF
    assert story.live(30, hears=False, busy=True).is_hopeless


def test_busy_before_anything_was_heard(story: Story) -> None:
    assert story.live(50, hears=False, busy=True).status is Status.DEAF
