"""Columns of event tables by their meaning: `data/rules/event_columns.toml`, and what a table's headings mean by it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from unwound.catalogue import Checked, Frozen, Head, load_rule
from unwound.exchange.names import quoted
from unwound.record import UnwoundError

Words = tuple[str, ...]
DOSES = (
    "time", "amount", "rate", "duration", "end", "event", "compartment", "route", "interval", "additional", "steady",
)  # fmt: skip
"""What makes a dose: a heading that is one slip from such a name is asked about."""
SHORTEST_SLIP = 3
WITH_A_UNIT = ("time", "amount", "rate", "duration", "end", "interval")
"""What a unit is written behind without a sign between them: AMTMCG, DURMIN."""
_ETA = re.compile(r"ETA_?(?P<of>[A-Z0-9_]+)")
_UNIT_BEHIND = re.compile(r"(?P<name>[^(\[]+?)[\s_.]*[(\[](?P<unit>[^)\]]*)[)\]]")


class Column(Frozen):
    """The names of one meaning; where the meaning changes doses, `neutral` is the one value that changes nothing."""

    meaning: str
    names: Words
    neutral: float | None = None


class RouteWords(Frozen):
    """How a route is written."""

    route: str
    words: Words


class Columns(Head):
    """`data/rules/event_columns.toml`."""

    checked: Checked
    nothing: Words
    excluded: Words
    counted: Words
    single: Words
    dose_words: Words
    joining_words: Words
    measured_words: Words
    columns: tuple[Column, ...]
    routes: tuple[RouteWords, ...]
    drugs: Mapping[str, Words]
    hours: Mapping[str, float]
    milligrams: Mapping[str, float]
    ng_per_ml: Mapping[str, float]
    kilograms: Mapping[str, float]

    def route(self, written: str) -> str | None:
        """The route that a word means; None where it is none."""
        word = normal(written)
        return next((each.route for each in self.routes if word in each.words), None)

    def drug(self, written: str) -> str | None:
        """The drug that a word means; None where it is neither."""
        word = normal(written)
        return next((drug for drug, words in self.drugs.items() if word in words), None)


@cache
def known() -> Columns:
    """The columns, read once."""
    return load_rule("event_columns", Columns)


@cache
def _by_name() -> dict[str, Column]:
    return {name: column for column in known().columns for name in column.names}


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """What the headings of a table mean: meaning -> heading, unit by meaning, etas, and what is kept unread."""

    headings: Mapping[str, str]
    units: Mapping[str, str]
    etas: Mapping[str, str] = field(default_factory=dict)
    """Number or name of a parameter -> heading."""
    exclusions: tuple[str, ...] = ()
    inclusions: tuple[str, ...] = ()
    treatments: tuple[str, ...] = ()
    changes: Mapping[str, float | None] = field(default_factory=dict)
    kept: tuple[str, ...] = ()


def normal(written: str) -> str:
    """A name or word in capitals, with one sign between its parts."""
    return re.sub(
        r"[\s_.\-]+", "_", written.strip().upper().replace("\u00b5", "\u03bc").replace("\u03bc", "\u039c")
    ).strip("_")


def meant(headings: Sequence[str], name: str) -> Meant:
    """What each heading means. UnwoundError for two of one meaning, and for one that could change a dose unseen.

    A branch for each way in which a meaning is more than one heading.
    """
    by_meaning: dict[str, list[str]] = {}
    units: dict[str, str] = {}
    etas: dict[str, str] = {}
    changes: dict[str, float | None] = {}
    kept: list[str] = []
    for heading in headings:
        if headings.count(heading) > 1:
            raise UnwoundError(f"{name}: the column {quoted(heading)} is there twice; keep one")
        column, unit = _column(heading)
        eta = _ETA.fullmatch(normal(heading))
        if column is None and eta is not None:
            etas[eta["of"]] = heading
        elif column is None or column.meaning in ("covariate", "person"):
            kept.append(heading)
        elif column.meaning == "changes":
            changes[heading] = column.neutral
        else:
            by_meaning.setdefault(column.meaning, []).append(heading)
            if unit:
                units[column.meaning] = unit
    several = {meaning: tuple(by_meaning.pop(meaning, ())) for meaning in ("exclusion", "inclusion", "treatment")}
    chosen = dict(_one_each(by_meaning, kept, name))
    for heading in kept:
        _refuse_what_could_change_a_dose(heading, chosen, name)
    return Meant(
        headings=chosen, units=units, etas=etas, exclusions=several["exclusion"], inclusions=several["inclusion"],
        treatments=several["treatment"], changes=changes, kept=tuple(kept),
    )  # fmt: skip


def describes_a_person(heading: str) -> bool:
    """Whether a heading is known to describe a person (AGE, SEX, CRCL), and not when, what or where."""
    column, _ = _column(heading)
    return column is not None and column.meaning in ("person", "age")


def is_measured(heading: str) -> bool:
    """Whether a heading that is not known names something measured (COBS, CONC.1, INH_OBS)."""
    return bool(set(normal(heading).split("_")) & set(known().measured_words))


def _column(heading: str) -> tuple[Column | None, str]:
    """The column that a heading is, and the unit written in it: «TIME (h)», «AMT_MG»."""
    word, columns = normal(heading), _by_name()
    if word in columns:
        return columns[word], ""
    behind = _UNIT_BEHIND.fullmatch(heading.strip())
    if behind is not None and normal(behind["name"]) in columns:
        return columns[normal(behind["name"])], behind["unit"].strip()
    for parts in (1, 2):
        pieces = word.rsplit("_", parts)
        unit = "/".join(pieces[1:])
        if len(pieces) == parts + 1 and pieces[0] in columns and _is_unit(unit):
            return columns[pieces[0]], unit
    return _run_together(word)


def _run_together(word: str) -> tuple[Column | None, str]:
    """The column and unit of a name that has no sign between them: TIMEMIN, AMTMCG, RATEMGH."""
    for name, column in _by_name().items():
        rest = word.removeprefix(name)
        if column.meaning not in WITH_A_UNIT or rest in ("", word) or len(name) < SHORTEST_SLIP - 1:
            continue
        if column.meaning == "rate":
            rest = next((f"{rest[:k]}/{rest[k:]}" for k in (1, 2, 3) if _is_unit(f"{rest[:k]}/{rest[k:]}")), "")
        elif len(rest) == 1 and rest != "H":
            continue
        if rest and _is_unit(rest):
            return column, rest
    return None, ""


def _is_unit(written: str) -> bool:
    rules, word = known(), written.upper()
    if "/" in word:
        mass, _, per = word.partition("/")
        return word in rules.ng_per_ml or (mass in rules.milligrams and per in rules.hours)
    return any(word in units for units in (rules.hours, rules.milligrams, rules.kilograms))


def _one_each(by_meaning: Mapping[str, list[str]], kept: list[str], name: str) -> Iterator[tuple[str, str]]:
    """Meaning and heading. The first name of a meaning goes before its others where these are known to say more."""
    for meaning, headings in by_meaning.items():
        first = next(column.names[0] for column in known().columns if column.meaning == meaning)
        plain = [heading for heading in headings if normal(heading) == first]
        if len(headings) == 1:
            yield meaning, headings[0]
        elif plain and meaning in ("amount", "time", "id", "observed", "limit"):
            # Beside AMT, DOSE is the arm; beside TIME, TAFD is another count; beside DV, CONC is what it was made of.
            kept += [heading for heading in headings if heading not in plain]
            yield meaning, plain[0]
        elif meaning == "compartment" and plain and {normal(heading) for heading in headings} == {"CMT", "COMP"}:
            kept += [heading for heading in headings if heading not in plain]  # beside CMT, COMP is compliance
            yield meaning, plain[0]
        else:
            raise UnwoundError(f"{name}: the columns {' and '.join(headings)} mean the same ({meaning}); keep one")


def _refuse_what_could_change_a_dose(heading: str, chosen: Mapping[str, str], name: str) -> None:
    # An unknown column is harmless unless it is a misspelt column of doses, or has a word of doses in it.
    word = normal(heading)
    if word in _by_name():
        return
    free = [column for column in known().columns if column.meaning in DOSES and column.meaning not in chosen]
    for column in free:
        if near := next((other for other in column.names if _a_slip(word, other)), None):
            raise UnwoundError(f"{name}: the column {quoted(heading)} is not known; is it {near}? Else rename it")
    if words := sorted({each for part in word.split("_") for each in _dose_words(re.sub(r"\d+$", "", part))}):
        raise UnwoundError(
            f"{name}: the column {quoted(heading)} is not known and could change a dose ({', '.join(words).lower()}); "
            "leave it out, or give it a known name"
        )


def _dose_words(part: str) -> Words:
    """The words of dosing in one part of a name, also where several are run together (PUMPRATE, INFTIMEMIN).

    A part counts only when it is words of ours throughout: ENDPOINT is none. The longest words from the left are taken;
    from the right each place is looked at once.
    """
    rules = known()
    doses = set(rules.dose_words)
    if part in doses:
        return (part,)
    every = doses | set(rules.joining_words)
    longest = max(map(len, every), default=0)
    ends = {len(part): len(part)}  # each place from where the rest divides -> where its first word ends
    for at in range(len(part) - 1, -1, -1):
        for end in range(min(at + longest, len(part)), at, -1):
            word = part[at:end]
            if end in ends and (word in every or (word == "H" and end == len(part))):
                ends[at] = end
                break
    words, at = list[str](), 0
    while at in ends and at < len(part):
        words.append(part[at : ends[at]])
        at = ends[at]
    return tuple(word for word in words if word in doses)


def _a_slip(word: str, other: str) -> bool:
    """Whether a letter too many, one too few or two changed about lie between them."""
    if min(len(word), len(other)) < SHORTEST_SLIP - 1 or len(other) < SHORTEST_SLIP or word == other:
        return False
    if len(word) == len(other):
        return sorted(word) == sorted(other) and sum(a != b for a, b in zip(word, other, strict=True)) == 2
    short, long = sorted((word, other), key=len)
    return len(long) - len(short) == 1 and any(long[:k] + long[k + 1 :] == short for k in range(len(long)))
