"""Why a plan is refused, what it must still ask, and what it must note: the patient's cautions and the plan's own."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from unwound import allergies, cautions, conditions, evidence, facts
from unwound.catalogue import Checked, least_checked, plain
from unwound.cautions import CautionLevel
from unwound.conditions.knowledge import GradeLevel
from unwound.patient import Patient
from unwound.protocols import knowledge, schedule, weights
from unwound.protocols.knowledge import DRUGS, Protocol
from unwound.protocols.schedule import Stretch
from unwound.protocols.weights import Basis, WeightKind
from unwound.record import UnwoundError, unique
from unwound.terms import Drug

SETTLED = (GradeLevel.DEFINITE, GradeLevel.PROBABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One remark on a plan: a stop refuses it, an ask leaves something open, a note only informs."""

    id: str
    title: str
    level: CautionLevel
    because: tuple[str, ...]
    action: str
    ask: tuple[str, ...]
    sources: tuple[str, ...]
    checked: Checked
    relative: bool = False
    """A named clinician may decide otherwise."""
    holds: bool = True
    """False where it is only asked because facts are missing."""
    overridden: bool = False
    """A stop that a named clinician has overridden: shown, and no longer refusing."""


def of_patient(protocol: Protocol, patient: Patient, despite: Collection[str]) -> Iterator[Reason]:
    """What speaks against this drug in this patient, and what is not known; `patient` has its derived facts."""
    yield from _allergies(patient)
    for finding in cautions.screen(patient):
        lifted = finding.level == CautionLevel.STOP and finding.relative and finding.id in despite
        yield Reason(
            id=finding.id,
            title=finding.title,
            level=CautionLevel.NOTE if lifted else finding.level,
            because=finding.because,
            action=finding.action,
            ask=finding.ask,
            sources=finding.sources,
            checked=finding.checked,
            relative=finding.relative,
            holds=finding.holds,
            overridden=lifted,
        )
    yield from _indication(protocol, patient)


def of_weight(drug: Drug, patient: Patient) -> Iterator[Reason]:
    """That the weight is unknown, or outside the range that plans cover."""
    weight = facts.number(patient, "weight_kg")
    allowed = knowledge.ceilings(drug).weight_kg
    if weight is None:
        action = "No dose can be calculated without it: weigh the patient."
        yield _own("weight_unknown", "The weight is not known", CautionLevel.ASK, (), action, ask=("weight_kg",))
        return
    problem = schedule.weight_problem(drug, weight)
    if problem:
        yield Reason(
            id="weight_out_of_range",
            title="The weight is outside the range that plans cover",
            level=CautionLevel.STOP,
            because=(f"weight {weight:g} kg; plans cover {plain(allowed.low or 0)} to {plain(allowed.high or 0)} kg",),
            action="Check the weight. If it is right, a specialist must calculate the dose; no table does.",
            ask=(),
            sources=(allowed.source,),
            checked=allowed.checked,
        )


def of_drug(protocol: Protocol, at_hand: Drug | None) -> Iterator[Reason]:
    """That the drug at hand is not the protocol's."""
    if at_hand is not None and at_hand != protocol.drug:
        yield _own(
            "wrong_drug",
            "The wrong drug",
            CautionLevel.STOP,
            (f"the protocol is for {DRUGS[protocol.drug]}, but {DRUGS[at_hand]} is at hand",),
            "Esketamine is the stronger of the two. Doses are not converted from one to the other: choose a "
            "protocol for the drug at hand.",
            sources=("bell_2009", "unwound_local"),
        )


def of_rates(protocol: Protocol, weight_kg: float, stretches: tuple[Stretch, ...]) -> Iterator[Reason]:
    """That the protocol's cap or a guideline's ceiling held the rate down."""
    # A cap is part of the protocol and only noted; a ceiling of a guideline asks whether this is the right course.
    for by_guideline in (False, True):
        held = [
            stretch for stretch in stretches if stretch.held_by is not None and stretch.by_guideline == by_guideline
        ]
        if not held:
            continue
        most = max(held, key=lambda stretch: stretch.meant_mg_per_h)
        limit = most.held_by
        if limit is None:
            raise UnwoundError("a rate that is held has its limit")
        because = (
            f"at {weight_kg:g} kg the rate would be {most.meant_mg_per_h:.4g} mg/h; "
            f"it is held at {most.rate_mg_per_h:.4g} mg/h ({limit}, {limit.source})"
        )
        yield Reason(
            id="ceiling" if by_guideline else "cap",
            title="A guideline's ceiling is reached" if by_guideline else "The protocol's cap is reached",
            level=CautionLevel.ASK if by_guideline else CautionLevel.NOTE,
            because=(because,),
            action=(
                "The dose is smaller than in the published course; decide whether this protocol is the right one."
                if by_guideline
                else "Above this the dose no longer grows with the weight."
            ),
            ask=(),
            sources=(limit.source,),
            checked=limit.checked,
        )


def of_build(protocol: Protocol, patient: Patient, basis: Basis | None) -> Iterator[Reason]:
    """That a dose by the kilogram is by actual weight, where that is high for the height; or who chose another."""
    weight, height = facts.number(patient, "weight_kg"), facts.number(patient, "height_cm")
    by_kg = any("kg" in size.unit for step in protocol.steps if (size := step.rate or step.amount))
    limit = knowledge.ceilings(protocol.drug).bmi
    if not by_kg or weight is None:
        return
    if height is None:
        action = "Needed to judge whether actual weight is a fair basis for the dose."
        yield _own(
            "height_unknown", "The height is not known", CautionLevel.ASK, (), action, ask=("height_cm",), holds=False
        )
        return
    bmi = weight / (height / 100) ** 2
    if bmi >= limit.value or basis is not None:
        kind = basis.kind if basis else WeightKind.ACTUAL
        yield Reason(
            id="obesity",
            title=f"The dose is based on {kind} weight",
            level=CautionLevel.NOTE if basis else CautionLevel.ASK,
            because=(
                f"body-mass index {bmi:.1f} kg/m² ({weight:g} kg, {height:g} cm); {limit.note}",
                *_by_weight(protocol, patient),
            ),
            action=f"Chosen by {basis.by}." if basis else "Decide which weight to base the dose on, and say who did.",
            ask=(),
            sources=(limit.source, "devine_1974", "janmahasatian_2005"),
            checked=limit.checked,
        )


def _by_weight(protocol: Protocol, patient: Patient) -> Iterator[str]:
    """The dose by each weight: what a clinician needs to choose."""
    known = weights.body_weights(patient)
    if known is None:
        return
    for kind in WeightKind:
        kg = known.of(kind)
        if kg is not None and not schedule.weight_problem(protocol.drug, kg):
            course = schedule.stretches(protocol, kg)
            fastest = max(stretch.rate_mg_per_h for stretch in course)
            total = sum(stretch.amount_mg for stretch in course)
            yield f"by {kind} weight, {kg:.4g} kg: at most {fastest:.4g} mg/h, {total:.4g} mg in all"
    if known.lacks:
        yield f"the others need {' and '.join(known.lacks)}"


def ordered(reasons: Collection[Reason]) -> tuple[Reason, ...]:
    """Stops first, then asks, then notes, each in the order they came."""
    return tuple(sorted(reasons, key=lambda reason: tuple(CautionLevel).index(reason.level)))


def _allergies(patient: Patient) -> Iterator[Reason]:
    """An allergy on record, whatever the yes/no fact is."""
    ketamines = {"ketamine", "esketamine"}
    to = [written for written in patient.allergies if not ketamines.isdisjoint(allergies.read(written).allergic)]
    if to:
        caution = cautions.cautions()["hypersensitivity"]
        yield Reason(
            id="allergy",
            title="An allergy to ketamine is on record",
            level=CautionLevel.STOP,
            because=(f"allergies on record: {', '.join(to)}",),
            action=caution.action.text,
            ask=(),
            sources=evidence.cite(caution),
            checked=least_checked(citation.checked for citation in evidence.citations(caution)),
        )


def _indication(protocol: Protocol, patient: Patient) -> Iterator[Reason]:
    """That the patient's established conditions are not those the protocol was studied in."""
    if not protocol.indications:
        return
    catalogue = conditions.conditions()
    studied = ", ".join(catalogue[id].title for id in protocol.indications)
    settled = [graded for graded in conditions.grade(patient) if graded.level in SETTLED]
    if any(graded.condition in protocol.indications for graded in settled):
        return
    has = ", ".join(graded.title for graded in settled)
    yield _own(
        "indication",
        "Not established that the patient has the condition it was studied in"
        if not has
        else "Studied in another condition",
        CautionLevel.ASK,
        (f"studied in: {studied}", *([f"probable or definite here: {has}"] if has else [])),
        "The evidence for this course does not carry over by itself: decide whether it suits this patient.",
    )


def _own(
    id: str,
    title: str,
    level: CautionLevel,
    because: tuple[str, ...],
    action: str,
    *,
    ask: tuple[str, ...] = (),
    sources: tuple[str, ...] = ("unwound_local",),
    holds: bool = True,
) -> Reason:
    return Reason(
        id=id,
        title=title,
        level=level,
        because=because,
        action=action,
        ask=ask,
        sources=unique(sources),
        checked=Checked.UNCHECKED,
        holds=holds,
    )
