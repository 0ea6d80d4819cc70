"""What the source of a package measures: files, functions, types, calls, words."""

from __future__ import annotations

import ast
import io
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

LONG_LINES = 50
MANY_BRANCHES = 8
MANY_POSITIONAL = 6
DIALECT = ("one", "told", "said", "found", "given")
BRANCHES = (ast.If, ast.IfExp, ast.For, ast.While, ast.comprehension, ast.ExceptHandler, ast.match_case, ast.Assert)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Code:
    """Counted over the files of a package, or of several."""

    file_lines: list[int] = field(default_factory=list)
    function_lines: list[int] = field(default_factory=list)
    parameters: list[int] = field(default_factory=list)
    branches: list[int] = field(default_factory=list)
    typed: int = 0
    public: int = 0
    public_explained: int = 0
    branching_unexplained: int = 0
    calls_by_place: int = 0
    words: Counter[str] = field(default_factory=Counter)
    """Identifiers of the dialect, wherever they stand."""
    bound: Counter[str] = field(default_factory=Counter)
    """The same as names of variables and parameters, where they are given their value."""

    @property
    def lines(self) -> int:
        return sum(self.file_lines)


def sources(folder: Path) -> Iterator[Path]:
    """Its modules; migrations are written by Django and left out."""
    for path in sorted(folder.rglob("*.py")):
        if not {"migrations", "node_modules"} & set(path.parts):
            yield path


def measure(paths: Iterable[Path]) -> Code:
    """All of them together."""
    code = Code()
    for path in paths:
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text)
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
        commented = {token.start[0] for token in tokens if token.type == tokenize.COMMENT}
        code.words.update(token.string for token in tokens if token.type == tokenize.NAME and token.string in DIALECT)
        code.file_lines.append(text.count("\n"))
        for node in ast.walk(tree):
            if isinstance(node, FUNCTIONS):
                _function(code, node, commented)
            elif isinstance(node, ast.Call):
                code.calls_by_place += len(node.args) >= MANY_POSITIONAL
            elif isinstance(node, ast.arg):
                code.bound[node.arg] += 1
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                code.bound[node.id] += 1
    return code


def _function(code: Code, node: Function, commented: set[int]) -> None:
    end = node.end_lineno or node.lineno
    parameters = _parameters(node)
    branches = sum(_branches(child) for child in _own(node))
    explained = ast.get_docstring(node) is not None or any(line in commented for line in range(node.lineno, end + 1))
    code.function_lines.append(end - node.lineno + 1)
    code.parameters.append(len(parameters))
    code.branches.append(branches)
    if not node.name.startswith("_"):
        code.public += 1
        code.public_explained += ast.get_docstring(node) is not None
    code.typed += node.returns is not None and all(parameter.annotation for parameter in parameters)
    code.branching_unexplained += branches >= MANY_BRANCHES and not explained


def _parameters(node: Function) -> list[ast.arg]:
    """Without `self` and `cls`."""
    spec = node.args
    starred = [arg for arg in (spec.vararg, spec.kwarg) if arg is not None]
    every = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs, *starred]
    return [arg for arg in every if arg.arg not in ("self", "cls")]


def _branches(node: ast.AST) -> int:
    """`a and b and c` branches twice, an `if` or a loop once."""
    return len(node.values) - 1 if isinstance(node, ast.BoolOp) else isinstance(node, BRANCHES)


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """What stands in it, without the functions defined inside."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, FUNCTIONS):
            yield child
            yield from _own(child)
