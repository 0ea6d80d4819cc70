"""The pages that list: questionnaires, the vocabulary of facts, the sources."""

from __future__ import annotations

from collections.abc import Mapping

from prose import MARKS, anchor, bare, cell, labelled, number, page, review_state, said, source, table

from unwound import evidence, facts, instruments, provenance
from unwound.catalogue import Checked, load
from unwound.evidence import Study
from unwound.facts import Question, Vocabulary
from unwound.instruments import Instrument


def instruments_page() -> str:
    """Every questionnaire: what it measures, its range, bands and cut-offs, and whether its items may be shipped."""
    known = instruments.instruments()
    rows = (
        (f"[{one.title}](#{anchor(one.title)})", one.measures, _range(one), one.licence.verdict, _scoring(one))
        for one in known.values()
    )
    lead = (
        "An unfinished form has no score: it says which items are missing. Items are shipped only where the licence "
        "is green; of the other forms the total is entered. No form ever raises a diagnostic grade."
    )
    index = table(("Form", "Measures", "Range", "Licence", "Scored from"), rows)
    return page("Questionnaires", lead, [index, *(_instrument(id, one) for id, one in known.items())])


def _instrument(id: str, one: Instrument) -> str:
    told = labelled(
        (
            ("Id", f"`{id}` · {one.full_name} · {one.rater} · {review_state(one)}"),
            ("Asks about", one.recall),
            ("Items", ", ".join(item.about for item in one.items)),
            ("Change that matters", number(one.change) or number(one.change_percent)),
            ("Becomes the fact", f"`{one.fact}`" if one.fact else ""),
            ("Licence", f"{one.licence.verdict}: {said(one.licence.ground)} {one.licence.attribution}".strip()),
            ("Owner's page", one.licence.link),
            ("Notes", " ".join(said(note) for note in one.notes)),
        )
    )
    bands = table(
        ("Band", "From", "Whose"), ((band.title, number(band.at_least), band.sex or "everybody") for band in one.bands)
    )
    cuts = table(
        ("Cut-off", "From", "Sensitivity", "Specificity"),
        ((cut.says, number(cut.at_least), number(cut.sensitivity), number(cut.specificity)) for cut in one.cut_offs),
    )
    return "\n\n".join(part for part in (f"## {one.title}", told, bands, cuts) if part)


def _range(one: Instrument) -> str:
    return f"{one.lowest.value:g} to {one.highest.value:g}{MARKS[one.highest.checked]}"


def _scoring(one: Instrument) -> str:
    return "total only" if one.scoring == "total-only" else f"{one.scoring} of {len(one.items)} items"


def facts_page() -> str:
    """The vocabulary by subject: every fact with its type, unit and question."""
    groups = load("facts", Vocabulary)
    lead = (
        f"The {len(facts.vocabulary())} facts a patient is described in. A fact that is left out is unknown; it is "
        "never taken as «no». Derived facts follow from others and are not asked for by themselves."
    )
    parts = (f"## {group.title}\n\n{_fact_table(group.facts)}" for group in groups.values())
    return page("Facts", lead, parts, marked=False)


def _fact_table(known: Mapping[str, Question]) -> str:
    rows = ((f"`{id}`", _type(one), one.unit, _asked(one)) for id, one in known.items())
    return table(("Fact", "Type", "Unit", "Question"), rows)


def _type(one: Question) -> str:
    limits = f" {one.min:g} to {one.max:g}" if one.min is not None and one.max is not None else ""
    return f"{one.type}{limits}{', derived' if one.derived else ''}"


def _asked(one: Question) -> str:
    options = ", ".join(f"`{word}`" for word in one.options)
    stale = (
        f" Older than {one.valid_days:g} days it is asked again ({source(one.valid_source)})." if one.valid_days else ""
    )
    return f"{one.ask}{f' One of {options}.' if options else ''}{stale}"


def _deciding() -> str:
    """How the numbers that stop, decide or dose were read: what `./run assumptions --deciding` prints."""
    groups = provenance.deciding()
    rows = [(one.decides, *(str(one.marks[mark]) for mark in Checked), str(one.ours), str(one.total)) for one in groups]
    sums = tuple(str(sum(int(row[place]) for row in rows)) for place in range(1, len(rows[0])))
    heads = ("What the number decides", *(mark.value for mark in Checked), "our own rule", "all")
    return f"## The numbers that decide\n\n{table(heads, [*rows, ('all', *sums)])}"


def evidence_page() -> str:
    """The list of sources: reference, design, size, how well checked, what it found."""
    known = evidence.studies()
    marks = [one.checked for one in known.values()]
    lead = (
        f"{len(known)} sources: {marks.count('primary')} read at the source, {marks.count('secondary')} in one that "
        f"reports them, {marks.count('unchecked')} not opened yet. Numbers cite them by id; `./run cite ID` shows "
        "the same."
    )
    rows = (
        (f"[{id}](#{id})", one.design.replace("-", " "), str(one.size or ""), str(one.year), one.checked)
        for id, one in known.items()
    )
    index = table(("Source", "Design", "Size", "Year", "Checked"), rows)
    return page("Evidence", lead, [_deciding(), index, *(_study(id, one) for id, one in known.items())])


def _study(id: str, one: Study) -> str:
    size = f", n = {one.size}" if one.size else ""
    about = f"{one.design.replace('-', ' ').capitalize()}{size}{f': {one.population}' if one.population else ''}"
    effects = table(
        ("What", "Outcome", "Effect", "Where"),
        (
            (effect.what, effect.outcome, f"{bare(effect)}{f', p {effect.p}' if effect.p else ''}", effect.where)
            for effect in one.effects
        ),
    )
    head = f"### {id}\n\n{cell(evidence.reference(id))}\n\n{about}. _This entry is {one.checked}._ {one.summary}"
    return f"{head}\n\n{effects}" if effects else head


PAGES = {"instruments.md": instruments_page, "facts.md": facts_page, "evidence.md": evidence_page}
