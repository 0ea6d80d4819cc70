"""Writes down what is public: `python tests/house/public_names.py > tests/house/public_names.txt`."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator

DOORS = (
    "unwound",
    "unwound.cautions",
    "unwound.conditions",
    "unwound.evidence",
    "unwound.examples",
    "unwound.exchange.case_file",
    "unwound.exchange.event_table",
    "unwound.exchange.fhir",
    "unwound.exchange.hl7v2",
    "unwound.extras",
    "unwound.facts",
    "unwound.instruments",
    "unwound.mechanism",
    "unwound.outcomes",
    "unwound.pathway",
    "unwound.patient",
    "unwound.pharmacology",
    "unwound.pharmacology.diary",
    "unwound.pharmacology.dosing",
    "unwound.pharmacology.effects",
    "unwound.pharmacology.individualise",
    "unwound.pharmacology.models",
    "unwound.pharmacology.population",
    "unwound.pharmacology.sampling",
    "unwound.pharmacology.subjects",
    "unwound.pharmacology.tables",
    "unwound.pharmacology.target",
    "unwound.pharmacology.vpc",
    "unwound.plots",
    "unwound.protocols",
    "unwound.record",
    "unwound.sensitivity",
    "unwound.session",
    "unwound.therapies",
)


def public(module: str) -> tuple[str, ...]:
    """The names a module promises: its `__all__`, or what is defined in it without an underscore."""
    there = importlib.import_module(module)
    if hasattr(there, "__all__"):
        return tuple(sorted(there.__all__))
    return tuple(
        sorted(
            name
            for name, value in vars(there).items()
            if not name.startswith("_") and (inspect.isfunction(value) or inspect.isclass(value))
            if value.__module__ == module
        )
    )


def lines() -> Iterator[str]:
    """A line for each name, functions with their parameters."""
    for module in DOORS:
        there = importlib.import_module(module)
        for name in public(module):
            value = getattr(there, name)
            takes = ""
            if inspect.isfunction(value):
                takes = f"({', '.join(inspect.signature(value).parameters)})"
            yield f"{module}.{name}{takes}"


if __name__ == "__main__":
    print("\n".join(lines()))
