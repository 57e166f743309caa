"""The Kubernetes manifests are what Kubernetes takes, run what the Procfile runs, and end as workers must."""

import copy
from collections import Counter
from typing import Any

import kubernetes_validate
import pytest
from kubernetes_validate.utils import ValidationError

from config.vocabulary import CONSUMES, Lane, Process, Queue
from tests.rules.commands import consumed, words_of
from tests.rules.manifests import Manifest, rendered
from tests.rules.sources import ROOT

BASE = rendered(ROOT / "deploy/kubernetes/base")
OLDEST, NEWEST = "1.29", kubernetes_validate.latest_version()
WORKERS = {f"worker-{lane}": lane for lane in Lane}
SECONDS_A_WORKER_MAY_NEED = 45
# What stands differently in a pod, where each lane has workers of its own.
IN_A_POD = {
    Process.WEB: {"${ALRIM_API_HOST:-127.0.0.1}": "0.0.0.0", "${ALRIM_API_PORT:-${PORT:-8000}}": "8000"},
    Process.BEAT: {"${ALRIM_VAR:-var}/beat": "/srv/alrim/var/beat"},
}
MORE_IN_A_POD = {Process.FLOWER: ["--address=0.0.0.0", "--port=5555"]}


def named(kind: str) -> dict[str, Manifest]:
    return {each["metadata"]["name"]: each for each in BASE if each["kind"] == kind}


DEPLOYMENTS = named("Deployment")
PODS = {name: each["spec"]["template"]["spec"] for name, each in (DEPLOYMENTS | named("Job")).items()}
CONTAINERS: dict[str, dict[str, Any]] = {name: pod["containers"][0] for name, pod in PODS.items()}


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("manifest", BASE, ids=lambda each: f"{each['kind']}-{each['metadata']['name']}")
def test_kubernetes_takes_them(manifest: Manifest, version: str) -> None:
    # It raises for a fault, and names the schema that it took.
    taken = kubernetes_validate.validate(manifest, version, strict=True)
    assert f"{version}.".startswith(f"{taken}.")


def test_a_fault_would_be_found() -> None:
    broken = copy.deepcopy(DEPLOYMENTS["web"])
    broken["spec"]["template"]["spec"]["terminationGraceSeconds"] = 45
    with pytest.raises(ValidationError, match="terminationGraceSeconds"):
        kubernetes_validate.validate(broken, NEWEST, strict=True)


def test_the_processes_are_there_and_each_lane_has_workers_of_its_own() -> None:
    assert DEPLOYMENTS.keys() == {Process.WEB, Process.BEAT, Process.FLOWER, *WORKERS}
    assert named("Job").keys() == {"migrate"}


@pytest.mark.parametrize("process", [Process.WEB, Process.BEAT, Process.FLOWER])
def test_pods_run_what_the_procfile_runs(process: Process) -> None:
    expected = words_of(process, IN_A_POD.get(process, {})) + MORE_IN_A_POD.get(process, [])
    assert CONTAINERS[process]["args"] == expected


@pytest.mark.parametrize("name", sorted(WORKERS))
def test_a_lanes_workers_are_the_procfiles_with_their_own_queues(name: str) -> None:
    node = name.replace("-", "_")
    ours, queues = CONTAINERS[name]["args"][:-1], CONTAINERS[name]["args"][-1]
    assert ours == words_of(Process.WORKER, {"worker@%h": f"{node}@%h"})[:-1]
    assert {queue for queue in queues.split(",") if queue.startswith("send.")} == {
        queue for queue in Queue if queue.endswith(f".{WORKERS[name]}")
    }
    assert CONTAINERS[name]["readinessProbe"]["exec"]["command"] == ["python", "-m", "workers.health", node]
    assert "livenessProbe" not in CONTAINERS[name]


def test_every_queue_has_one_kind_of_workers() -> None:
    assert Counter(queue for each in CONTAINERS.values() for queue in consumed(" ".join(each["args"]))) == Counter(
        queue for queues in CONSUMES.values() for queue in queues
    )


@pytest.mark.parametrize("name", sorted(PODS))
def test_no_pod_may_more_than_it_needs(name: str) -> None:
    pod, container = PODS[name], CONTAINERS[name]
    assert pod["securityContext"]["runAsNonRoot"]
    assert not pod["automountServiceAccountToken"]
    # Flower would take the FLOWER_PORT of a Service of that name for an option of its own.
    assert not pod["enableServiceLinks"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/srv/alrim/var", "/tmp"}  # noqa: S108 - a pod's own
    assert container["resources"]["requests"].keys() == {"cpu", "memory"}
    assert "memory" in container["resources"]["limits"]


@pytest.mark.parametrize("name", sorted(PODS))
def test_secrets_stand_elsewhere(name: str) -> None:
    assert CONTAINERS[name]["envFrom"] == [{"configMapRef": {"name": "alrim"}}, {"secretRef": {"name": "alrim"}}]
    assert "env" not in CONTAINERS[name]
    assert named("Secret") == {}
    assert not [
        key for key in named("ConfigMap")["alrim"]["data"] if key.endswith(("KEY", "KEYS", "SECRET", "PASSWORD"))
    ]


@pytest.mark.parametrize("name", ["web", *sorted(WORKERS)])
def test_a_rollout_or_a_drain_never_takes_all(name: str) -> None:
    assert DEPLOYMENTS[name]["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    budget = named("PodDisruptionBudget")[name]["spec"]
    assert budget["maxUnavailable"] == 1
    assert budget["selector"] == DEPLOYMENTS[name]["spec"]["selector"]


@pytest.mark.parametrize("name", sorted(DEPLOYMENTS))
def test_every_selector_finds_its_own_pods(name: str) -> None:
    spec = DEPLOYMENTS[name]["spec"]
    assert spec["selector"]["matchLabels"] == spec["template"]["metadata"]["labels"]
    assert spec["template"]["metadata"]["labels"]["app.kubernetes.io/component"] == name


@pytest.mark.parametrize("name", sorted(WORKERS))
def test_a_worker_has_the_time_to_finish(name: str) -> None:
    assert PODS[name]["terminationGracePeriodSeconds"] >= SECONDS_A_WORKER_MAY_NEED


def test_the_api_answers_while_only_the_broker_is_away_and_leaves_the_balancer_first() -> None:
    web = CONTAINERS["web"]
    assert web["livenessProbe"]["httpGet"]["path"] == web["startupProbe"]["httpGet"]["path"] == "/health"
    # 200 degraded without a broker: tests/flows/test_away.py.
    assert web["readinessProbe"]["httpGet"]["path"] == "/ready"
    pause = int(web["lifecycle"]["preStop"]["exec"]["command"][1])
    finishing = int(web["args"][web["args"].index("--timeout-graceful-shutdown") + 1])
    assert PODS["web"]["terminationGracePeriodSeconds"] > pause + finishing
