"""The overlays with KEDA scale every worker by its own queues, in words that KEDA knows.

KEDA's own schema leaves a trigger's metadata open; what stands here is what its documentation lists for these
triggers (keda.sh/docs, "Redis Lists", "RabbitMQ Queue", "CPU") and for a ScaledObject.
"""

from typing import Any

import jsonschema
import kubernetes_validate
import pytest

from config.vocabulary import Lane
from tests.rules.commands import consumed
from tests.rules.manifests import Manifest, rendered
from tests.rules.sources import ROOT

OVERLAYS = {name: rendered(ROOT / "deploy/kubernetes/overlays" / name) for name in ("keda-redis", "keda-rabbitmq")}
COUNT = {"type": "string", "pattern": "^[1-9][0-9]*$"}
TEXT = {"type": "string", "minLength": 1}


def trigger(kind: str, required: dict[str, Any], optional: dict[str, Any], **beside: object) -> dict[str, Any]:
    metadata = {
        "type": "object",
        "properties": required | optional,
        "required": sorted(required),
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"type": {"const": kind}, "metadata": metadata} | beside,
        "required": ["type", "metadata", *beside],
        "additionalProperties": False,
    }


REDIS = trigger(
    "redis",
    {"listName": TEXT, "listLength": COUNT, "address": {"type": "string", "pattern": r"^[\w.-]+:\d+$"}},
    {"databaseIndex": {"type": "string", "pattern": "^[0-9]+$"}, "passwordFromEnv": TEXT, "usernameFromEnv": TEXT},
)
RABBITMQ = trigger(
    "rabbitmq",
    {"queueName": TEXT, "mode": {"enum": ["QueueLength", "MessageRate"]}, "value": COUNT, "hostFromEnv": TEXT},
    {"protocol": {"enum": ["auto", "amqp", "http"]}},
)
CPU = trigger("cpu", {"value": COUNT}, {}, metricType={"enum": ["Utilization", "AverageValue"]})
SPEC = {
    "type": "object",
    "properties": {
        "scaleTargetRef": {"type": "object", "properties": {"name": TEXT}, "required": ["name"]},
        "pollingInterval": {"type": "integer", "minimum": 1},
        "minReplicaCount": {"type": "integer", "minimum": 1},
        "maxReplicaCount": {"type": "integer", "minimum": 1},
        "triggers": {"type": "array", "minItems": 1, "items": {"oneOf": [REDIS, RABBITMQ, CPU]}},
    },
    "required": ["scaleTargetRef", "triggers", "minReplicaCount", "maxReplicaCount"],
    "additionalProperties": False,
}
KEDA = jsonschema.Draft202012Validator(SPEC)


def scaled(overlay: str) -> dict[str, Manifest]:
    found = [each for each in OVERLAYS[overlay] if each["kind"] == "ScaledObject"]
    assert {each["apiVersion"] for each in found} == {"keda.sh/v1alpha1"}
    return {each["spec"]["scaleTargetRef"]["name"]: each["spec"] for each in found}


def deployments(overlay: str) -> dict[str, Manifest]:
    return {each["metadata"]["name"]: each["spec"] for each in OVERLAYS[overlay] if each["kind"] == "Deployment"}


@pytest.mark.parametrize("overlay", sorted(OVERLAYS))
def test_kubernetes_and_keda_take_them(overlay: str) -> None:
    faults = [fault.message for spec in scaled(overlay).values() for fault in KEDA.iter_errors(spec)]
    assert faults == []
    newest = kubernetes_validate.latest_version()
    others = [each for each in OVERLAYS[overlay] if each["kind"] != "ScaledObject"]
    # It raises for a fault, and names the schema that it took.
    taken = {kubernetes_validate.validate(each, newest, strict=True) for each in others}
    assert taken == {newest.rpartition(".")[0]}


@pytest.mark.parametrize("overlay", sorted(OVERLAYS))
def test_what_is_scaled_leaves_its_number_to_the_autoscaler(overlay: str) -> None:
    assert scaled(overlay).keys() == {"web", *(f"worker-{lane}" for lane in Lane)}
    assert {name for name, spec in deployments(overlay).items() if "replicas" not in spec} == scaled(overlay).keys()


@pytest.mark.parametrize("overlay", sorted(OVERLAYS))
@pytest.mark.parametrize("lane", list(Lane))
def test_workers_are_scaled_by_every_queue_they_consume_and_no_other(overlay: str, lane: Lane) -> None:
    name = f"worker-{lane}"
    (container,) = deployments(overlay)[name]["template"]["spec"]["containers"]
    metadata = [each["metadata"] for each in scaled(overlay)[name]["triggers"]]
    watched = [each.get("listName") or each["queueName"] for each in metadata]
    assert sorted(watched) == sorted(consumed(" ".join(container["args"])))


@pytest.mark.parametrize(
    ("metadata", "kind"),
    [
        ({"listName": "logs", "listLength": 5, "address": "redis:6379"}, "redis"),
        ({"listName": "logs", "listLenght": "5", "address": "redis:6379"}, "redis"),
        ({"listName": "logs", "listLength": "5", "address": "redis://redis:6379/0"}, "redis"),
        ({"queueName": "logs", "mode": "Length", "value": "5", "hostFromEnv": "ALRIM_BROKER_URL"}, "rabbitmq"),
    ],
)
def test_a_fault_would_be_found(metadata: dict[str, object], kind: str) -> None:
    spec = {"scaleTargetRef": {"name": "web"}, "triggers": [{"type": kind, "metadata": metadata}]}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(spec | {"minReplicaCount": 1, "maxReplicaCount": 2}, SPEC)
