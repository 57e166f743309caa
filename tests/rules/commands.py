"""What the Procfile starts, as words: what compose, systemd and Kubernetes start is compared with it."""

import re
import shlex
from collections.abc import Mapping

from honcho.environ import parse_procfile

from tests.rules.sources import ROOT

QUEUES = re.compile(r"(?:^|\s)(?:-Q|--queues)[ =]*['\"]?([\w.,-]+)")


def procfile(name: str = "Procfile") -> dict[str, str]:
    """The commands of a Procfile."""
    return dict(parse_procfile((ROOT / name).read_text(encoding="utf-8")).processes)


def words(command: str) -> list[str]:
    """A command's words, without what a shell does before it."""
    return shlex.split(command.partition("exec ")[2] or command)


def words_of(process: str, instead: Mapping[str, str]) -> list[str]:
    """What the Procfile runs for this process, with other words where a place has its own."""
    return [instead.get(word, word) for word in words(procfile()[process])]


def consumed(command: str) -> set[str]:
    """The queues that a worker's command names."""
    return {queue for found in QUEUES.findall(command) for queue in found.split(",")}
