"""The site of the documentation: every page has its place, links are whole, and nothing is loaded from elsewhere."""

import ast
import builtins
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "docs"))

import api_pages
import build_site

ROOT = Path(__file__).parents[2]


def named(nav: list[dict[str, object]]) -> Iterator[str]:
    for entry in nav:
        for below in entry.values():
            if isinstance(below, list):
                yield from named(below)
            else:
                yield str(below)


def test_the_navigation_names_every_page_once() -> None:
    places = list(named(tomllib.loads(build_site.CONFIGURATION.read_text(encoding="utf-8"))["project"]["nav"]))
    assert sorted(places) == sorted([*build_site.pages(), *api_pages.places()])


def test_a_link_leads_to_the_place_in_the_site_or_becomes_words(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    text = (
        "[the house](docs/house.md#floors), [`code`](unwound/code.py), [out](https://a.example)\n\n"
        "```\n[kept](docs/house.md)\n```\n"
    )
    places = {(tmp_path / "docs/house.md").resolve(): "explanation/house.md"}
    assert build_site.page(text, "how-to/page.md", page, places) == (
        "[the house](../explanation/house.md#floors), `code`, [out](https://a.example)\n\n"
        "```\n[kept](docs/house.md)\n```\n"
    )


def test_lists_are_indented_as_the_generator_reads_them() -> None:
    written = "Words:\n- one\n  more\n  - two\n\n    below two\n\n1. three\n\n   | a |\n\n    - code\n\nWords\n"
    assert build_site.indented("Words:\n- one\n  more\n\nWords") == "Words:\n\n- one\n    more\n\nWords"
    assert "    - two\n\n        below two\n" in build_site.indented(written)
    assert "1. three\n\n    | a |\n" in build_site.indented(written)
    assert build_site.indented("    - shown as it is") == "    - shown as it is"


def test_what_would_be_loaded_from_elsewhere_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<a href="https://read.example">a link</a><script defer src=https://one.example/a.js></script>'
        '<link rel="stylesheet" href="//two.example/a.css"><img src="here.png">'
    )
    (tmp_path / "a.css").write_text("@import 'https://three.example'; b { background: url(https://four.example) }")
    found = [one.partition(": ")[2] for one in build_site.loaded_from_outside(tmp_path)]
    assert found == [
        "https://three.example",
        "https://four.example",
        "https://one.example/a.js",
        "//two.example/a.css",
    ]


def test_a_folder_with_something_else_is_not_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    assert build_site.main([str(tmp_path)]) == 2
    assert "name an empty folder or a new one" in capsys.readouterr().err
    assert (tmp_path / "letter.txt").read_text() == "mine"


def test_every_promised_name_is_on_a_page_with_what_it_takes_and_says() -> None:
    made = api_pages.pages()
    assert len(made) == len(api_pages.doors()) > 30
    for module, names in api_pages.doors().items():
        sections = re.split(r"^## (\w+)\n", made[f"{api_pages.FOLDER}/{module}.md"], flags=re.MULTILINE)
        said = {name: text.strip() for name, text in zip(sections[1::2], sections[2::2], strict=True)}
        assert [name for name in names if len(said.get(name, "")) < 20] == [], module


def test_a_page_of_the_reference_shows_parameters_fields_and_what_stands_under_them() -> None:
    page = api_pages.page("unwound.record")
    assert "```python\nat_least(needed: int, judgements: Sequence[Judgement]) -> Judgement\n```" in page
    assert "| `because` | `tuple[str, ...]` | `()` |" in page
    assert "| `weight_kg` | `Cited` |  | The weights a plan is made for" in api_pages.page("unwound.protocols")


def test_every_module_of_the_reference_has_an_example() -> None:
    assert set(api_pages.doors()) - {"unwound"} <= set(api_pages.examples())


def test_an_example_rests_on_nothing_that_is_not_on_its_page() -> None:
    for module, shown in api_pages.examples().items():
        tree = ast.parse(fences_of(shown)[0])
        words = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
        brought = [
            name for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom) for name in node.names
        ]
        there = {one.id for one in words if isinstance(one.ctx, ast.Store)} | {
            one.asname or one.name for one in brought
        }
        there |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
        assert {one.id for one in words} - there - set(dir(builtins)) == set(), module


def fences_of(text: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.mark.slow
def test_the_site_is_built_whole_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    to = tmp_path / "site"
    done = subprocess.run([ROOT / "run", "docs", to], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    built = {path.relative_to(to).with_suffix(".md").as_posix() for path in to.rglob("*.html")}
    assert {*build_site.pages(), *api_pages.places()} <= built
    assert build_site.loaded_from_outside(to) == []
    index = (to / "index.html").read_text(encoding="utf-8")
    assert "from-a-file.js" in index, "a page opened as a file cannot search"
    assert "allodynia" in (to / "search.json").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_broken_link_fails_the_build(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(text: str, place: str, path: Path, places: dict[Path, str]) -> str:
        return "[nowhere](nowhere.md)\n" if place == "glossary.md" else f"# {path.name}\n"

    monkeypatch.setattr(build_site, "page", broken)
    assert build_site.build(tmp_path / "site") == 1
    assert "nowhere.md" in capsys.readouterr().err
    assert not (tmp_path / "site").exists()
