"""The long run: `python -m tests.chaos --messages 5000 --seed 1`."""

import argparse
import sys

from tests.chaos.cast import LEASE
from tests.chaos.report import say
from tests.chaos.run import Order, run

SECONDS_A_KILL = {"redis": 3.5, "rabbitmq": 5.5}
"""RabbitMQ and everything that waits for it need longer to come up again."""
BROKERS = tuple(SECONDS_A_KILL)
MESSAGES_A_SECOND = 14


def main() -> int:
    """Run on each broker asked for; 1 if anything was lost, sent twice, or never came to rest."""
    wanted = _arguments()
    found: list[str] = []
    for broker in BROKERS if wanted.broker == "both" else (wanted.broker,):
        seconds = wanted.seconds or max(wanted.messages / MESSAGES_A_SECOND, SECONDS_A_KILL[broker] * wanted.kills, 30)
        order = Order(broker, wanted.messages, wanted.seed, wanted.kills, seconds, wanted.lease, keep=wanted.keep)
        found += [f"{broker}: {each}" for each in dict.fromkeys(run(order))]
    for each in found:
        say(f"FAULT {each}")
    say("chaos: " + (f"{len(found)} faults" if found else "nothing lost, nothing twice"))
    return 1 if found else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos",
        description="Kills everything at random moments under traffic and proves that what was accepted is sent once.",
        epilog="Ends with a table a channel; exit status 1 if anything was lost or sent twice.",
    )
    parser.add_argument(
        "--messages", type=int, default=5000, metavar="N", help="how many are sent (5000); 0 measures recovery only"
    )
    parser.add_argument("--seed", type=int, default=1, help="makes schedule, messages and faults repeatable (1)")
    parser.add_argument("--broker", choices=(*BROKERS, "both"), default="both", help="(both, one after the other)")
    parser.add_argument("--kills", type=int, default=100, help="SIGKILLs on each broker (100)")
    parser.add_argument("--seconds", type=float, help="length of the traffic (from the two numbers)")
    parser.add_argument("--lease", type=int, default=LEASE, help=f"seconds of a lease ({LEASE})")
    parser.add_argument("--keep", action="store_true", help="keep logs and data")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        say("stopped: everything that was started has ended")
        sys.exit(130)
