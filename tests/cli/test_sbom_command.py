"""The bill of materials: every package that is pinned or used is in it once, with its licence (ASVS 15.1.2)."""

from __future__ import annotations

import json
import re
from importlib.metadata import PathDistribution, version
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from unwound.cli import commands
from unwound.cli.supplying import licence, plain, sbom
from unwound.record import UnwoundError

LOCK = Path(__file__).resolve().parents[2] / "requirements.lock"
MAY_STATE_NONE = {"axe-playwright-python", "pyrage"}
"""Their licences (MIT) stand in their repositories only."""


def told(*arguments: str) -> tuple[dict[str, Any], str]:
    answer = CliRunner().invoke(commands, ["sbom", *arguments], catch_exceptions=False)
    return json.loads(answer.stdout), answer.stderr


def test_every_package_of_the_lock_is_in_it_once() -> None:
    pinned = re.findall(r"^([\w.-]+)(?:\[.*?\])?==(\S+)", LOCK.read_text("utf-8"), re.MULTILINE)
    document, said = told("--lock", str(LOCK))
    listed = [(part["name"], part["version"]) for part in document["components"]]
    assert sorted(listed) == sorted({(plain(name), number) for name, number in pinned})
    assert len(listed) > 100
    for part in document["components"]:
        assert part["purl"] == part["bom-ref"] == f"pkg:pypi/{part['name']}@{part['version']}"
        assert "licenses" in part or part["name"] in MAY_STATE_NONE or part["scope"] == "optional", part["name"]
    unknown = {part["name"] for part in document["components"] if "licenses" not in part}
    assert all(name in said for name in unknown), "what is not known is said"


def test_what_runs_is_told_from_what_tests_and_builds() -> None:
    scoped: dict[str, set[str]] = {"required": set(), "excluded": set(), "optional": set()}
    for part in told("--lock", str(LOCK))[0]["components"]:
        scoped[part["scope"]].add(part["name"])
    assert scoped["required"] >= {"django", "granian", "numba", "click", "sqlparse"}
    assert scoped["excluded"] >= {"pytest", "mypy", "playwright", "iniconfig"}
    assert {part["name"] for part in told()[0]["components"]} == scoped["required"]


def test_the_document_is_whole_and_the_same_each_time() -> None:
    document, _ = told()
    assert document == told()[0]
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", document["serialNumber"])
    assert document["metadata"]["component"]["version"] == version("unwound")
    references = {part["bom-ref"] for part in document["components"]} | {"pkg:pypi/unwound@" + version("unwound")}
    edges = {row["ref"]: row["dependsOn"] for row in document["dependencies"]}
    assert set(edges) == references
    assert {other for others in edges.values() for other in others} <= references
    django = next(reference for reference in references if reference.startswith("pkg:pypi/django@"))
    assert any("asgiref" in other for other in edges[django])
    assert django in edges["pkg:pypi/unwound@" + version("unwound")]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("License-Expression: MIT OR Apache-2.0\nLicense: other", {"expression": "MIT OR Apache-2.0"}),
        ("License: BSD\nClassifier: License :: Other/Proprietary License", {"license": {"name": "BSD"}}),
        ("Classifier: License :: OSI Approved :: MIT License", {"license": {"name": "MIT License"}}),
        ("License: Copyright 2018 somebody\n        and a long text", {"license": {"name": "Copyright 2018 somebody"}}),
        ("Classifier: License :: OSI Approved", None),
    ],
)
def test_a_licence_is_named_as_the_package_states_it(lines: str, expected: object, tmp_path: Path) -> None:
    (tmp_path / "METADATA").write_text(f"Metadata-Version: 2.4\nName: x\nVersion: 1\n{lines}\n")
    assert licence(PathDistribution(tmp_path)) == expected


def test_a_file_that_pins_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text("django>=5\n")
    with pytest.raises(UnwoundError, match="no line «name==version»"):
        CliRunner().invoke(sbom, ["--lock", str(tmp_path / "other.txt")], catch_exceptions=False)
