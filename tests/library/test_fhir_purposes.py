"""What a medicine of a foreign record was for: what is written, and how much speaks for pain where nothing is."""

from typing import Any

import pytest
from bundle_builder import ICD10, SNOMED, condition, read, request, resource, trial_of

from unwound import pathway, questions, therapies
from unwound.patient import Ask, Patient, Trial
from unwound.report import as_json
from unwound.terms import PurposeEvidence

NEUROPATHY = condition(ICD10, "G62.9", onsetDateTime="2019-01-01", recordedDate="2019-02-01")
EPILEPSY = condition(ICD10, "G40.9", onsetDateTime="2000-01-01")


def ordered(medicine: str = "gabapentin 300 MG Oral Capsule", **fields: Any) -> dict[str, Any]:
    return request(medicine, "active", authoredOn="2020-01-01", **fields)


def directions(text: str) -> dict[str, Any]:
    return {"dosageInstruction": [{"text": text}]}


# ---- what is written


@pytest.mark.parametrize(
    ("fields", "purpose"),
    [
        (directions("1 capsule three times a day for nerve pain"), "pain"),
        (directions("Take at night, for depression"), "depression"),
        (directions("1-0-1 gegen Nervenschmerzen"), "pain"),
        (directions("3 x daags 1 capsule voor zenuwpijn"), "pain"),
        (directions("1 gélule matin et soir pour douleurs neuropathiques"), "pain"),
        (directions("1 cápsula cada 8 horas para el dolor"), "pain"),
        (directions("1 capsule for 7 days"), None),
        (directions("1 capsule three times a day. Pain diary"), None),
        (directions("1 capsule for 7 days for pain"), "pain"),
        ({"dosageInstruction": [{"text": "x", "patientInstruction": "for the pain in your foot"}]}, "pain"),
        ({"dosageInstruction": [{"asNeededCodeableConcept": {"coding": [{"code": "22253000"}]}}]}, "pain"),
        ({"dosageInstruction": [{"asNeededCodeableConcept": {"text": "Schmerzen"}}]}, "pain"),
        ({"reasonCode": [{"coding": [{"system": ICD10, "code": "G50.0"}]}]}, "pain"),
        ({"reasonCode": [{"coding": [{"system": SNOMED, "code": "22253000"}]}]}, "pain"),
        ({"reasonCode": [{"text": "Neuropathische Schmerzen"}]}, "pain"),
        ({"reasonCode": [{"text": "pijn"}]}, "pain"),
        ({"reasonCode": [{"text": "Schmerzbehandlung"}]}, "pain"),
        ({"reasonCode": [{"text": "Kopfschmerzen"}]}, None),
        ({"reasonCode": [{"text": "keine Schmerzen"}]}, None),
        ({"reasonCode": [{"text": "geen pijn"}]}, None),
        ({"reasonCode": [{"text": "Dolor neuropático"}]}, "pain"),
        ({"reasonCode": [{"text": "no pain"}]}, None),
        ({"reasonCode": [{"text": "Epilepsy"}], **directions("for pain")}, None),
        ({"reasonCode": [{"text": "Depression"}], **directions("for pain")}, None),
        ({"reasonReference": [{"display": "Painful diabetic neuropathy"}]}, "pain"),
        ({"reasonCode": [{"text": "Migraine"}]}, None),
        ({"reasonCode": [{"text": "epilepsy, not for pain"}]}, None),
        ({"reasonCode": [{"text": "nicht gegen Schmerzen"}]}, None),
        ({"reasonCode": [{"text": "niet voor pijn"}]}, None),
        ({"reasonCode": [{"text": "pas pour la douleur"}]}, None),
        ({"reasonCode": [{"text": "no para el dolor"}]}, None),
        (directions("1 capsule three times a day, not for pain"), None),
    ],
)
def test_what_is_written_about_the_purpose_is_read(fields: dict[str, Any], purpose: str | None) -> None:
    assert trial_of(ordered(**fields)).purpose == purpose


# ---- how much speaks for pain


def seen(*resources: dict[str, Any]) -> tuple[PurposeEvidence, str]:
    """The class of evidence of the only trial, and its reason."""
    patient = read(*resources).patient
    ((case, _),) = therapies.judged(patient)
    return case.evidence.kind, case.evidence.because


def test_a_stated_purpose_is_stated() -> None:
    assert seen(ordered(reasonCode=[{"text": "Nerve pain"}]))[0] == PurposeEvidence.STATED


@pytest.mark.parametrize(
    ("medicine", "kind"),
    [
        ("oxycodone 10 mg", PurposeEvidence.BY_USE),
        ("tramadol 50 mg", PurposeEvidence.BY_USE),
        ("lidocaine 5% patch", PurposeEvidence.BY_USE),
        ("codeine 30 mg / paracetamol 500 mg", PurposeEvidence.BY_USE),
        ("methadone 10 mg", PurposeEvidence.OPEN),
        ("buprenorphine 8 mg / naloxone 2 mg", PurposeEvidence.OPEN),
        ("codeine 15 mg", PurposeEvidence.OPEN),
        ("gabapentin 300 mg", PurposeEvidence.OPEN),
        ("amitriptyline 25 mg", PurposeEvidence.OPEN),
    ],
)
def test_some_medicines_are_for_pain_by_their_use(medicine: str, kind: PurposeEvidence) -> None:
    assert seen(ordered(medicine))[0] == kind


def test_a_diagnosis_of_that_time_without_a_rival_makes_pain_probable() -> None:
    kind, because = seen(ordered(), NEUROPATHY)
    assert kind == PurposeEvidence.PROBABLE
    assert "not in the record: epilepsy" in because


@pytest.mark.parametrize(
    ("others", "kind"),
    [
        ([EPILEPSY], PurposeEvidence.OPEN),
        ([{**EPILEPSY, "onsetDateTime": "2024-01-01"}], PurposeEvidence.PROBABLE),
        ([condition(ICD10, "G40.9", "resolved", abatementDateTime="2005-01-01")], PurposeEvidence.PROBABLE),
        ([condition(ICD10, "G40.9", "resolved")], PurposeEvidence.OPEN),
        ([condition(ICD10, "G40.9", recordedDate="2024-01-01")], PurposeEvidence.OPEN),
        ([condition(ICD10, "G40.9", sure="refuted")], PurposeEvidence.PROBABLE),
        ([condition(ICD10, "G25.81", sure="provisional")], PurposeEvidence.OPEN),
        ([resource("Condition", code={"text": "Restless legs syndrome"})], PurposeEvidence.OPEN),
    ],
)
def test_a_rival_that_may_have_been_there_then_keeps_it_open(
    others: list[dict[str, Any]], kind: PurposeEvidence
) -> None:
    found = seen(ordered(), NEUROPATHY, *others)
    assert found[0] == kind
    assert ("it may have been for" in found[1]) == (kind == PurposeEvidence.OPEN)


def marked(**certainty: Any) -> dict[str, Any]:
    """Epilepsy as a German practice writes it, with the mark of how sure it is."""
    found = condition(ICD10, "G40.9")
    found["code"]["coding"][0]["extension"] = [
        {"url": "http://fhir.de/StructureDefinition/icd-10-gm-diagnosesicherheit", **certainty}
    ]
    return found


@pytest.mark.parametrize(
    ("rival", "kind"),
    [
        (marked(valueCoding={"code": "G"}), PurposeEvidence.OPEN),
        (marked(valueCoding={"code": "V"}), PurposeEvidence.OPEN),
        (marked(valueCoding={"code": "A"}), PurposeEvidence.PROBABLE),
        (marked(valueCode="A"), PurposeEvidence.PROBABLE),
        (condition(ICD10, "G40.9 A"), PurposeEvidence.PROBABLE),
        (resource("Condition", code={"text": "Family history of epilepsy"}), PurposeEvidence.PROBABLE),
    ],
)
def test_what_is_excluded_or_a_relatives_is_no_rival(rival: dict[str, Any], kind: PurposeEvidence) -> None:
    assert seen(ordered(), NEUROPATHY, rival)[0] == kind


@pytest.mark.parametrize(("mark", "purpose"), [("G", "pain"), ("A", None)])
def test_a_reason_that_was_excluded_is_none(mark: str, purpose: str | None) -> None:
    reason = condition(ICD10, f"G62.9 {mark}", onsetDateTime="2019-01-01") | {"id": "reason"}
    assert trial_of(ordered(reasonReference=[{"reference": "Condition/reason"}]), reason).purpose == purpose


@pytest.mark.parametrize(
    "diagnosis",
    [
        {**NEUROPATHY, "onsetDateTime": "2024-01-01", "recordedDate": "2024-01-01"},
        condition(ICD10, "G62.9", "resolved", onsetDateTime="2019-01-01", abatementDateTime="2019-06-01"),
        condition(ICD10, "G62.9"),
        condition(ICD10, "G62.9", sure="provisional", onsetDateTime="2019-01-01"),
    ],
)
def test_a_diagnosis_that_was_not_in_force_then_makes_nothing_probable(diagnosis: dict[str, Any]) -> None:
    assert seen(ordered(), diagnosis)[0] == PurposeEvidence.OPEN


def test_the_encounter_it_was_ordered_in_speaks_for_pain_and_states_nothing() -> None:
    visit = resource("Encounter", "visit", status="finished", reasonCode=[{"text": "Trigeminal neuralgia"}])
    order = ordered(encounter={"reference": "Encounter/visit"})
    kind, because = seen(order, visit)
    assert (kind, trial_of(order, visit).purpose) == (PurposeEvidence.PROBABLE, None)
    assert "Trigeminal neuralgia (the encounter) was known then" in because


def test_another_reason_is_shown_as_it_is_written() -> None:
    kind, because = seen(ordered(reasonCode=[{"text": "Epilepsy"}]), NEUROPATHY)
    assert (kind, because) == (PurposeEvidence.ANOTHER_REASON, "prescribed for Epilepsy; for pain too is not recorded")


def test_nothing_but_a_stated_purpose_counts_for_certain() -> None:
    def counts(purpose: str | None, pain_then: str) -> tuple[bool | None, bool | None]:
        trial = Trial(
            therapy="gabapentin",
            purpose=purpose,
            top_dose=1800,
            days=90,
            days_at_top=90,
            ongoing=False,
            stopped="no-effect",
            adherent=True,
            in_this_pain=True,
            pain_then=pain_then,
        )
        (entry,) = therapies.ledger(Patient(as_of="2026-11-21", trials=(trial,))).entries
        return entry.counts, entry.possible

    assert counts("pain", "") == (True, True)
    assert counts(None, "painful neuropathy") == (None, True)
    assert counts(None, "") == (None, True)


def test_the_class_of_evidence_stands_in_the_json() -> None:
    review = pathway.review(read(ordered("oxycodone 10 mg")).patient)
    (entry,) = as_json.as_json(review)["ledger"]
    assert entry["purpose"] == "by its use"


# ---- what stays out of the ledger


def test_simple_analgesics_low_dose_aspirin_and_bone_medicines_stay_out_and_are_counted() -> None:
    names = ("ibuprofen 400 mg", "Paracetamol 500 mg", "Aspirin 81 MG Oral Tablet", "alendronic acid 70 mg")
    ledger = therapies.ledger(read(*map(ordered, names), ordered("tramadol 50 mg")).patient)
    assert [entry.therapy for entry in ledger.entries] == ["tramadol"]
    assert len(ledger.left_out) == 4
    asked = questions.in_words
    assert not any("ibuprofen" in asked(id) for entry in ledger.entries for id in entry.ask)


@pytest.mark.parametrize(
    "matters",
    [{"purpose": "pain"}, {"purpose": None, "stopped": "side-effects"}, {"purpose": None, "relief_percent": 40}],
)
def test_they_come_in_when_they_matter(matters: dict[str, Any]) -> None:
    patient = Patient(as_of="2026-11-21", trials=(Trial(therapy="ibuprofen", **matters),))
    ledger = therapies.ledger(patient)
    assert (len(ledger.entries), ledger.left_out) == (1, ())


def test_bisphosphonates_matter_in_crps() -> None:
    patient = Patient(as_of="2026-11-21", trials=(Trial(therapy="alendronic acid", purpose=None),))
    assert therapies.ledger(patient).left_out
    assert not therapies.ledger(patient, ("crps_1",)).left_out


def test_the_purpose_of_several_medicines_of_one_class_is_asked_once() -> None:
    asks = [Ask(f"trial.{drug}.purpose", "", ("x",)) for drug in ("gabapentin", "pregabalin", "duloxetine")]
    days = [Ask(f"trial.{drug}.days", "", ("x",)) for drug in ("gabapentin", "pregabalin")]
    asked = questions.in_order([*asks, *days], ())
    together = [each.facts for each in asked if "trial.gabapentin.purpose" in each.facts]
    assert len(together) == 1
    assert "trial.pregabalin.purpose" in together[0]
    assert "trial.gabapentin.days" not in together[0]
