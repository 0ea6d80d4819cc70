"""Procedure, AllergyIntolerance and DiagnosticReport."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from unwound import drugs, facts
from unwound.exchange.fhir import absent, misplaced
from unwound.exchange.fhir.chart import Chart, Unreadable
from unwound.exchange.fhir.purposes import purpose_of
from unwound.exchange.fhir.reasons import effect, relief_percent
from unwound.exchange.fhir.shapes import (
    RXNORM,
    Moment,
    Object,
    all_names,
    codings,
    name,
    notes,
    obj,
    objects,
    status,
    text,
)
from unwound.exchange.fhir.tables import Procedure, tables, whole_words
from unwound.exchange.names import quoted
from unwound.patient import Trial
from unwound.record import unique
from unwound.terms import Purpose

_NOT_DONE = frozenset(("preparation", "not-done", "on-hold", "entered-in-error", "unknown"))
_KETAMINE = frozenset(("ketamine", "esketamine"))
_NORMAL = "17621005"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One procedure that is a trial of a therapy."""

    therapy: str
    purpose: Purpose | None
    when: Moment | None
    until: Moment | None
    over: bool
    """Taken away again."""
    note: str
    origin: str


def procedure(resource: Object, chart: Chart, done: list[Done]) -> bool:
    """Read a procedure that is a trial or states a fact; one that was only requested is noted, not counted.

    A branch for each reason not to count it.
    """
    if text(resource.get("status")) in _NOT_DONE:
        return False
    concept = resource.get("code")
    written = all_names(concept)
    if not written and not any(codings(concept)):
        raise Unreadable("no procedure is named (code is missing)")
    listed = named(written, {coding.code for coding in codings(concept)})
    if listed is None:
        misplaced.say(concept, "among the procedures", chart)
        return False
    if _has(written, tables().only_asked_for):
        chart.problem(f"{quoted(name(concept))} was requested, but is not recorded as done; not counted")
        return False
    when, until = _performed(resource, chart)
    if chart.is_later(when):
        return False
    over = _is_taken_away(written)
    if listed.fact and (doubt := _doubt(written, listed.fact, over=over)):
        chart.problem(f"{quoted(name(concept))} {doubt}; please clarify: {facts.vocabulary()[listed.fact].ask}")
        return False
    if listed.fact:
        return chart.know(listed.fact, True, when)
    purpose = purpose_of(resource, chart)[0] or listed.purpose
    done.append(
        Done(
            therapy=listed.therapy,
            purpose=purpose,
            when=when,
            until=until,
            over=over,
            note=notes(resource),
            origin=chart.origin,
        )
    )
    return True


def _is_taken_away(written: str) -> bool:
    return _has(written, tables().taken_away) or any(stem in written for stem in tables().taken_away_stems)


def _doubt(written: str, fact: str, *, over: bool) -> str:
    """Why a procedure does not say whether the device is there now; empty where it does."""
    if over:
        return "may mean the device was removed"
    is_device = fact.startswith("implanted_")
    return "may have been a trial or an assessment only" if is_device and _has(written, tables().on_trial) else ""


def named(written: str, codes: Iterable[str] = ()) -> Procedure | None:
    """The procedure that whole words or codes name; None for one without bearing."""
    return _named(written, frozenset(codes))


@lru_cache(maxsize=4096)
def _named(written: str, codes: frozenset[str]) -> Procedure | None:
    for listed in tables().procedures:
        if not codes.isdisjoint(listed.codes) or _has(written.lower(), listed.words):
            return listed
    return None


def therapy_of(written: str) -> str:
    """The therapy a procedure is a trial of; empty where it is none, or was only asked for."""
    listed = named(written)
    return "" if listed is None or _has(written.lower(), tables().only_asked_for) else listed.therapy


def trials(done: Sequence[Done]) -> Iterator[Trial]:
    """One trial for each therapy: from the first to the last procedure, with the effect that its notes state.

    The branches leave open what the procedures do not say.
    """
    by_therapy: dict[str, list[Done]] = {}
    for procedure in done:
        by_therapy.setdefault(procedure.therapy, []).append(procedure)
    for therapy, own in by_therapy.items():
        notes_of_all = " ".join(procedure.note for procedure in own)
        starts = [procedure.when.first for procedure in own if procedure.when is not None]
        ends = [procedure.until.first for procedure in own if procedure.until is not None]
        times = f"{len(own)} procedures" if len(own) > 1 else ""
        yield Trial(
            therapy=therapy,
            purpose=_only({procedure.purpose for procedure in own}),
            start=min(starts, default=None),
            end=max(ends) if ends and starts and max(ends) >= min(starts) else None,
            ongoing=False if any(procedure.over for procedure in own) else None,
            effect=effect(notes_of_all),
            relief_percent=relief_percent(notes_of_all),
            note="; ".join(filter(None, (times, *unique(procedure.note for procedure in own)))),
            origin=", ".join(unique(procedure.origin for procedure in own)[:3]),
        )


def _only(purposes: set[Purpose | None]) -> Purpose | None:
    return purposes.pop() if len(purposes) == 1 else None


def _performed(resource: Object, chart: Chart) -> tuple[Moment | None, Moment | None]:
    period = obj(resource.get("performedPeriod"))
    if period:
        return chart.when(period.get("start")), chart.when(period.get("end"))
    return chart.when(resource.get("performedDateTime")), None


def allergy(resource: Object, chart: Chart) -> bool:
    """Read an active allergy; «no known drug allergy» means none to ketamine either.

    The branches leave out what is not active, and read the code that means that there is none.
    """
    if status(resource.get("verificationStatus")) in ("refuted", "entered-in-error"):
        return False
    if status(resource.get("clinicalStatus")) in ("inactive", "resolved"):
        return False
    concept = resource.get("code")
    reactions = objects(resource.get("reaction"))
    substance = name(concept) or next(
        (named_in_reaction for reaction in reactions if (named_in_reaction := name(reaction.get("substance")))), ""
    )
    codes = {coding.code for coding in codings(concept)}
    if not substance and not codes:
        raise Unreadable("the substance of the allergy is not named")
    when = chart.when(resource.get("recordedDate")) or chart.when(resource.get("onsetDateTime"))
    if chart.is_later(when):
        return False
    denied = absent.says_nothing(concept)
    if denied is not None:
        return denied == "no-drug-allergy" and chart.know("ketamine_hypersensitivity", False, when)
    intolerance = " (intolerance)" if resource.get("type") == "intolerance" else ""
    rxnorm = [coding.code for coding in codings(concept) if coding.system == RXNORM]
    coded = drugs.recognise(rxnorm=rxnorm)
    by_code = f" ({coded})" if coded is not None and coded not in drugs.ingredients(text=substance) else ""
    chart.allergies.append((substance or next(iter(sorted(codes)))) + by_code + intolerance)
    misplaced.say(concept, "among the allergies", chart)
    if drugs.recognise(text=substance, rxnorm=rxnorm) in _KETAMINE:
        _ketamine(resource, when, chart)
    return True


def _ketamine(resource: Object, when: Moment | None, chart: Chart) -> None:
    """An intolerance (vivid dreams, say) is not a hypersensitivity: a person must decide."""
    if resource.get("type") == "intolerance":
        chart.problem("ketamine was not tolerated; whether that was a hypersensitivity must be clarified")
    else:
        chart.know("ketamine_hypersensitivity", True, when)


def report(resource: Object, chart: Chart) -> bool:
    """A report: its observations are read by themselves; a result only a person can judge is pointed out."""
    if text(resource.get("status")) in ("registered", "cancelled", "entered-in-error"):
        return False
    written = all_names(resource.get("code"))
    about = next((listed for listed in tables().reports if _has(written, listed.words)), None)
    if about is None:
        return False
    when = chart.when(resource.get("effectiveDateTime")) or chart.when(resource.get("issued"))
    conclusions = {coding.code for concept in objects(resource.get("conclusionCode")) for coding in codings(concept)}
    if conclusions == {_NORMAL}:
        return chart.know(about.fact, "normal", when)
    raise Unreadable(f"the result of {quoted(name(resource.get('code')))} must be read by a person: enter {about.fact}")


def _has(written: str, words: tuple[str, ...]) -> bool:
    return whole_words(words).search(written) is not None
