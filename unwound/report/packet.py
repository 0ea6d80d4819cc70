"""One knowledge file as a reviewer needs it: every statement, where it was read, what disagrees, what has changed.

`packet(kind, id)` is the packet as a record, `text` and `html` show it. Whoever reviews signs for `digest`: the same
file with one other number has another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from unwound import catalogue, evidence, provenance
from unwound.catalogue import OF_THE_REVIEW, Checked, toml_table
from unwound.conditions.knowledge import Condition
from unwound.record import UnwoundError, unique
from unwound.report.templating import template

READ: Mapping[str, str] = {
    Checked.PRIMARY: "read at its source",
    Checked.SECONDARY: "read in a source that reports it",
    Checked.OTHER_USE: "read at its source, which says it of another use or of other people",
    Checked.UNCHECKED: "not read at any source yet",
}
OURS = "a rule of ours: nothing to read, only to agree with or not"
EXAMPLES = "examples"
_OF_A_CITATION = ("value", "unit", "low", "high", "text", "source", "where", "checked", "note")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One number or sentence of the file, by its field."""

    field: str
    says: str
    source: str
    where: str
    note: str
    read: str
    """How well it was checked, in words."""
    checked: Checked | None
    is_ours: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One field that reads otherwise than when it was last reviewed; empty where it was not there, or is no more."""

    field: str
    before: str
    now: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """All that a reviewer of one file reads."""

    kind: str
    id: str
    title: str
    digest: str
    updated: date
    due: date
    state: str
    statements: tuple[Statement, ...]
    disagreements: tuple[str, ...]
    rest: tuple[tuple[str, str], ...]
    """What stands in the file without a source of its own: rules, orders, words."""
    examples: int
    references: tuple[tuple[str, str], ...]
    """Id and line of every source, with how its entry was read."""
    changes: tuple[Change, ...] | None
    """None where no earlier text is known to compare with."""

    @property
    def name(self) -> str:
        """Kind and id."""
        return f"{self.kind}/{self.id}"

    @property
    def to_read(self) -> int:
        """How many statements nobody has read at their own source, ours left out."""
        return sum(not statement.is_ours and statement.checked != Checked.PRIMARY for statement in self.statements)

    @property
    def ours(self) -> int:
        """How many are rules of ours."""
        return sum(statement.is_ours for statement in self.statements)


def named(id: str) -> tuple[str, str]:
    """Kind and id of a file by «kind/id», or by its id alone. UnwoundError for none, and for several of that id."""
    kind, _, short = id.rpartition("/")
    places = [place for place in catalogue.to_review() if place[1] == short and kind in ("", place[0])]
    if len(places) == 1:
        return places[0]
    if places:
        raise UnwoundError(f"«{id}» is several files: {', '.join('/'.join(place) for place in places)}")
    if short in catalogue.ids("evidence"):
        raise UnwoundError(f"«{short}» is a source: it is read, not reviewed (`unwound cite {short}`)")
    raise UnwoundError(f"there is no knowledge file «{id}»")


def packet(kind: str, id: str, *, before: bytes | None = None) -> Packet:
    """The packet of one file in force; `before` is its text when it was last reviewed. UnwoundError for no file."""
    content = catalogue.content(kind, id)
    table = read(content, catalogue.name(kind, id))
    body = {key: value for key, value in table.items() if key not in (*OF_THE_REVIEW, "title")}
    stated = {key: value for key, value in body.items() if key != EXAMPLES}
    statements = tuple(_statements(stated, "", ""))
    listed = unique(statement.source for statement in statements if statement.source)
    earlier = read(before, "the earlier text") if before is not None else None
    return Packet(
        kind=kind,
        id=id,
        title=str(table["title"]),
        digest=catalogue.body_digest(content),
        updated=table["updated"],
        due=table["due"],
        state=_state(table, (kind, id) in catalogue.reviewed()),
        statements=statements,
        disagreements=tuple(_disagreements(kind, id, stated)),
        rest=tuple(_rest(stated, "")),
        examples=len(body.get(EXAMPLES, ())),
        references=tuple((source, _reference(source)) for source in listed),
        changes=None if earlier is None else changes(earlier, table),
    )


def read(content: bytes, name: str) -> dict[str, Any]:
    """The text of a file as a table. UnwoundError where it is none."""
    try:
        return toml_table(content)
    except ValueError as reason:
        raise UnwoundError(f"{name}: not readable as TOML: {reason}") from None


def changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[Change, ...]:
    """Every field that differs, those of the review itself left out."""
    old, new = (dict(_leaves(table, "")) for table in (before, now))
    fields = [field for field in unique((*old, *new)) if field.partition(".")[0] not in OF_THE_REVIEW]
    return tuple(
        Change(field=field, before=old.get(field, ""), now=new.get(field, ""))
        for field in fields
        if old.get(field, "") != new.get(field, "")
    )


def head(digest: str, *, reviewer: str, licence: str, on: date) -> str:
    """The lines that stand in the head of a file once it was reviewed."""
    if not reviewer.strip() or not licence.strip():
        raise UnwoundError("a review is signed with the name and the licence of a real clinician")
    lines = {"status": "reviewed", "reviewer": reviewer.strip(), "reviewer_licence": licence.strip()}
    written = [f'{key} = "{_escaped(value)}"' for key, value in lines.items()]
    return "\n".join([*written, f"reviewed = {on.isoformat()}", f'reviewed_digest = "{digest}"'])


def _escaped(value: str) -> str:
    if not value.isprintable():
        raise UnwoundError("a name and a licence are written in one line")
    return value.replace("\\", "\\\\").replace('"', '\\"')


def _state(table: Mapping[str, Any], stands: bool) -> str:
    if table.get("status") != "reviewed":
        return "not yet reviewed by a clinician"
    who = f"{table.get('reviewer')} ({table.get('reviewer_licence')}) on {table.get('reviewed')}"
    return f"reviewed by {who}" if stands else f"changed since it was reviewed by {who}: that review does not hold"


def _statements(value: object, where: str, source: str) -> Iterator[Statement]:
    """Every table with a source or a mark, in the order of the file; a source holds for everything below it."""
    if isinstance(value, dict):
        source = str(value.get("source") or source)
        if "checked" in value or ("source" in value and ("value" in value or "text" in value)):
            yield _statement(value, where, source)
        for key, part in value.items():
            yield from _statements(part, _below(where, key), source)
    elif isinstance(value, list):
        for place, part in enumerate(value, 1):
            yield from _statements(part, _below(where, str(place)), source)


def _statement(table: Mapping[str, Any], where: str, source: str) -> Statement:
    checked = Checked(table["checked"]) if "checked" in table else None
    ours = source == provenance.LOCAL
    return Statement(
        field=where,
        says=_says(table),
        source=source,
        where=str(table.get("where", "")),
        note=str(table.get("note", "")),
        read=OURS if ours else READ[checked] if checked else "",
        checked=checked,
        is_ours=ours,
    )


def _says(table: Mapping[str, Any]) -> str:
    """What a table says: its number or sentence, and every other word that stands beside it."""
    beside = ", ".join(
        f"{key.replace('_', ' ')} {_plain(part)}"
        for key, part in table.items()
        if _is_word(part) and key not in _OF_A_CITATION
    )
    if "value" in table:
        low, high = table.get("low"), table.get("high")
        bounds = "" if low is None and high is None else f" ({_plain(low)} to {_plain(high)})"
        unit = table.get("unit", "")
        says = f"{_plain(table['value'])}{bounds}{'' if unit in ('', '1') else f' {unit}'}"
    else:
        says = str(table.get("text", ""))
    return f"{says} ({beside})" if says and beside else says or beside


def _rest(value: object, where: str) -> Iterator[tuple[str, str]]:
    """Every field outside what is cited; a list of words in one line."""
    if isinstance(value, dict):
        cited = "checked" in value or ("source" in value and ("value" in value or "text" in value))
        for key, part in value.items():
            if not (cited and (key in _OF_A_CITATION or _is_word(part))):
                yield from _rest(part, _below(where, key))
    elif isinstance(value, list) and value and all(map(_is_word, value)):
        yield where, "; ".join(map(_plain, value))
    elif isinstance(value, list):
        for place, part in enumerate(value, 1):
            yield from _rest(part, _below(where, str(place)))
    else:
        yield where, _plain(value)


def _leaves(value: object, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _leaves(part, _below(where, key))
    elif isinstance(value, list):
        for place, part in enumerate(value, 1):
            yield from _leaves(part, _below(where, str(place)))
    else:
        yield where, _plain(value)


def _disagreements(kind: str, id: str, stated: Mapping[str, Any]) -> Iterator[str]:
    """What sources say differently, each pair side by side: views of ketamine, editions, guides and ladders."""
    views = stated.get("ketamine", {}).get("views", ()) if kind == "conditions" else stated.get("views", ())
    directions = unique(str(view["direction"]) for view in views if view.get("direction") != "silent")
    if len(directions) > 1:
        for direction in directions:
            those = [f"{view['source']} ({view['year']})" for view in views if view["direction"] == direction]
            yield f"{direction.replace('-', ' ')}: {', '.join(those)}"
    yield from _editions(stated, "")
    if kind == "therapies":
        for other, entry in catalogue.load("conditions", Condition).items():
            against = [rule for rule in stated.get("not_for", ()) if other in rule.get("conditions", ())]
            if entry.ladder and id in entry.ladder.first and against:
                yield f"first line of {other} by its ladder; advised against there: {against[0]['text']}"


def _editions(value: object, where: str) -> Iterator[str]:
    """Tables side by side that are named for their sources, and do not say the same of the same field."""
    if not isinstance(value, dict):
        return
    named = {key: part for key, part in value.items() if isinstance(part, dict) and key in evidence.studies()}
    for field in unique(field for part in named.values() for field in part) if len(named) > 1 else ():
        says = {key: _says(part[field]) for key, part in named.items() if isinstance(part.get(field), dict)}
        if len(set(says.values())) > 1:
            yield f"{_below(where, field)}: " + "; ".join(f"{text} ({key})" for key, text in says.items())
    for key, part in value.items():
        yield from _editions(part, _below(where, key))


def _reference(source: str) -> str:
    study = evidence.study(source)
    return f"{evidence.reference(source)} ({READ[study.checked]})"


def _is_word(value: object) -> bool:
    return not isinstance(value, dict | list)


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return catalogue.plain(value) if isinstance(value, float) else "–" if value is None else str(value)


def _below(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key


def text(packet: Packet) -> str:
    """The packet as text."""
    return template("packet.txt.j2", ends_its_line=True).render(packet=packet, knowledge=catalogue.knowledge_line())


def html(packet: Packet) -> str:
    """The packet as one page that prints, without anything from outside."""
    return template("packet.html.j2", ends_its_line=True).render(packet=packet, knowledge=catalogue.knowledge_line())
