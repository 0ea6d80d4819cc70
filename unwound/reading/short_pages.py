"""The shorter pages: a treatment, a course of ketamine, a questionnaire, a caution."""

from __future__ import annotations

from collections.abc import Iterable

from unwound import cautions, conditions, evidence, instruments, protocols, therapies
from unwound.catalogue import CitedText, Head, load
from unwound.cautions import CautionKind, CautionLevel
from unwound.reading import condition_pages, frequencies
from unwound.reading.knowledge import LayWords, comparisons, lay_words, words
from unwound.reading.pages import Line, Page, Section, cited, resting_on

_LEVELS = {
    CautionLevel.STOP: "It stops a drip for now.",
    CautionLevel.ASK: "Tell the team. It has to be looked into before a drip.",
    CautionLevel.NOTE: "Your team has to know it.",
}
_DISPUTED = "Some guides put it first here, and others do not. Ask before you take it."
_URGENT = "See to this before anything else."
_RATERS = {"self": "You fill it in yourself.", "clinician": "A doctor or nurse fills it in."}


def therapy(id: str) -> Page:
    """The page of one treatment."""
    entry = therapies.therapies()[id]
    numbers = frequencies.of_therapy(id)
    first_for = [
        other
        for other, condition in conditions.conditions().items()
        if condition.ladder and id in condition.ladder.first
    ]
    disputed = {other for rule in entry.not_for for other in rule.conditions}
    sections = (
        _short("therapies", id, entry.why),
        Section(key="often", heading="How often it helps", lines=numbers or (_unknown(entry.why),)),
        Section(
            key="for",
            heading="It comes first in",
            items=tuple(_conditions(condition for condition in first_for if condition not in disputed)),
        ),
        Section(
            key="against",
            heading="Here it is not advised, or guides disagree",
            items=tuple(
                resting_on(
                    _DISPUTED if other in first_for else "Ask before you take it.",
                    rule,
                    name=condition_pages.name(other),
                    link=f"conditions/{other}",
                    clinician=rule.text,
                )
                for rule in entry.not_for
                for other in rule.conditions
                if other in conditions.conditions()
            ),
        ),
    )
    return _page("therapies", data_kind="therapies", id=id, title=entry.title, sections=sections, entry=entry)


def course(id: str) -> Page:
    """The page of one course of ketamine."""
    entry = protocols.protocols()[id]
    pictures = tuple(
        frequencies.picture(comparison) for comparison in comparisons().values() if id in comparison.courses
    )
    sections = (
        _short("protocols", id, entry.summary),
        Section(key="often", heading="How often it helps, and what it does", pictures=pictures),
        Section(
            key="evidence",
            heading="What it rests on",
            items=tuple(map(_rests_on, entry.evidence)),
        ),
        Section(key="for", heading="It is for", items=tuple(_conditions(entry.indications))),
    )
    return _page("courses", data_kind="protocols", id=id, title=entry.title, sections=sections, entry=entry)


def _rests_on(text: CitedText) -> Line:
    """What kind of source says something of a course, and of which year; what it says for clinicians."""
    designs, study = words().designs, evidence.study(text.source)
    what = designs.get(study.design, designs["other"])
    return cited(text.model_copy(update={"text": f"{what.capitalize()}."}), name=str(study.year), clinician=text.text)


def questionnaire(id: str) -> Page:
    """The page of one questionnaire."""
    entry = instruments.instruments()[id]
    bounds = (entry.lowest, entry.highest)
    measures = (
        entry.measures.partition(":")[0].replace("neuropathic pain", "nerve pain").replace("neuropathic", "nerve")
    )
    asks = (
        f"It asks {measures}."
        if entry.measures.startswith(("how", "whether", "what"))
        else (f"It looks at {measures}.")
    )
    who = _RATERS.get(entry.rater, "")
    scale = f"The score goes from {bounds[0].value:g} to {bounds[1].value:g}."
    about = resting_on(" ".join(part for part in (asks, who, scale) if part), *bounds, clinician=entry.full_name)
    alone = cited(
        CitedText(
            text="A form alone never makes a diagnosis. It helps you and your doctor to talk.",
            source="unwound_local",
            where="no screening form raises a grade",
            checked=entry.licence.ground.checked,
        )
    )
    shown = cited(
        entry.licence.ground.model_copy(update={"text": _may_be_shown(entry.licence.verdict)}),
        clinician=entry.licence.ground.text,
    )
    sections = (
        Section(key="short", heading="In short", lines=(about,)),
        Section(key="means", heading="What a score means", lines=(alone,)),
        Section(key="licence", heading="May we print the form?", lines=(shown,)),
    )
    return _page(
        "questionnaires", data_kind="instruments", id=id, title=entry.title, sections=sections, entry=entry, lay=False
    )


def caution(id: str) -> Page:
    """The page of one caution."""
    entry = cautions.cautions()[id]
    urgent = entry.kind in (CautionKind.RED_FLAG, CautionKind.SUICIDE_RISK)
    what = entry.action.model_copy(update={"text": _URGENT if urgent else _LEVELS[entry.level]})
    sections = (
        _short("cautions", id, entry.reason),
        Section(key="then", heading="What follows", lines=(cited(what, clinician=entry.action.text),)),
    )
    return _page(
        "cautions",
        data_kind="cautions",
        id=id,
        title=entry.title,
        sections=sections,
        entry=entry,
        phrases=entry.lay_phrases,
    )


def _short(kind: str, id: str, clinical: CitedText) -> Section:
    plain = lay_words(kind, id)
    line = cited(plain, clinician=clinical.text) if plain else cited(clinical)
    return Section(key="short", heading="In short", lines=(line,))


def _unknown(why: CitedText) -> Line:
    return cited(why.model_copy(update={"text": words().numbers["not_known"]}))


def _conditions(ids: Iterable[str]) -> Iterable[Line]:
    """Links to conditions; they state nothing that the pages they lead to do not."""
    for id in ids:
        if id in conditions.conditions():
            yield Line(text="", name=condition_pages.name(id), link=f"conditions/{id}")


def _may_be_shown(verdict: str) -> str:
    return "Yes, its owner lets it be printed." if verdict == "green" else "No. Its owner hands it out."


def _page(
    kind: str,
    data_kind: str,
    id: str,
    title: str,
    sections: tuple[Section, ...],
    entry: Head,
    *,
    lay: bool = True,
    phrases: tuple[str, ...] = (),
) -> Page:
    heads: tuple[Head, ...] = (entry, load("lay_words", LayWords)[data_kind]) if lay else (entry,)
    files = ((data_kind, id), *((("lay_words", data_kind),) if lay else ()))
    return Page(
        kind=kind,
        id=id,
        title=title,
        sections=tuple(section for section in sections if any(section.every_line())),
        files=files,
        heads=heads,
        phrases=phrases,
    )
