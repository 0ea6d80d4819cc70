"""The pages on the program: each command's help, and the keys of a review as JSON."""

from __future__ import annotations

from datetime import date
from typing import Any

import click
from prose import page, table

from unwound import examples, pathway
from unwound.cli import commands
from unwound.cli.reviewing import read_file
from unwound.report.as_json import as_json

AS_OF = date(2026, 11, 21)
NARROW: dict[str, Any] = {"terminal_width": 100, "max_content_width": 100}
MEANS = {
    "patient": "who was reviewed, and for which day",
    "grades": "each plausible condition, best first",
    "flags": "kinds of pain: true, false, or null where it is not known",
    "pain": "of several pains, the name of the one that is decided on; null where there is one",
    "other_pains": "the pains beside it, each graded by itself",
    "flags_because": "the same flags with reasons and open questions",
    "scores": "each filled form",
    "ledger": "each treatment tried for the pain, with its verdict and how much speaks for pain as its purpose",
    "ledger_left_out": "simple analgesics and bone medicines of which nothing says that they were taken for this pain",
    "refractory": "the two rules side by side",
    "step_therapy": "a payer's step rule; null where it does not apply",
    "findings": "every caution that arises",
    "red_flags": "the findings that come before anything else",
    "mood": "depression, kept apart from the pain",
    "candidacy": "the decision, its five gates and what would change it",
    "depression": "the decision on the second indication, with gates of its own; null where no depression is in play",
    "next_steps": "the ladder for this patient, then what does not suit",
    "asks": "every open question once, with what hangs on it",
    "to_ask": "the same questions as they are put to a person: in order, groups that «none of these» answers as one",
    "version": "the version of Unwound",
    "data_fingerprint": "sha256 of all our knowledge files: the same advice needs the same fingerprint",
    "own_fingerprint": "sha256 of the user's own folder of knowledge; null where none was used",
}


def command_page() -> str:
    """The help of every command."""
    whole = click.Context(commands, info_name="unwound", **commands.context_settings, **NARROW)
    named = ((name, commands.get_command(whole, name)) for name in commands.list_commands(whole))
    each = (click.Context(one, info_name=name, parent=whole, **NARROW) for name, one in named if one is not None)
    parts = [_help(whole), *(_help(one) for one in each)]
    lead = "`./run` hands its words to the `unwound` command. Exit code 2: something was wrong that a person can mend."
    return page("The command", lead, parts, marked=False)


def _help(context: click.Context) -> str:
    return f"## {context.command_path}\n\n```text\n{context.command.get_help(context)}\n```"


def json_page() -> str:
    """The keys of a review, gathered from every bundled example."""
    found: dict[str, set[str]] = {}
    for file in map(examples.path, examples.names()):
        if file.suffix in (".toml", ".json"):
            _gather(as_json(pathway.review(read_file(file, AS_OF).patient)), "", found)
    unknown = {path.partition(".")[0].partition("[")[0] for path in found} - set(MEANS)
    if unknown:
        raise SystemExit(f"docs/program_pages.py: say in MEANS what these keys mean: {', '.join(sorted(unknown))}")
    lead = (
        "What every command prints with `--json` is one object, or a list of objects where several were asked for. "
        "Each begins with `version`, `data_fingerprint` (of all bundled knowledge) and `own_fingerprint` (of a folder "
        "of your own, else `null`): two results with the same three rest on the same. What follows are the keys of "
        "`./run review FILE --json`. Keys are stable. Levels and verdicts are kebab-case words; answers "
        "with three values are `true`, `false` or `null` (not known); lists keep their order. The command adds "
        "`unread`: in lines, what is missing from the record, is to be checked or was not used; and `record`: the same "
        "with its parts (`missing`, `problems`, `not_used`, `counts`), `null` for a readable case."
    )
    parts = (_section(key, found) for key in MEANS)
    return page("A review as JSON", lead, parts, marked=False)


def _section(key: str, found: dict[str, set[str]]) -> str:
    rows = ((f"`{path}`", _words(types)) for path, types in found.items() if _top(path) == key)
    return f"## {key}\n\n{MEANS[key][0].upper()}{MEANS[key][1:]}.\n\n{table(('Key', 'Type'), rows)}"


def _words(types: set[str]) -> str:
    """The types in words; an empty list says nothing where another example shows what it holds."""
    told = types - {"list"} if any(one.startswith("list of") for one in types) else types
    return " or ".join(sorted(told))


def _top(path: str) -> str:
    return path.partition(".")[0].partition("[")[0]


def _gather(value: Any, path: str, found: dict[str, set[str]]) -> None:
    """Every path with the JSON types it takes; the rows of a list share one path."""
    if isinstance(value, dict):
        for key, part in value.items():
            _gather(part, f"{path}.{key}" if path else key, found)
        return
    types = found.setdefault(path, set())
    types.add(_json_type(value))
    if isinstance(value, list):
        for part in value:
            if isinstance(part, dict):
                _gather(part, f"{path}[]", found)
            else:
                types.discard("list")
                types.add(f"list of {_json_type(part)}s")


def _json_type(value: Any) -> str:
    words = {bool: "boolean", int: "number", float: "number", str: "string", list: "list"}
    return "null" if value is None else next(word for kind, word in words.items() if isinstance(value, kind))


PAGES = {"command.md": command_page, "json.md": json_page}
