"""Opioids taken now as morphine milligram equivalents: for the risk of the total, never for conversion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from unwound import drugs, evidence
from unwound.catalogue import Cited, CitedText, Frozen, Head, load_rule
from unwound.patient import Medication, Patient
from unwound.record import unique


class Example(Frozen):
    """Medicines, and their sum in morphine equivalents as far as it is known."""

    name: str
    medications: tuple[Medication, ...]
    mg_per_day: float
    complete: bool = True


class Factors(Head):
    """`data/rules/morphine_equivalents.toml`."""

    use: CitedText
    """What the sum may be used for, and what not."""
    high: Cited
    """From here it asks for precautions of its own."""
    fentanyl_ug_per_hour: Cited
    mg_per_day: Mapping[str, Cited]
    without: Mapping[str, CitedText]
    """Opioids without a factor, and why."""
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MorphineEquivalents:
    """The sum of all opioids taken now, as far as their doses are known; a lower bound where it is not complete."""

    mg_per_day: float
    opioids: tuple[str, ...]
    unknown: tuple[str, ...]
    """Opioids whose daily dose is not known."""
    without_factor: tuple[str, ...]
    """Opioids for which the source gives no factor."""
    use: str
    sources: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether every opioid is in the sum."""
        return not self.unknown and not self.without_factor


def factors() -> Factors:
    """The factors and where they are from."""
    return load_rule("morphine_equivalents", Factors)


def morphine_equivalents(patient: Patient) -> MorphineEquivalents:
    """The opioids a patient takes now, together in morphine equivalents; for risk only, never for conversion."""
    taken = tuple(_taken(patient))
    return MorphineEquivalents(
        mg_per_day=sum(dose for _, dose in taken if isinstance(dose, float)),
        opioids=unique(opioid for opioid, _ in taken),
        unknown=unique(opioid for opioid, dose in taken if dose is None),
        without_factor=unique(opioid for opioid, dose in taken if dose == _NO_FACTOR),
        use=factors().use.text,
        sources=evidence.cite((factors().use, *factors().mg_per_day.values())),
    )


def _taken(patient: Patient) -> Iterator[tuple[str, float | str | None]]:
    """Each opioid taken now with its equivalents: as the list of medicines has it, else by its trial that goes on.

    The dose of such a trial is the highest that was held: for a risk, more is assumed rather than less.
    """
    listed = [pair for medication in patient.medications for pair in _opioids(medication)]
    tried: dict[str, float | str | None] = {}
    for trial in patient.trials:
        if trial.ongoing and trial.stopped is None:
            for opioid, dose in _opioids(
                Medication.model_construct(drug=trial.therapy, dose_mg_per_day=trial.top_dose)
            ):
                tried[opioid] = _higher(tried.get(opioid), dose)
    ids = [opioid for opioid, _ in listed]
    for opioid, dose in listed:
        yield opioid, tried.get(opioid) if dose is None and ids.count(opioid) == 1 else dose
    yield from ((opioid, dose) for opioid, dose in tried.items() if opioid not in ids)


def _higher(own: float | str | None, other: float | str | None) -> float | str | None:
    numbers = [dose for dose in (own, other) if isinstance(dose, float)]
    return max(numbers) if numbers else own or other


_NO_FACTOR = "no factor"


def _is_opioid(id: str) -> bool:
    return "opioid" in drugs.classes(id)


def _opioids(medication: Medication) -> Iterator[tuple[str, float | str | None]]:
    """Each opioid of a medicine with its equivalents; the dose of a combination is that of its main substance."""
    ingredients = [id for id in drugs.ingredients(text=medication.drug) if _is_opioid(id)]
    for id in ingredients:
        known = len(ingredients) == 1 and id == drugs.recognise(text=medication.drug)
        yield id, _equivalents(id, medication) if known else None


def _equivalents(id: str, medication: Medication) -> float | str | None:
    """One opioid's part: of a fentanyl patch by its rate, else by its dose; a form without a factor has none."""
    per_hour = medication.dose_ug_per_hour
    if per_hour is None:
        per_hour = drugs.ug_per_hour(medication.drug)
    if id == "fentanyl":
        if per_hour is not None:
            return per_hour * factors().fentanyl_ug_per_hour.value
        return None if medication.dose_mg_per_day is None else _NO_FACTOR
    factor = factors().mg_per_day.get(id)
    if factor is None:
        return _NO_FACTOR
    dose = medication.dose_mg_per_day
    if dose is None:
        dose = drugs.daily_mg(medication.drug)
    return None if dose is None else dose * factor.value
