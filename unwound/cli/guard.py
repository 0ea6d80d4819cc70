"""Doses of a table against what is given: a warning above procedures' doses, a refusal above an anaesthetic's."""

from __future__ import annotations

from collections.abc import Sequence

from unwound import protocols
from unwound.catalogue import Cited
from unwound.pharmacology import models
from unwound.pharmacology.dosing import Dose, most_in_an_hour
from unwound.protocols.knowledge import DRUGS, DoseKind, for_weight
from unwound.record import UnwoundError
from unwound.terms import Drug

AT_ONCE_H = 5 / 60
"""What goes in within five minutes counts as given at once."""


def guard(where: str, doses: Sequence[Dose], model_id: str, weight_kg: float) -> str:
    """A warning where the doses into a vein are an anaesthetic's; empty where they are not.

    UnwoundError, naming the model's drug and what to do, where no anaesthetic needs so much.
    """
    drug = models.model(model_id).drug
    into_vein = [dose for dose in doses if dose.route == "iv" and dose.amount_mg]
    if not into_vein:
        return ""
    bolus = max(
        (dose for dose in into_vein if dose.duration_h <= AT_ONCE_H), key=lambda dose: dose.amount_mg, default=None
    )
    hour = most_in_an_hour(into_vein)
    at_once = (0.0, 0.0) if bolus is None else (bolus.amount_mg, bolus.time_h)
    known = protocols.ceilings(drug)
    for (amount, begins), most, what in (
        (at_once, known.anaesthetic_bolus, "at once"),
        (hour, known.anaesthetic_hour, "within an hour"),
    ):
        if amount > for_weight(most, weight_kg) * (1 + 1e-9):
            taken = f"{amount:.4g} mg {what} from {begins:.4g} h"
            raise UnwoundError(
                _too_much(where, what=taken, most=most, drug=drug, model_id=model_id, weight_kg=weight_kg)
            )
    return _warning(where, at_once=at_once, hour=hour, drug=drug, model_id=model_id, weight_kg=weight_kg)


def _too_much(where: str, what: str, most: Cited, drug: Drug, model_id: str, weight_kg: float) -> str:
    return (
        f"{where}: {what}; at {weight_kg:g} kg not even an anaesthetic with {DRUGS[drug]} takes more than "
        f"{for_weight(most, weight_kg):.4g} mg ({most.value:g} {most.unit}, {most.source}). {_whose(drug, model_id)} "
        "Check amounts and units (mg, h), or add --beyond-ceilings"
    )


def _whose(drug: Drug, model_id: str) -> str:
    """Which drug the model takes the table to be, and which models are of the other one."""
    others = [id for id, model in models.models().items() if model.drug != drug]
    other = next(candidate for candidate in DRUGS if candidate != drug)
    return (
        f"The model {model_id} is of {DRUGS[drug]}: if the table is of {DRUGS[other]}, name one of {', '.join(others)}."
    )


def _warning(
    where: str, at_once: tuple[float, float], hour: tuple[float, float], drug: Drug, model_id: str, weight_kg: float
) -> str:
    limits = [limit for limit in protocols.ceilings(drug).limits.values() if limit.route == "iv" and not limit.icu]
    passed = []
    for kind, (amount, begins), what in (
        (DoseKind.BOLUS, at_once, "at once"),
        (DoseKind.RATE, hour, "within an hour"),
    ):
        most = max((for_weight(limit.limit, weight_kg) for limit in limits if limit.of == kind), default=None)
        if most is not None and amount > most * (1 + 1e-9):
            passed.append(
                f"{amount:.4g} mg {what} from {begins:.4g} h, where courses for pain give {most:.4g} mg at most"
            )
    if not passed:
        return ""
    return f"{where}: an anaesthetic's dose: {'; '.join(passed)} ({weight_kg:g} kg). {_whose(drug, model_id)}"
