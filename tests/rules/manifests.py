"""What a kustomization amounts to, without kustomize: its files, those of its bases, and keys that patches remove.

It reads no more of kustomize than deploy/kubernetes uses, and refuses the rest; `kubectl kustomize` says the same.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

Manifest = dict[str, Any]
UNDERSTOOD = {"apiVersion", "kind", "namespace", "resources", "patches"}


def rendered(folder: Path) -> list[Manifest]:
    """Every object of a kustomization, bases first."""
    said = yaml.safe_load((folder / "kustomization.yaml").read_text(encoding="utf-8"))
    if beyond := said.keys() - UNDERSTOOD:
        raise ValueError(f"{folder}: {sorted(beyond)} is not read here")
    found = [each for name in said["resources"] for each in _read(folder / name)]
    for each in found:
        each["metadata"]["namespace"] = said["namespace"]
    for patch in said.get("patches", []):
        _remove(found, patch)
    return found


def _read(path: Path) -> Iterator[Manifest]:
    if path.is_dir():
        yield from rendered(path.resolve())
    else:
        yield from yaml.safe_load_all(path.read_text(encoding="utf-8"))


def _remove(found: list[Manifest], patch: Manifest) -> None:
    wanted = (patch["target"]["kind"], patch["target"]["name"])
    (target,) = [each for each in found if (each["kind"], each["metadata"]["name"]) == wanted]
    for step in json.loads(patch["patch"]):
        if step["op"] != "remove":
            raise ValueError(f"{step}: only removing is read here")
        *above, last = step["path"].strip("/").split("/")
        for key in above:
            target = target[key]
        del target[last]
