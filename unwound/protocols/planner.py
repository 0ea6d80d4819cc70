"""One protocol for one patient: rates and millilitres over time, ceilings, watching, liver tests; or why not."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from unwound import catalogue, evidence, facts, notebook
from unwound.catalogue import Checked, Cited, CitedText, least_checked
from unwound.cautions import CautionLevel
from unwound.derive import derive
from unwound.patient import Patient, is_patient
from unwound.pharmacology.dosing import Dose
from unwound.pharmacology.ensemble import Ensemble, predict
from unwound.pharmacology.landmarks import landmarks
from unwound.protocols import dose_reasons, knowledge, limits, pump, reasons, schedule
from unwound.protocols.adjuncts import Adjunct, adjuncts
from unwound.protocols.knowledge import CoMedication, Protocol, Setting, StopRule
from unwound.protocols.limits import Ceiling
from unwound.protocols.modifiers import Modified, modified
from unwound.protocols.pump import PumpUse
from unwound.protocols.reasons import Reason
from unwound.protocols.schedule import Stretch
from unwound.protocols.weights import Basis, BodyWeights, body_weights, chosen
from unwound.record import UnwoundError, unique
from unwound.scalars import as_python, shown
from unwound.terms import Drug, Word


class PlanVerdict(Word):
    """Whether there is a plan, or why there is none."""

    PLANNED = "planned"
    REFUSED = "refused"
    CANNOT_TELL = "cannot-tell"


REASONS_SHOWN = {CautionLevel.STOP: "Refused because", CautionLevel.ASK: "To find out", CautionLevel.NOTE: "Noted"}
RATES_SHOWN = 8
"""Lines of a pump that one screen holds; the rest are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What the pump is set to from one hour to another, counted from the first dose."""

    start_h: float
    end_h: float
    mg_per_h: float
    ml_per_h: float
    mg: float
    ml: float
    held: bool
    """A cap or a ceiling holds it down."""
    set_ml_per_h: float = 0.0
    """The rate as the pump can be set; 0 in plans that were stored before it was."""
    set_mg_per_h: float = 0.0
    """What that gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day of the course on which something runs (24 hours from the hour of the first dose)."""

    day: int
    mg: float
    ml: float
    hours: float
    on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What is checked in every infusion: at these minutes from its start, or continuously."""

    what: tuple[str, ...]
    every_min: float | None
    since_h: float
    until_h: float
    text: CitedText

    def minutes(self) -> tuple[float, ...]:
        """Minutes from the start of the infusion; only the first for what is monitored continuously."""
        if self.every_min is None:
            return (self.since_h * 60,)
        count = math.floor((self.until_h - self.since_h) * 60 / self.every_min + 1e-9)
        return tuple(self.since_h * 60 + row * self.every_min for row in range(count + 1))


@dataclass(frozen=True, slots=True)
class LiverDue:
    """One liver test: its day (1 is the day of the first dose, 0 and less before it) and date, where that is known."""

    day: int
    on: date | None
    text: CitedText


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A proposal for a named clinician to accept or change. Without doses it is refused, or not yet possible."""

    protocol: str
    title: str
    drug: Drug
    verdict: PlanVerdict
    weight_kg: float | None
    """The actual weight."""
    weights: BodyWeights | None
    """Actual, ideal, adjusted and lean side by side."""
    basis: Basis | None
    """Which of them the dose is by and who chose it; None is actual weight, by nobody's choice."""
    dosing_weight_kg: float | None
    """The weight that the dose is by."""
    concentration_mg_per_ml: float
    doses: tuple[Dose, ...]
    rates: tuple[Rate, ...]
    days: tuple[Day, ...]
    total_mg: float
    total_ml: float
    hours: float
    """Hours of infusion."""
    ceilings: tuple[Ceiling, ...]
    predicted: Ensemble | None
    """Concentrations by every model of the drug; None without doses."""
    pump: PumpUse | None
    """Rounding, volumes, syringes and bags, fluid and the wean; None without doses."""
    modifiers: tuple[Modified, ...]
    """Kidney, liver, age, inhibitors and inducers, as far as something is known of them."""
    checks: tuple[Check, ...]
    watch_after_min: Cited
    stop_rules: tuple[StopRule, ...]
    liver_tests: tuple[LiverDue, ...]
    co_medication: tuple[CoMedication, ...]
    setting: Setting
    reasons: tuple[Reason, ...]
    sources: tuple[str, ...]
    checked: Checked
    """How well the weakest number of the doses was checked."""

    def __repr__(self) -> str:
        """One line: what, how much and for whom; or that there is no plan."""
        amount = f"; {self.total_mg:.4g} mg over {self.hours:g} h for {self.weight_kg:g} kg" if self.doses else ""
        return f"<Plan of {self.protocol} ({self.drug}): {self.verdict}{amount}; reasons: {len(self.reasons)}>"

    def __hash__(self) -> int:
        return hash((self.protocol, self.verdict, self.weight_kg, self.concentration_mg_per_ml, self.doses))

    def _repr_html_(self) -> str:
        """One screen of a notebook: how much, its pump rates, and every reason with what to do; naming nobody."""
        rates = (
            f"from {rate.start_h:g} to {rate.end_h:g} h: {rate.mg_per_h:.4g} mg/h, {rate.ml_per_h:.4g} mL/h"
            for rate in self.rates[:RATES_SHOWN]
        )
        more = (f"and {len(self.rates) - RATES_SHOWN} more",) if len(self.rates) > RATES_SHOWN else ()
        return notebook.shown(
            repr(self)[1:-1],
            (
                *(
                    (heading, [f"{reason.title}: {reason.action}" for reason in self.reasons if reason.level == level])
                    for level, heading in REASONS_SHOWN.items()
                ),
                ("Pump", (*rates, *more)),
            ),
            foot=catalogue.knowledge_line() + " Advice, never an order.",
        )

    @property
    def adjuncts(self) -> tuple[Adjunct, ...]:
        """What the source gave beside it, on its days; nothing where it states no dose."""
        return adjuncts(self.co_medication, self.days)

    @property
    def refusals(self) -> tuple[Reason, ...]:
        """What refuses it."""
        return tuple(reason for reason in self.reasons if reason.level == CautionLevel.STOP)

    @property
    def ask(self) -> tuple[str, ...]:
        """Facts to find out before it is used."""
        return unique(fact for reason in self.reasons for fact in reason.ask)


def plan(
    protocol: Protocol | str,
    patient: Patient,
    *,
    concentration_mg_per_ml: float,
    drug: Drug | None = None,
    start: date | None = None,
    despite: Collection[str] = (),
    basis: Basis | None = None,
) -> Plan:
    """The protocol for this patient with a solution of `concentration_mg_per_ml`.

    `drug` is what the vial holds, where that is known; `start` is the day of the first dose. `despite` are ids of
    relative stops on which a named clinician has decided otherwise; `basis` is the weight that one of them chose to
    dose by. UnwoundError for an unknown protocol, an impossible concentration, and a basis that is not known.
    """
    course = knowledge.protocol(protocol) if isinstance(protocol, str) else protocol
    if not isinstance(course, Protocol):
        raise UnwoundError(f"protocol: an id or a Protocol is needed, not {type(course).__name__}")
    _check_concentration(course.drug, concentration_mg_per_ml)
    whole = derive(is_patient(patient))
    known = body_weights(whole)
    weight, dosing, body = _weights(known, basis)
    all_reasons = list(_reasons_before(course, whole, drug, despite, basis))
    stretches = () if _refused(all_reasons) or known is None else schedule.stretches(course, dosing)
    all_reasons += pump.of_pump(course.drug, stretches, concentration_mg_per_ml, dosing)
    refused = _refused(all_reasons)
    stretches = () if refused else stretches
    age = facts.number(whole, "age_years")
    all_reasons += dose_reasons.of_dose(course, dosing, stretches, body, age)
    doses = schedule.as_doses(stretches)
    setting = knowledge.settings()[course.setting]
    rates = tuple(_rate(stretch, concentration_mg_per_ml) for stretch in stretches)
    return Plan(
        protocol=knowledge.id_of(protocol),
        title=course.title,
        drug=course.drug,
        verdict=PlanVerdict.REFUSED if refused else PlanVerdict.CANNOT_TELL if weight is None else PlanVerdict.PLANNED,
        weight_kg=weight,
        weights=known,
        basis=basis,
        dosing_weight_kg=None if known is None else dosing,
        concentration_mg_per_ml=concentration_mg_per_ml,
        doses=doses,
        rates=rates,
        days=tuple(_days(rates, concentration_mg_per_ml, start)),
        total_mg=sum(rate.mg for rate in rates),
        total_ml=sum(rate.ml for rate in rates),
        hours=sum(stretch.hours for stretch in stretches),
        ceilings=tuple(limits.ceilings(course, dosing, stretches)),
        predicted=predict(doses, course.drug, body, age) if doses else None,
        pump=pump.use(stretches, concentration_mg_per_ml, body, weans=setting.weans) if stretches else None,
        modifiers=modified(whole),
        checks=tuple(_checks(setting, stretches)),
        watch_after_min=setting.after,
        stop_rules=setting.stop_rules,
        liver_tests=liver_tests(course, stretches, start),
        co_medication=course.co_medication,
        setting=setting,
        reasons=reasons.ordered(all_reasons),
        sources=unique(
            (
                *evidence.cite(course),
                *evidence.cite(setting),
                *evidence.cite(knowledge.ceilings(course.drug)),
                *evidence.cite(tuple(landmarks(course.drug).values())),
                *evidence.cite(pump.pump()),
            )
        ),
        checked=least_checked(citation.checked for citation in evidence.citations(course.steps)),
    )


def _reasons_before(
    protocol: Protocol, patient: Patient, drug: Drug | None, despite: Collection[str], basis: Basis | None
) -> Iterator[Reason]:
    """All reasons that are known before a dose is calculated."""
    yield from reasons.of_drug(protocol, drug)
    yield from reasons.of_weight(protocol.drug, patient)
    yield from reasons.of_build(protocol, patient, basis)
    yield from reasons.of_patient(protocol, patient, despite)


def _refused(reasons: Iterable[Reason]) -> bool:
    return any(reason.level == CautionLevel.STOP for reason in reasons)


def _weights(known: BodyWeights | None, basis: Basis | None) -> tuple[float | None, float, float]:
    """Actual weight, the one to dose by, and the one to predict at: the lighter of both, to be on the safe side."""
    if known is None:
        return None, 0.0, 0.0
    dosing = chosen(known, basis)
    return known.actual, dosing, min(known.actual, dosing)


def liver_tests(protocol: Protocol, stretches: tuple[Stretch, ...], start: date | None) -> tuple[LiverDue, ...]:
    """When the liver is due to be tested, by day; nothing for a course that is not given."""
    if not stretches:
        return ()
    last = math.ceil(max(stretch.end_h for stretch in stretches) / 24)
    due = []
    for test in protocol.liver_tests:
        every = test.days.value
        days: Iterable[float]
        if test.when == "before":
            days = (1 - every,)
        elif test.when == "after":
            days = (last + every,)
        else:
            days = (1 + every * row for row in range(1, math.ceil((last - 1) / every + 1e-9) + 1) if every * row < last)
        due += [LiverDue(round(day), _on(start, round(day)), test.text) for day in days]
    return tuple(sorted(due, key=lambda due_test: due_test.day))


def _check_concentration(drug: Drug, mg_per_ml: float) -> None:
    if not isinstance(as_python(mg_per_ml), float):
        raise UnwoundError(f"concentration_mg_per_ml: a number of mg/mL is needed, not {shown(mg_per_ml)}")
    if not 0 < mg_per_ml < math.inf:
        raise UnwoundError(
            f"concentration_mg_per_ml: {mg_per_ml:g} is not a concentration; a positive number of mg/mL is needed"
        )
    strongest = knowledge.ceilings(drug).strongest
    if mg_per_ml > strongest.value:
        raise UnwoundError(
            f"concentration_mg_per_ml: {mg_per_ml:g} mg/mL is stronger than any vial of {knowledge.DRUGS[drug]} "
            f"({strongest.value:g} mg/mL); is it in mcg/mL?"
        )


def _rate(stretch: Stretch, mg_per_ml: float) -> Rate:
    set_ml_per_h = pump.settable(stretch.rate_mg_per_h / mg_per_ml)
    return Rate(
        start_h=stretch.start_h,
        end_h=stretch.end_h,
        mg_per_h=stretch.rate_mg_per_h,
        ml_per_h=stretch.rate_mg_per_h / mg_per_ml,
        mg=stretch.amount_mg,
        ml=stretch.amount_mg / mg_per_ml,
        held=stretch.held_by is not None,
        set_ml_per_h=set_ml_per_h,
        set_mg_per_h=set_ml_per_h * mg_per_ml,
    )


def _days(rates: tuple[Rate, ...], mg_per_ml: float, start: date | None) -> Iterator[Day]:
    """Each day with what runs in it: a stretch over midnight of the course counts on both sides."""
    end = max((rate.end_h for rate in rates), default=0.0)
    for day in range(1, math.ceil(end / 24 - 1e-9) + 1):
        low, high = 24.0 * (day - 1), 24.0 * day
        parts = [(rate, min(rate.end_h, high) - max(rate.start_h, low)) for rate in rates]
        running = [(rate, hours) for rate, hours in parts if hours > 0]
        if running:
            mg = sum(rate.mg_per_h * hours for rate, hours in running)
            yield Day(day=day, mg=mg, ml=mg / mg_per_ml, hours=sum(hours for _, hours in running), on=_on(start, day))


def _checks(setting: Setting, stretches: tuple[Stretch, ...]) -> Iterator[Check]:
    """The setting's checks, cut to the length of one infusion (stretches that follow each other are one)."""
    if not stretches:
        return
    length = max(end - begin for begin, end in runs(stretches))
    for watch in setting.watches:
        shift = length if watch.after else 0.0
        since = watch.since.value + shift
        until = length if watch.until is None else watch.until.value + shift
        until = until if watch.after else min(until, length)
        if since < until:
            yield Check(
                what=watch.what,
                every_min=watch.every.value if watch.every else None,
                since_h=since,
                until_h=until,
                text=watch.text,
            )


def runs(stretches: tuple[Stretch, ...]) -> list[tuple[float, float]]:
    """Start and end in hours of every infusion without a break."""
    infusions: list[tuple[float, float]] = []
    for stretch in stretches:
        if infusions and stretch.start_h <= infusions[-1][1] + schedule.SAME:
            infusions[-1] = (infusions[-1][0], stretch.end_h)
        else:
            infusions.append((stretch.start_h, stretch.end_h))
    return infusions


def _on(start: date | None, day: int) -> date | None:
    return None if start is None else start + timedelta(days=day - 1)
