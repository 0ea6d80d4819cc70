"""A patient ready for coordination: the example of CRPS after a wrist fracture in the small clinic, with a decision."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from django.utils import timezone
from kept_rows import kept
from small_clinic import House

from unwound.exchange import case_file
from unwound.patient import Patient as Known
from unwound_clinic.models import Decision, Patient, Stage
from unwound_clinic.record import review as record_review
from unwound_clinic.record import translate as record_translate
from unwound_clinic.record.actions import entries as record_entries
from unwound_clinic.record.entries import New

WREN = Path(__file__).parents[2] / "unwound" / "examples" / "crps_after_wrist_fracture.toml"
COURSE = "crps_ketamine_10_days"
OTHER_COURSE = "crps_ketamine_5_days"


@cache
def wren() -> Known:
    return case_file.read_case(WREN.read_bytes(), WREN.name).patient


def known(house: House, **changed: object) -> Patient:
    """The house's patient with everything known of Testcase Wren (in each process once for what is changed)."""
    kept(f"known {changed}", lambda: _known(house, changed))
    house.patient.refresh_from_db()
    return house.patient


def _known(house: House, changed: Mapping[str, object]) -> None:
    case = wren()
    values = {id: one.model_dump(mode="json")["value"] for id, one in case.facts.items()}
    entries = [record_translate.new_fact(id, value, case.as_of) for id, value in {**values, **changed}.items()]
    for number, trial in enumerate(case.trials):
        entries.append(
            record_translate.new_trial(
                str(number), trial.model_dump(mode="json", exclude_defaults=True, exclude={"origin"})
            )
        )
    for form in case.answers:
        entries.append(
            record_translate.new_answers(
                {"instrument": form.instrument, "items": list(form.items)}, form.on or case.as_of
            )
        )
    entries += [
        New(kind="medication", key="paracetamol", value={"drug": "paracetamol"}),
        New(kind="allergy", key="penicillin", value={"substance": "penicillin"}),
    ]
    record_entries.enter(by=house.by("nurse"), patient=house.patient, entries=tuple(entries))


def decided(house: House, decision: str = "candidate", *, advised: str = "candidate", **changed: object) -> Patient:
    """The same with a signed decision (in each process once for what is decided and changed)."""
    kept(f"decided {decision} {advised} {changed}", lambda: _decided(house, decision, advised, changed))
    house.patient.refresh_from_db()
    return house.patient


def _decided(house: House, decision: str, advised: str, changed: Mapping[str, object]) -> None:
    patient = known(house, **changed)
    reviewed = record_review.review_of(patient, wren().as_of)
    review = reviewed.review
    Decision.objects.create(
        patient=patient,
        known={},
        shown=record_review.content(reviewed, changes=False),
        version=review.version,
        data_fingerprint=review.data_fingerprint,
        advised=advised,
        decided=decision,
        indication=review.candidacy.indication,
        signed_by=house.users["physician"],
        signed_at=timezone.now(),
    )
    patient.stage = Stage.CONSENT
    patient.save()
