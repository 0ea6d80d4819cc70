"""The command that lists what this program is made of: a bill of materials with licences (CycloneDX 1.6, JSON)."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

import click

from unwound.record import UnwoundError

OURS = "unwound"
NOT_RUN = ("dev", "bench")
"""Our extras that nobody needs to run it."""
PINNED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)
REQUIRED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[([^\]]*)\])?")
EXTRA = re.compile(r"extra\s*==\s*['\"]([^'\"]+)['\"]")
LONGEST_NAME = 60
"""A field «License» that is longer holds the text of a licence, not its name."""
WHERE = uuid.UUID("6d0b8f1e-6a3f-4a53-9d7e-0c5b7f0a51c4")
"""The same parts have the same serial number, whenever they are listed."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One package: its name as it is compared, its version, its licence as it states it, and what it needs."""

    name: str
    version: str
    here: bool = True
    """Whether this version is installed, so that the rest is known."""
    licence: Mapping[str, Any] | None = None
    needs: tuple[str, ...] = ()


@click.command("sbom")
@click.option(
    "--lock",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="List every package of this requirements.lock; without it what is installed here and used.",
)
def sbom(lock: Path | None) -> None:
    """Print the bill of materials, with licences, as CycloneDX 1.6 (JSON)."""
    installed = {plain(package.metadata["Name"]): package for package in distributions()}
    if OURS not in installed:
        raise UnwoundError("the package unwound is not installed here: its parts are not known")
    run = used(installed, tuple(extra for extra in _extras(installed[OURS]) if extra not in NOT_RUN))
    names = _pinned(lock) if lock else {(name, installed[name].version) for name in run - {OURS}}
    parts = [_part(name, version, installed) for name, version in sorted(names)]
    click.echo(json.dumps(bill(_part(OURS, installed[OURS].version, installed), parts, run), indent=1))
    for what, lacking in (
        ("not installed here, so that its licence is not known", [part for part in parts if not part.here]),
        ("states no licence", [part for part in parts if part.here and part.licence is None]),
    ):
        if lacking:
            click.echo(f"{what}: {', '.join(f'{part.name} {part.version}' for part in lacking)}", err=True)


def bill(whole: Part, parts: list[Part], run: set[str]) -> dict[str, Any]:
    """The document: what is not in `run` serves tests and building («excluded»), what is not here, other machines."""
    needs = [
        {"ref": _reference(part), "dependsOn": sorted(_reference(other) for other in parts if other.name in part.needs)}
        for part in (whole, *parts)
    ]
    components = [{"type": "library", **_described(part), "scope": _scope(part, run)} for part in parts]
    serial = uuid.uuid5(WHERE, json.dumps([_reference(part) for part in (whole, *parts)]))
    return {
        "bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": f"urn:uuid:{serial}", "version": 1,
        "metadata": {"component": {"type": "application", **_described(whole)}},
        "components": components, "dependencies": needs,
    }  # fmt: skip


def used(installed: Mapping[str, Distribution], extras: tuple[str, ...]) -> set[str]:
    """The names of what is installed and needed by us with these extras, ourselves among them."""
    taken: dict[str, set[str]] = {}
    waiting = [(OURS, set(extras))]
    while waiting:
        name, wanted = waiting.pop()
        if name not in installed or (name in taken and wanted <= taken[name]):
            continue
        taken[name] = taken.get(name, set()) | wanted
        waiting += [(other, more) for other, more in _requires(installed[name], taken[name])]
    return set(taken)


def plain(name: str) -> str:
    """A name of a package as names are compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _pinned(lock: Path) -> set[tuple[str, str]]:
    """Name and version; some packages are pinned twice, for two versions of Python."""
    pinned = {(plain(name), version) for name, version in PINNED.findall(lock.read_text(encoding="utf-8"))}
    if not pinned:
        raise UnwoundError(f"{lock}: no line «name==version»; choose requirements.lock")
    return pinned


def _part(name: str, version: str, installed: Mapping[str, Distribution]) -> Part:
    package = installed.get(name)
    if package is None or package.version != version:
        return Part(name=name, version=version, here=False)
    needs = tuple(sorted({other for other, _ in _requires(package, set(_extras(package)) if name == OURS else set())}))
    return Part(name=name, version=version, licence=licence(package), needs=needs)


def licence(distribution: Distribution) -> dict[str, Any] | None:
    """The licence as CycloneDX writes it: an expression of SPDX where the package gives one, else its own words."""
    expression, stated = _said(distribution, "License-Expression"), _said(distribution, "License")
    if expression:
        return {"expression": expression}
    named = [
        line.rpartition(" :: ")[2]
        for line in distribution.metadata.get_all("Classifier") or ()
        if line.startswith("License ::") and not line.endswith("OSI Approved")
    ]
    name = stated if stated and len(stated) <= LONGEST_NAME and "\n" not in stated else " AND ".join(named)
    name = name or (stated.splitlines() or [""])[0][:LONGEST_NAME]
    return {"license": {"name": name}} if name else None


def _requires(package: Distribution, extras: set[str]) -> Iterator[tuple[str, set[str]]]:
    for line in package.requires or ():
        requirement, _, marker = line.partition(";")
        only = EXTRA.findall(marker)
        match = REQUIRED.match(requirement.strip())
        if match and (not only or set(only) & extras):
            wanted = {part.strip() for part in (match[2] or "").split(",") if part.strip()}
            yield plain(match[1]), wanted


def _said(package: Distribution, field: str) -> str:
    return str((package.metadata.get_all(field) or [""])[0]).strip()


def _extras(package: Distribution) -> list[str]:
    return list(package.metadata.get_all("Provides-Extra") or ())


def _reference(part: Part) -> str:
    return f"pkg:pypi/{part.name}@{part.version}"


def _scope(part: Part, run: set[str]) -> str:
    if not part.here:
        return "optional"
    return "required" if part.name in run else "excluded"


def _described(part: Part) -> dict[str, Any]:
    described: dict[str, Any] = {
        "bom-ref": _reference(part), "name": part.name, "version": part.version, "purl": _reference(part),
    }  # fmt: skip
    return {**described, "licenses": [dict(part.licence)]} if part.licence else described
