from collections import Counter

from kombu.transport.redis import Channel
from kombu.utils.scheduling import cycle_by_name

from config.vocabulary import CONSUMES, Process
from workers.celery_app import _transport
from workers.order import UrgentFirst

QUEUES = [str(queue) for queue in CONSUMES[Process.WORKER]]


def taken(full: set[str], number: int) -> Counter[str]:
    """From which queues so many messages are taken, if these never run out."""
    cycle, taken = UrgentFirst(), Counter[str]()
    cycle.update(QUEUES)
    for _ in range(number):
        queue = next(each for each in cycle.consume(len(QUEUES)) if each in full)
        cycle.rotate(queue)
        taken[queue] += 1
    return taken


def test_urgent_messages_go_before_others_and_nothing_starves() -> None:
    everything = taken(set(QUEUES), 4000)
    urgent = sum(number for queue, number in everything.items() if queue.endswith(".urgent"))
    assert 3000 <= urgent < 3600
    assert everything.keys() == set(QUEUES)
    assert min(everything.values()) > 50


def test_what_is_not_urgent_goes_at_once_where_nothing_is() -> None:
    others = {queue for queue in QUEUES if not queue.endswith(".urgent")}
    assert set(taken(others, 600).values()) <= set(range(90, 111))


def test_kombu_takes_it_by_its_name() -> None:
    options = _transport("redis://127.0.0.1/0")
    assert "queue_order_strategy" in Channel.from_transport_options
    assert cycle_by_name(options["queue_order_strategy"]) is UrgentFirst
