"""The reference of the Python API: every promised name with its signature, its docstring and, by module, an example.

What is promised is read from tests/house/public_names.txt, examples from docs/python-by-example.md, where they are run;
signatures and the docstrings under fields come from the source itself. The pages are made with the site, never kept.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

DOCS = Path(__file__).parent
PROMISED = DOCS.parent / "tests/house/public_names.txt"
EXAMPLES = DOCS / "python-by-example.md"
FOLDER = "reference/api"
WIDTH = 100
Node = ast.FunctionDef | ast.ClassDef


@cache
def doors() -> dict[str, tuple[str, ...]]:
    """Module -> the names it promises."""
    found: dict[str, list[str]] = {}
    for line in PROMISED.read_text(encoding="utf-8").splitlines():
        module, _, name = line.partition("(")[0].rpartition(".")
        found.setdefault(module, []).append(name)
    return {module: tuple(names) for module, names in found.items()}


def pages() -> dict[str, str]:
    """Place in the site -> the text of the page of each module."""
    return {f"{FOLDER}/{module}.md": page(module) for module in doors()}


def places() -> tuple[str, ...]:
    """The places of these pages, without making them."""
    return tuple(f"{FOLDER}/{module}.md" for module in doors())


def page(module: str) -> str:
    """The page of a module."""
    there = importlib.import_module(module)
    example = examples().get(module, "")
    parts = [f"# {module}", _prose(inspect.getdoc(there) or "")]
    parts += ["## An example", example] if example else []
    for name in doors()[module]:
        parts += [f"## {name}", *_of(module, there, name)]
    return "\n\n".join(part for part in parts if part) + "\n"


@cache
def examples() -> dict[str, str]:
    """Module -> what docs/python-by-example.md shows of it."""
    sections = re.split(r"^## (unwound\S*)\n", EXAMPLES.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {module: text.strip() for module, text in zip(sections[1::2], sections[2::2], strict=True)}


def _of(module: str, there: ModuleType, name: str) -> Iterator[str]:
    value = getattr(there, name)
    if inspect.ismodule(value):
        yield _first(inspect.getdoc(value) or "")
        if value.__name__ in doors():
            yield f"[`{value.__name__}`]({value.__name__}.md)"
        return
    node = _node(value)
    if node is None:
        yield from _constant(there, name)
    elif isinstance(node, ast.FunctionDef):
        yield _code(_signature(node))
        yield _prose(inspect.getdoc(value) or "")
    else:
        yield _code(f"class {node.name}({', '.join(ast.unparse(base) for base in node.bases)})".replace("()", ""))
        yield _prose(ast.get_docstring(node) or "")
        yield _fields(node)
        yield from _methods(node)
    if node is not None and getattr(value, "__module__", module) != module:
        yield f"Written in `{value.__module__.replace('.', '/')}.py`."


def _node(value: object) -> Node | None:
    """The definition in the source; None for what is no class or function."""
    plain = inspect.unwrap(value) if callable(value) else value
    if not (inspect.isclass(plain) or inspect.isfunction(plain)):
        return None
    tree = _tree(plain.__module__)
    return next((one for one in tree.body if isinstance(one, Node) and one.name == plain.__name__), None)


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse(inspect.getsource(sys.modules.get(module) or importlib.import_module(module)))


def _constant(there: ModuleType, name: str) -> Iterator[str]:
    """A value or a name for a type, with the docstring under it, wherever it is written."""
    module, tree = there.__name__, _tree(there.__name__)
    for line in tree.body:
        if isinstance(line, ast.ImportFrom) and line.module and name in {one.asname or one.name for one in line.names}:
            module, tree = line.module, _tree(line.module)
    for line, after in zip(tree.body, [*tree.body[1:], None], strict=True):
        targets = line.targets if isinstance(line, ast.Assign) else [getattr(line, "target", None)]
        if any(isinstance(one, ast.Name) and one.id == name for one in targets):
            yield _code(textwrap.shorten(ast.unparse(line), 400, placeholder=" ..."))
            yield _prose(_string(after))
            if module != there.__name__:
                yield f"Written in `{module.replace('.', '/')}.py`."
            return
    yield f"Of type `{type(getattr(there, name)).__name__}`."


def _string(line: ast.stmt | None) -> str:
    if isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant) and isinstance(line.value.value, str):
        return inspect.cleandoc(line.value.value)
    return ""


def _signature(node: ast.FunctionDef) -> str:
    """On one line, or a parameter a line where that would be too long."""
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    line = f"{node.name}({ast.unparse(node.args)}){returns}"
    if len(line) <= WIDTH:
        return line
    return f"{node.name}(\n    " + ",\n    ".join(_apart(ast.unparse(node.args))) + f",\n){returns}"


def _apart(text: str) -> Iterator[str]:
    """The parameters, split at the commas that are within no bracket."""
    depth, part = 0, ""
    for letter in text:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and not depth:
            yield part.strip()
            part = ""
        else:
            part += letter
    yield part.strip()


def _fields(node: ast.ClassDef) -> str:
    """A table of the fields or words of a class, with what stands under each."""
    rows = []
    for line, after in zip(node.body, [*node.body[1:], None], strict=True):
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
            name, kind, default = line.target.id, ast.unparse(line.annotation), line.value
        elif isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
            name, kind, default = line.targets[0].id, "", line.value
        else:
            continue
        if not name.startswith("_") and name != "model_config":
            shown = f"`{textwrap.shorten(ast.unparse(default), 60, placeholder=' ...')}`" if default else ""
            rows.append((f"`{name}`", f"`{kind}`" if kind else "", shown, " ".join(_prose(_string(after)).split())))
    typed = any(row[1] for row in rows)
    head = ("field", "type", "unless given", "what it is") if typed else ("name", "", "value", "what it is")
    used = [at for at in range(len(head)) if any(row[at] for row in rows)]
    table = [
        [row[at].replace("|", "\\|") for at in used] for row in ([head, ("---",) * len(head), *rows] if rows else [])
    ]
    return "\n".join("| " + " | ".join(row) + " |" for row in table)


def _methods(node: ast.ClassDef) -> Iterator[str]:
    for one in node.body:
        if isinstance(one, ast.FunctionDef) and not one.name.startswith("_"):
            decorators = {ast.unparse(mark).rpartition(".")[2] for mark in one.decorator_list}
            if decorators & {"property", "cached_property"}:
                said = f" -> {ast.unparse(one.returns)}" if one.returns else ""
                yield _code(f"{node.name}.{one.name}{said}")
            else:
                yield _code(f"{node.name}.{_signature(one)}")
            yield _prose(ast.get_docstring(one) or "")


def _code(text: str) -> str:
    return f"```python\n{text}\n```"


def _prose(text: str) -> str:
    """A docstring as Markdown: lines that are laid out in columns stay as they are, tags are shown, not obeyed."""
    blocks = []
    for block in re.split(r"\n\s*\n", text):
        if re.search(r"\S {3,}\S", block) or block.startswith("    "):
            blocks.append("```text\n" + textwrap.dedent(block) + "\n```")
        else:
            blocks.append(block.replace("<", "&lt;") if "`" not in block else block)
    return "\n\n".join(blocks)


def _first(text: str) -> str:
    return _prose(text.partition("\n\n")[0])
