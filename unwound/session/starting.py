"""Before an infusion: what is known on the day, and which requirements are not met."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from unwound import record
from unwound.catalogue import plain
from unwound.record import Judgement, unique
from unwound.session.gates import GateName, Override, Passage, Requirement, Rules, either, gate, number, passage, unless
from unwound.terms import Fasting

IDENTIFIERS = ("name", "birth-date", "record-number", "address", "phone", "photograph")
"""What identifies a person; a bed or a room does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """What is known on the day, before the start; None is unknown. Empty text means that there is no such person."""

    day: date
    identifiers: tuple[str, ...] | None = None
    """Those of `IDENTIFIERS` that were compared with the patient."""
    weighed_on: date | None = None
    weight_kg: float | None = None
    ordered_for_kg: float | None = None
    """The weight that the order was made for."""
    consent_on: date | None = None
    consent_until: date | None = None
    consent_withdrawn: bool | None = None
    prepared_by: str | None = None
    checked_by: str | None = None
    fasting: Fasting = Fasting.HOURS
    """As the protocol says: by the hours of the gate, by the site's own rule, or not at all."""
    fasting_rule_kept: bool | None = None
    """Whether the patient fasted as the site's own rule requires."""
    hours_without_food: float | None = None
    hours_without_drink: float | None = None
    driver_needed: bool = True
    """Not for an inpatient."""
    driver: str | None = None
    pregnancy_possible: bool | None = None
    pregnancy_test: Literal["negative", "positive"] | None = None
    tested_on: date | None = None
    baseline_minutes: Mapping[str, float] | None = None
    """Vital signs measured before the start: how many minutes ago."""
    rescue_checked: bool | None = None
    suction_checked: bool | None = None
    open_stops: tuple[str, ...] | None = None
    """What `cautions.screen` stops for and no clinician has decided yet; None when it was not asked."""


def may_start(today: Today, overrides: Iterable[Override] = ()) -> Passage:
    """Whether the infusion may start, and everything that speaks against it."""
    return passage(gate(GateName.START), START, today, overrides)


def _identity(today: Today, wanted: Requirement) -> Judgement:
    if today.identifiers is None:
        return Judgement(None)
    compared = unique(identifier for identifier in today.identifiers if identifier in IDENTIFIERS)
    enough = len(compared) >= number(wanted.limit)
    return unless(
        enough, f"compared: {', '.join(today.identifiers) or 'nothing'}; a bed or a room does not identify a person"
    )


def _weight(today: Today, wanted: Requirement) -> Judgement:
    if today.weighed_on is None:
        return Judgement(None)
    days = (today.day - today.weighed_on).days
    if not 0 <= days <= number(wanted.limit):
        return Judgement(False, (f"last weighed on {record.day(today.weighed_on)}, not today",))
    if today.weight_kg is None or today.ordered_for_kg is None:
        return Judgement(None)
    far = abs(today.weight_kg - today.ordered_for_kg) * 100 > number(wanted.second_limit) * today.ordered_for_kg
    return unless(
        not far,
        f"{plain(today.weight_kg)} kg today, ordered for {plain(today.ordered_for_kg)} kg: a new order is needed",
    )


def _consent(today: Today, wanted: Requirement) -> Judgement:
    if today.consent_withdrawn:
        return Judgement(False, ("the consent was withdrawn",))
    if today.consent_on is None or today.consent_withdrawn is None:
        return Judgement(None)
    if today.consent_on > today.day:
        return Judgement(False, (f"the consent is dated {record.day(today.consent_on)}, after today",))
    if today.consent_until is None:
        return Judgement(None, ("the consent has no end date",))
    return unless(today.day <= today.consent_until, f"the consent was valid until {record.day(today.consent_until)}")


def _second_check(today: Today, wanted: Requirement) -> Judgement:
    if not today.prepared_by or today.checked_by is None:
        return Judgement(None)
    if not today.checked_by.strip():
        return Judgement(False, ("drug, concentration and rate were not checked by a second person",))
    same = today.checked_by.strip().lower() == today.prepared_by.strip().lower()
    return unless(not same, f"{today.checked_by} both prepared and checked it: two people are needed")


def _fasting(today: Today, wanted: Requirement) -> Judgement:
    if today.fasting == Fasting.NONE:
        return Judgement(True)
    if today.fasting == Fasting.OWN:
        return unless(today.fasting_rule_kept, "the patient did not fast as the site's own rule requires")
    parts = (
        (today.hours_without_food, wanted.limit, "food"),
        (today.hours_without_drink, wanted.second_limit, "clear fluids"),
    )
    return record.all_of(
        Judgement(None)
        if hours is None
        else unless(hours >= number(limit), f"{plain(hours)} h without {what}; {plain(number(limit))} h are required")
        for hours, limit, what in parts
    )


def _driver(today: Today, wanted: Requirement) -> Judgement:
    if not today.driver_needed:
        return Judgement(True)
    return Judgement(None) if today.driver is None else unless(bool(today.driver.strip()), "no escort is named")


def _pregnancy(today: Today, wanted: Requirement) -> Judgement:
    if today.pregnancy_possible is False:
        return Judgement(True)
    if today.pregnancy_test == "positive":
        return Judgement(False, ("the pregnancy test is positive",))
    if today.pregnancy_test is None or today.tested_on is None:
        return Judgement(False if today.pregnancy_possible else None, ("no pregnancy test is recorded",))
    days = (today.day - today.tested_on).days
    return unless(0 <= days <= number(wanted.limit), f"the test was done on {today.tested_on}")


def _baseline(today: Today, wanted: Requirement) -> Judgement:
    if today.baseline_minutes is None:
        return Judgement(None)
    ages = today.baseline_minutes
    recent = {id for id, minutes in ages.items() if 0 <= minutes <= number(wanted.limit)}
    missing = [either(group) for group in wanted.one_of if recent.isdisjoint(group)]
    return unless(not missing, f"not measured, or too long ago: {', '.join(missing)}")


def _rescue(today: Today, wanted: Requirement) -> Judgement:
    return unless(today.rescue_checked, "the rescue drugs were not checked")


def _suction(today: Today, wanted: Requirement) -> Judgement:
    return unless(today.suction_checked, "the suction was not checked")


def _no_stop(today: Today, wanted: Requirement) -> Judgement:
    if today.open_stops is None:
        return Judgement(None)
    return unless(not today.open_stops, f"not yet decided: {', '.join(today.open_stops)}")


START: Rules[Today] = {
    "identity": _identity,
    "weight": _weight,
    "consent": _consent,
    "second_check": _second_check,
    "fasting": _fasting,
    "driver": _driver,
    "pregnancy": _pregnancy,
    "baseline": _baseline,
    "rescue": _rescue,
    "suction": _suction,
    "no_stop": _no_stop,
}
