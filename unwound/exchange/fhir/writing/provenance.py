"""Where what is written came from: one Provenance for each author or origin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from unwound.exchange.fhir.writing.words import Resource, id_of, profile


def provenances(origins: Iterable[tuple[str, Resource]], patient: str, at: datetime) -> Iterator[Resource]:
    """For each origin, in the order in which it comes, what is from there; `at` is when it was written out."""
    targets: dict[str, list[Resource]] = {}
    for origin, resource in origins:
        if origin:
            targets.setdefault(origin, []).append({"reference": f"{resource['resourceType']}/{resource['id']}"})
    for origin, pointed in targets.items():
        yield {
            "resourceType": "Provenance",
            "id": id_of(patient, "provenance", origin),
            "meta": {"profile": [profile("provenance")]},
            "target": pointed,
            "recorded": at.isoformat(timespec="seconds"),
            "agent": [{"who": {"display": origin}}],
        }
