"""Whether a resource is FHIR R4: by fhir.resources, and by what that does not check, required codes and elements."""

from __future__ import annotations

import importlib
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TABLE = tomllib.loads(Path(__file__).with_name("fhir_required.toml").read_text("utf-8"))


def check(resource: dict[str, Any]) -> None:
    """Raises for what is wrong in it."""
    type = resource["resourceType"]
    model = getattr(importlib.import_module(f"fhir.resources.R4B.{type.lower()}"), type)
    said = dict(resource)
    if type == "Bundle":  # the parts are checked one by one: the library would take them all for one
        said["entry"] = [
            {**one, "resource": {"resourceType": "Basic", "code": {"text": "x"}}} for one in said.get("entry", ())
        ]
        for one in resource.get("entry", ()):
            check(one["resource"])
    if type == "CapabilityStatement":
        said["fhirVersion"] = "4.3.0"  # the library is of R4B
    model.model_validate(json.loads(json.dumps(said)))
    for place, codes in TABLE["codes"].items():
        of, _, path = place.partition(".")
        for code in _at(resource, path) if of == type else ():
            assert code in codes.split(), f"{place}: {code}"
    lacks = [name for name in TABLE["needed"].get(type, ()) if name not in resource]
    assert not lacks, f"{type} lacks {lacks}"


def _at(node: Any, path: str) -> Iterator[Any]:
    if isinstance(node, list):
        for one in node:
            yield from _at(one, path)
    elif not path:
        yield node
    elif isinstance(node, dict) and path.partition(".")[0] in node:
        yield from _at(node[path.partition(".")[0]], path.partition(".")[2])
