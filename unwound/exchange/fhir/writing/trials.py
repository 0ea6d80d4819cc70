"""Treatments that were tried: a MedicationStatement for a drug, a Procedure for what is none."""

from __future__ import annotations

from unwound import drugs
from unwound.exchange.fhir.writing.words import (
    Resource,
    a_day,
    coded,
    day,
    extensions,
    id_of,
    present,
    resource,
    system,
)
from unwound.patient import Trial
from unwound.therapies import therapies


def trial(known: Trial, patient: str, place: int, occurrence: int = 0) -> Resource:
    """One trial. `place` is where it stands in the record; `occurrence` tells those of one therapy and start apart."""
    own = id_of(patient, "trial", known.therapy, known.start, occurrence)
    listed = therapies().get(known.therapy)
    name = coded(system("therapy"), known.therapy, listed.title if listed else "", known.therapy)
    is_drug = known.therapy in drugs.drugs() or known.top_dose is not None or listed is None
    ended = "stopped" if known.stopped else "completed"
    why = coded(system("stopped"), known.stopped.value) if known.stopped else None
    shared = {
        "extension": _beside(known, place),
        "status": {True: "active" if is_drug else "in-progress", False: ended, None: "unknown"}[known.ongoing],
        "reasonCode": [coded(system("purpose"), known.purpose.value)] if known.purpose else None,
        "note": [{"text": known.note}] if known.note else None,
    }
    period = present({"start": day(known.start), "end": day(known.end)})
    if not is_drug:
        return resource(
            "Procedure",
            "trial",
            own,
            patient,
            code=name,
            performedPeriod=period,
            statusReason=why,
            **shared,
        )
    unit = listed.unit.removesuffix("/day") if listed else ""
    return resource(
        "MedicationStatement",
        "trial",
        own,
        patient,
        medicationCodeableConcept=name,
        effectivePeriod=period,
        statusReason=[why] if why else None,
        dosage=[{"text": "the highest dose held", "maxDosePerPeriod": a_day(known.top_dose, unit)}]
        if known.top_dose is not None
        else None,
        **shared,
    )


def _beside(known: Trial, place: int) -> list[Resource]:
    """What FHIR has no element for."""
    return extensions(
        place=place,
        ordered=known.ordered,
        days=known.days,
        days_at_top=known.days_at_top,
        relief_percent=known.relief_percent,
        effect=known.effect,
        dose_limited=known.dose_limited_by_side_effects,
        side_effects=known.side_effects,
        adherent=known.adherent,
        pain=known.pains,
        in_this_pain=known.in_this_pain,
        prescribed_for=known.prescribed_for,
        pain_then=known.pain_then,
        rival=known.rivals,
    )
