"""The documentation keeps its word: every example is run, every link leads somewhere, every hazard has its test."""

import ast
import os
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

sys.path.append(str(Path(__file__).parents[1] / "cli"))

import pages
from pages import agrees, fences
from terminal import unwound

from unwound import catalogue, facts
from unwound.cautions import Caution
from unwound.conditions import Condition
from unwound.session import VitalSign

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
WRITTEN = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *(p for p in sorted(DOCS.rglob("*.md")) if "reference" not in p.parts),
]
DEAR = {"gallery.md": pytest.mark.slow}
"""Pages that take longer to run than all the others; their parts are tried by the tests of what they use."""
PLAIN = re.compile(r"\./run (?!.*--cluster)[\w./=,: -]+")
"""A call of the command with words that no shell would change; a cluster has processes of its own."""
MODELS = {"cautions": Caution, "conditions": Condition, "vital_signs": VitalSign}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, as the reader has it: `./run` stands for the command, wherever it was installed."""
    pages.sit_down(tmp_path, str(Path(sys.executable).parent / "unwound"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def say(command: str, desk: Path) -> str:
    """What a shell shows; a command that needs no shell is called without one, for each start costs a second."""
    if PLAIN.fullmatch(command):
        with patch.dict(os.environ, pages.SHOWN_AS):
            return unwound(*command.split()[1:], cwd=desk, together=True).stdout
    return pages.shell(command, desk)


@pytest.mark.parametrize("path", [pytest.param(p, marks=DEAR.get(p.name, ())) for p in WRITTEN], ids=name)
def test_every_example_on_the_page_does_what_the_page_shows(path: Path, desk: Path) -> None:
    pages.run(path, desk, say)


def test_every_picture_of_the_gallery_is_saved_by_the_code_above_it() -> None:
    page = (DOCS / "gallery.md").read_text(encoding="utf-8")
    sections = page.split("\n## ")[1:]
    assert len(sections) >= 12
    for section in sections:
        (shown,) = re.findall(r"\]\(pictures/(gallery-[\w-]+\.svg)\)", section)
        assert f'"{shown}"' in section.partition("![")[0], section.partition("\n")[0]
        assert (DOCS / "pictures" / shown).exists()
    kept = {path.name for path in (DOCS / "pictures").glob("gallery-*")}
    assert kept == set(re.findall(r"pictures/(gallery-[\w-]+\.svg)", page))


def test_something_is_really_run_and_a_wrong_output_is_noticed() -> None:
    languages = [language for path in WRITTEN for language, _ in fences(path)]
    assert languages.count("console") >= 4
    assert languages.count("python") >= 3
    assert agrees("a ... d", "╭─ a b\nc d ─╮")
    assert not agrees("a ... d", "a b c")


@pytest.mark.parametrize("path", WRITTEN, ids=name)
def test_knowledge_files_shown_on_a_page_could_be_saved_as_they_stand(path: Path, tmp_path: Path) -> None:
    for language, text in fences(path):
        shown = re.match(r"# unwound/data/(\w+)/(\w+\.toml)\n", text) if language == "toml" else None
        if language == "toml":
            tomllib.loads(text)
        if shown and shown[1] in MODELS:
            (tmp_path / shown[2]).write_text(text, encoding="utf-8")
            read = catalogue.read_toml(tmp_path / shown[2], MODELS[shown[1]])
            used: list[str] = []
            if isinstance(read, Caution):
                used = [*read.facts()]
            elif isinstance(read, Condition):
                used = [id for one in read.rules.criteria() for id in one.facts()]
            elif isinstance(read, VitalSign):
                assert all(read.state_of(one.value) == one.expect for one in read.examples)
            assert set(used) <= {*facts.vocabulary(), *added(path)}


def added(path: Path) -> set[str]:
    """The facts that a page itself adds to the vocabulary."""
    blocks = [text for language, text in fences(path) if language == "toml" and "/facts/" in text.partition("\n")[0]]
    return {id for text in blocks for id in tomllib.loads(text)}


def links() -> Iterator[tuple[Path, str, str]]:
    for path in [*WRITTEN, *sorted((DOCS / "reference").glob("*.md"))]:
        for link in set(re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8"))):
            if not link.startswith(("http:", "https:", "mailto:")):
                target, _, part = link.partition("#")
                yield path, target, part


def test_every_link_leads_to_a_page_and_a_heading_that_exist() -> None:
    broken = []
    for path, target, part in links():
        page = (path.parent / target).resolve() if target else path
        if not page.exists() or (part and page.suffix == ".md" and part not in anchors(page)):
            broken.append(f"{name(path)}: {target}#{part}")
    assert broken == []


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    kept = (
        "".join(letter for letter in heading.lower() if letter.isalnum() or letter in " -_") for heading in headings
    )
    return {one.replace(" ", "-") for one in kept}


def hazards() -> list[dict[str, str]]:
    return list(tomllib.loads((DOCS / "hazards.toml").read_text(encoding="utf-8"))["hazards"])


def test_every_hazard_says_cause_harm_and_what_is_done_and_names_a_test_that_exists() -> None:
    listed = hazards()
    assert len(listed) >= 12
    assert len({one["id"] for one in listed}) == len(listed)
    for one in listed:
        assert set(one) == {"id", "hazard", "cause", "harm", "done", "tests"}, one["id"]
        assert all(one.values()), one["id"]
        for where in one["tests"]:
            file, _, test = where.partition("::")
            assert test in named_in(ROOT / file), f"{one['id']}: there is no {where}"


def named_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_a_stale_page_is_named_with_the_command_that_mends_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(DOCS))
    import generate

    there = {path.name: path.read_text(encoding="utf-8") for path in generate.REFERENCE.glob("*.md")}
    assert generate.check(there) == 0
    assert generate.check({**there, "facts.md": "something else"}) == 1
    assert "docs/reference/facts.md is stale: run .venv/bin/python docs/generate.py" in capsys.readouterr().out
