"""Alerts fire as they are meant to, and no alert or panel asks for a number or a label that nobody tells."""

import ast
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.rules.sources import ROOT, text_of

MONITORING = ROOT / "deploy/monitoring"
TELLERS = ("api/metrics.py", "workers/metrics.py", "workers/pulse.py", "workers/tasks/observe.py")
OURS = re.compile(r"\balrim_[a-z_]+\b")
ENDS = ("", "_total", "_bucket", "_sum", "_count", "_info")
PAGE = text_of(Path("docs/operations.md"))


def queries() -> Iterator[tuple[str, str]]:
    """Where each query stands, and the query."""
    for group in yaml.safe_load((MONITORING / "alerts.yml").read_text(encoding="utf-8"))["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]
    for file in sorted((MONITORING / "grafana/dashboards").glob("*.json")):
        for panel in json.loads(file.read_text(encoding="utf-8"))["panels"]:
            for target in panel["targets"]:
                yield panel["title"], target["expr"]


def bases() -> set[str]:
    """The names that our processes give their numbers."""
    texts = {
        node.value
        for name in TELLERS
        for node in ast.walk(ast.parse(text_of(Path(name))))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {text for text in texts if OURS.fullmatch(text)}


def told() -> set[str]:
    """The same as Prometheus writes them."""
    return {name + end for name in bases() for end in ENDS}


def test_nothing_is_asked_for_that_nobody_tells() -> None:
    asked = {(place, name) for place, query in queries() for name in OURS.findall(query)}
    assert len(asked) > 25
    assert sorted((place, name) for place, name in asked if name not in told()) == []


def test_every_number_is_explained() -> None:
    explained = set(OURS.findall(PAGE))
    assert {name for name in bases() if not explained & {name + end for end in ENDS}} == set()
    assert explained <= told()


def test_every_alert_is_explained_and_tried_both_ways() -> None:
    alerts = {place for place, _ in queries() if place.startswith("Alrim")}
    tests = yaml.safe_load((MONITORING / "alerts.test.yml").read_text(encoding="utf-8"))["tests"]
    tried = {(each["alertname"], bool(each["exp_alerts"])) for test in tests for each in test["alert_rule_test"]}
    assert tried == {(alert, fires) for alert in alerts for fires in (True, False)}
    assert {alert for alert in alerts if f"`{alert}`" not in PAGE} == set()


@pytest.mark.parametrize(
    "arguments", [("check", "config", "--syntax-only", "prometheus.yml"), ("test", "rules", "alerts.test.yml")]
)
def test_prometheus_reads_its_files_and_the_alerts_fire_as_they_are_meant_to(
    promtool: Path, arguments: tuple[str, ...]
) -> None:
    done = subprocess.run(
        [promtool, *arguments], cwd=MONITORING, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
