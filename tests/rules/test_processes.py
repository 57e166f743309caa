"""Procfile and compose start exactly the processes of the vocabulary, and every queue has one consumer."""

from collections import Counter
from typing import Any

import pytest
import yaml

from config.vocabulary import CONSUMES, Process, Queue
from tests.rules.commands import consumed, procfile
from tests.rules.sources import ROOT

OURS = "build"
"""A compose service that is built here runs our code; one with an image only is somebody else's."""


def compose() -> dict[str, dict[str, Any]]:
    services: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]
    return services


def command_of(service: dict[str, Any]) -> str:
    command = service.get("command", "")
    return command if isinstance(command, str) else " ".join(command)


EXPECTED = {process: {str(queue) for queue in CONSUMES.get(process, ())} for process in Process}


def test_every_queue_has_one_consumer() -> None:
    assert Counter(queue for queues in CONSUMES.values() for queue in queues) == Counter(Queue)


def test_procfile_starts_the_processes_with_their_queues() -> None:
    commands = procfile()
    assert commands.keys() == set(Process)
    assert {name: consumed(command) for name, command in commands.items()} == EXPECTED


def test_compose_starts_the_processes_with_their_queues() -> None:
    services = compose()
    assert set(Process) <= services.keys()
    assert {process: consumed(command_of(services[process])) for process in Process} == EXPECTED


def test_compose_runs_nothing_else_of_ours_for_long() -> None:
    others = {name: service for name, service in compose().items() if name not in set(Process)}
    lasting = [name for name, service in others.items() if OURS in service and service.get("restart", "no") != "no"]
    assert lasting == []


def test_what_is_local_only_adds() -> None:
    assert procfile("Procfile.local").keys().isdisjoint(set(Process))


@pytest.mark.parametrize(
    ("command", "queues"),
    [
        ("celery -A x worker -Q a.b,c -c 2", {"a.b", "c"}),
        ("celery worker --queues=a,b", {"a", "b"}),
        ("exec celery worker -Q 'a,b'", {"a", "b"}),
        ("celery -A x beat", set()),
    ],
)
def test_how_queues_are_read(command: str, queues: set[str]) -> None:
    assert consumed(command) == queues
