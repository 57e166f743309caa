"""The caller of a run: sends every message at its moment and repeats the same request until it is answered.

As a good client would: same Idempotency-Key, another API process after an error, a pause in between. It counts a
message as accepted only when it has read a 202.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from queue import Empty, SimpleQueue

import requests

from tests.chaos.judge import Accepted
from tests.chaos.messages import Order
from tests.flows.client import Client

THREADS = 8
PAUSE = 0.3
TOO_MANY = 429


@dataclass
class Sender:
    """Sends orders evenly over `seconds` through these API processes.

    Attributes:
        accepted: what has a 202, in the order of the answers.
        refused: orders that the API refused for good, with its answer: a mistake of this script or of the API.
        repeated: why requests had to be repeated.
    """

    client: Client
    apis: Sequence[str]
    orders: Iterable[Order]
    seconds: float
    accepted: list[Accepted] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    repeated: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._waiting: SimpleQueue[tuple[float, Order]] = SimpleQueue()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(THREADS)]

    def start(self) -> None:
        """Begin now."""
        orders = [*self.orders]
        began = time.monotonic()
        for index, order in enumerate(orders):
            self._waiting.put((began + self.seconds * index / len(orders), order))
        for thread in self._threads:
            thread.start()

    @property
    def done(self) -> bool:
        """Whether every order has been answered."""
        return not any(thread.is_alive() for thread in self._threads)

    def stop(self) -> None:
        """Give up what is not sent yet, and wait for what is under way."""
        self._stop.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(timeout=20)

    def _run(self) -> None:
        dice = random.Random()  # noqa: S311 - spreads the load
        while not self._stop.is_set():
            try:
                moment, order = self._waiting.get_nowait()
            except Empty:
                return
            self._stop.wait(max(moment - time.monotonic(), 0))
            self._send(order, dice)

    def _send(self, order: Order, dice: random.Random) -> None:
        path = f"/api/services/{order.route}/send"
        while not self._stop.is_set():
            client = replace(self.client, api=dice.choice(self.apis))
            try:
                answer = client.post(path, dict(order.body), order.word)
                status = answer.status_code
                if status == requests.codes.accepted:
                    at = datetime.now(UTC)
                    self.accepted.append(Accepted(answer.json()["id"], order.channel, order.word, at))
                    return
            except requests.RequestException as error:
                self.repeated[type(_cause(error)).__name__] += 1
            else:
                if status < requests.codes.server_error and status != TOO_MANY:
                    self.refused.append(f"{order.word}: {status} {answer.text[:200]}")
                    return
                self.repeated[str(status)] += 1
            self._stop.wait(PAUSE * (0.5 + dice.random()))


def _cause(error: BaseException) -> BaseException:
    """What began it: `requests` says ConnectionError of a refusal and of a break in the middle alike."""
    while (deeper := error.__cause__ or error.__context__) is not None:
        error = deeper
    return error
