"""Whether a diagnosis counts: excluded, suspected, over, somebody else's; when it began; and what is not recognised."""

import json
from typing import Any

import pytest
from bundle_builder import AS_OF, ICD10, ICD11, SNOMED, Json, concept, condition, read, reasons, resource, value
from hypothesis import given
from hypothesis import strategies as st

from unwound import diagnoses, facts
from unwound.exchange.fhir import conditions
from unwound.exchange.fhir.chart import Chart

GM = "http://fhir.de/CodeSystem/bfarm/icd-10-gm"
MARK = "http://fhir.de/StructureDefinition/icd-10-gm-diagnosesicherheit"
MARKS = "https://fhir.kbv.de/CodeSystem/KBV_CS_SFHIR_ICD_DIAGNOSESICHERHEIT"


def marked(letter: str, at: str = "coding", shape: str = "valueCoding", code: str = "G35") -> Json:
    """A diagnosis with the German mark of certainty, at one of the places and in one of the shapes it is written."""
    said: Any = {"valueCoding": {"system": MARKS, "code": letter}, "valueCodeableConcept": concept(MARKS, letter)}
    extension = [{"url": MARK, shape: said.get(shape, letter)}]
    coded: Json = {"coding": [{"system": GM, "code": code}]}
    if at == "coding":
        coded["coding"][0]["extension"] = extension
    if at == "concept":
        coded["extension"] = extension
    return resource("Condition", code=coded, **({"extension": extension} if at == "resource" else {}))


def bare(**fields: Any) -> Json:
    return resource("Condition", **{"code": concept(ICD10, "G35"), **fields})


@pytest.mark.parametrize("at", ["coding", "concept", "resource"])
@pytest.mark.parametrize("shape", ["valueCoding", "valueCode", "valueString", "valueCodeableConcept"])
@pytest.mark.parametrize(("letter", "counts"), [("A", None), ("V", None), ("G", True), ("?", None)])
def test_the_german_mark_decides_wherever_it_stands(at: str, shape: str, letter: str, counts: bool | None) -> None:
    imported = read(marked(letter, at, shape))
    assert value(imported, "multiple_sclerosis") is counts
    assert bool(imported.problems) == (counts is None)


def test_zustand_nach_is_past_and_states_only_what_lasts() -> None:
    assert value(read(marked("Z", code="I63.9")), "stroke_history") is True
    assert value(read(marked("Z", code="G50.0")), "trigeminal_history") is None


@pytest.mark.parametrize("code", ["G35.9 A", "G35.9 V", "G35.9, V", "G35.9/A"])
def test_a_mark_behind_the_code_is_read(code: str) -> None:
    assert read(bare(code=concept(GM, code))).patient.facts == {}
    assert value(read(bare(code=concept(GM, "G35.9 G"))), "multiple_sclerosis") is True


@pytest.mark.parametrize(("mark", "counts"), [("A", None), ("V", None), ("G", True)])
def test_a_german_mark_may_stand_without_a_space(mark: str, counts: bool | None) -> None:
    assert value(read(bare(code=concept(GM, f"G35.9{mark}"))), "multiple_sclerosis") is counts
    assert value(read(bare(code=concept(GM, f"G35{mark}"))), "multiple_sclerosis") is counts
    # Elsewhere a letter at the end belongs to the code: A is the first encounter.
    assert value(read(bare(code=concept(ICD10, "T42.6X5A"))), "multiple_sclerosis") is None


def test_a_diagnosis_in_the_list_of_the_family_is_somebody_elses() -> None:
    imported = read(bare(category=[{"text": "Family History"}]))
    assert imported.patient.facts == {}
    assert "somebody else's (Family History)" in reasons(imported)


@pytest.mark.parametrize(
    "written",
    ["Refuted", "excluded", "Ausgeschlossen", "uitgesloten", "exclu", "descartado", "Suspected", "Verdacht", "xyz"],
)
def test_a_status_in_words_is_read_as_its_code(written: str) -> None:
    for status in ({"text": written}, {"coding": [{"display": written, "code": "x"}]}):
        assert read(bare(verificationStatus=status)).patient.facts == {}
    assert value(read(bare(verificationStatus={"text": "Confirmed"})), "multiple_sclerosis") is True


@pytest.mark.parametrize("written", ["Resolved", "geheilt", "opgelost", "résolu", "resuelto", "in remission", "xyz"])
def test_a_clinical_status_in_words_is_over_or_not_readable(written: str) -> None:
    over = read(bare(code=concept(ICD10, "I10"), clinicalStatus={"text": written}))
    assert over.patient.facts == {}
    assert ("could not be read" in reasons(over)) == (written == "xyz")
    there = read(bare(code=concept(ICD10, "I10"), clinicalStatus={"text": "Active"}))
    assert value(there, "hypertension") is True


@pytest.mark.parametrize(
    "phrase",
    [
        "No history of multiple sclerosis", "r/o MS", "rule out MS", "suspected MS", "?MS", "MS?", "MS – mother",
        "Family history of MS", "FHx MS", "MS (sister)", "multiple sclerosis, ruled out", "V.a. MS", "Verdacht auf MS",
        "Ausschluss MS", "MS ausgeschlossen", "kein Hinweis auf MS", "verdenking op MS", "geen MS", "MS bij moeder",
        "suspicion de SEP", "pas de SEP", "SEP chez la mère", "sospecha de EM", "sin EM", "madre con EM",
        "sospetta SM", "SM esclusa", "suspeita de EM", "EM excluída", "misstänkt MS", "mistanke om MS", "MS utelukket",
        "podejrzenie SM", "Absence de SEP", "ausencia de EM", "anamnesi familiare: SM", "ATCD familiaux de SEP",
    ],
)  # fmt: skip
def test_words_beside_a_code_take_it_back(phrase: str) -> None:
    for code in (
        {**concept(ICD10, "G35"), "text": phrase},
        {"coding": [{"system": ICD10, "code": "G35", "display": phrase}]},
    ):
        imported = read(bare(code=code, clinicalStatus=concept("x", "active")))
        assert imported.patient.facts == {}, phrase
        assert "not counted" in reasons(imported)


@pytest.mark.parametrize(
    ("code", "phrase", "fact"),
    [
        ("C85.9", "Non-Hodgkin lymphoma", "cancer"),
        ("I21.4", "Non-ST elevation (NSTEMI) myocardial infarction", "cardiovascular_risk_high"),
        ("G43.009", "Migraine without aura, not intractable, without status migrainosus", "migraine_attacks"),
        ("E10.37X1", "Type 1 diabetes with macular oedema, resolved following treatment, right eye", "diabetes"),
        ("O09.291", "Supervision of pregnancy with other poor reproductive history", "pregnant"),
        ("Z39.1", "Care and examination of lactating mother", "breastfeeding"),
        ("Z91.81", "History of falling", "falls_history"),
        ("Z85.3", "Personal history of malignant neoplasm of breast", "cancer"),
        ("E11.9", "Nicht primär insulinabhängiger Diabetes mellitus [Typ-2-Diabetes]", "diabetes"),
        ("E11.9", "Niet-insulineafhankelijke diabetes mellitus", "diabetes"),
        ("G40.A09", "Absence epilepsy", "seizure_disorder"),
    ],
)
def test_the_words_of_a_title_take_nothing_back(code: str, phrase: str, fact: str) -> None:
    imported = read(bare(code={**concept(ICD10, code), "text": phrase}))
    assert value(imported, fact) is True


@pytest.mark.parametrize(
    ("code", "over"),
    [("F33.42", "depression_diagnosed"), ("F32.5", "depression_diagnosed"), ("F10.21", "substance_use_active"),
     ("F10.11", "substance_use_active"), ("F11.91", "substance_use_active"), ("F31.74", "mania_active_or_recent")],
)  # fmt: skip
def test_remission_is_no_present_disease(code: str, over: str) -> None:
    assert value(read(condition(ICD10, code)), over) is None


def test_remission_is_still_a_history() -> None:
    assert value(read(condition(ICD10, "F10.21")), "substance_use_history") is True
    assert value(read(condition(ICD10, "F31.74")), "bipolar_disorder") is True


def known(fact: str, *entries: Json) -> object:
    return facts.known(read(*entries).patient, fact)


def test_the_onset_decides_what_is_recent_not_the_day_it_was_written_down() -> None:
    old = condition(ICD10, "I21.9", onsetDateTime="2012-03-01", recordedDate="2026-11-01")
    new = condition(ICD10, "I21.9", onsetDateTime="2026-10-01", recordedDate="2026-11-01")
    assert known("myocardial_infarction_recent", old) is None
    assert known("myocardial_infarction_recent", new) is not None
    assert value(read(old), "cardiovascular_risk_high") is True


@pytest.mark.parametrize(
    ("onset", "day"),
    [
        ({"onsetPeriod": {"start": "2012-03-01"}}, "2012-03-01"),
        ({"onsetString": "2012"}, "2012-01-01"),
        ({"onsetString": "since 2012-03"}, "2012-03-01"),
        ({"onsetAge": {"value": 30, "code": "a"}}, "2010-05-05"),
        ({"onsetString": "at 30"}, "2010-05-05"),
        ({"onsetString": "age 30 years"}, "2010-05-05"),
        ({"onsetRange": {"low": {"value": 30, "unit": "years"}, "high": {"value": 32, "unit": "years"}}}, "2010-05-05"),
    ],
)
def test_every_shape_of_an_onset_is_read_against_the_day_of_birth(onset: Json, day: str) -> None:
    entry = condition(ICD10, "I21.9", recordedDate="2026-11-01", **onset)
    assert str(read(entry).patient.facts["myocardial_infarction_recent"].on)[:7] == day[:7]
    assert known("myocardial_infarction_recent", entry) is None


@pytest.mark.parametrize("onset", [{"onsetString": "in childhood"}, {"onsetDateTime": "01/03/2016"}, {"onsetAge": {}}])
def test_an_onset_that_cannot_be_read_is_said_and_the_diagnosis_undated(onset: Json) -> None:
    imported = read(condition(ICD10, "I21.9", recordedDate="2026-11-01", **onset))
    assert imported.patient.facts["myocardial_infarction_recent"].on is None
    assert "could not be read" in reasons(imported)


def test_a_year_that_may_be_recent_is_no_day() -> None:
    imported = read(condition(ICD10, "I21.9", onsetDateTime="2026"))
    assert imported.patient.facts["myocardial_infarction_recent"].on is None


def test_active_and_ended_contradict_each_other_and_a_future_end_does_not() -> None:
    both = read(condition(ICD10, "I10", abatementDateTime="2020-01-01"))
    assert both.patient.facts == {}
    assert "but ended" in reasons(both)
    assert value(read(condition(ICD10, "I10", abatementDateTime="2027-01-01")), "hypertension") is True
    assert value(read(condition(ICD10, "I10", abatementBoolean=False)), "hypertension") is True


def test_a_suicide_attempt_counts_within_three_months_and_asks_beyond() -> None:
    fact = "suicidal_behaviour_3_months"
    assert value(read(condition(ICD10, "T14.91XA", onsetDateTime="2026-10-01")), fact) is True
    for entry in (condition(ICD10, "T14.91XA", onsetDateTime="2019-10-01"), condition(ICD10, "Z91.51")):
        imported = read(entry)
        assert value(imported, fact) is None
        assert "three months" in reasons(imported)


@pytest.mark.parametrize(
    ("system", "code", "fact"),
    [
        (ICD10, "E05.90", "thyrotoxicosis"), (ICD10, "H40.1131", "intraocular_pressure_raised"),
        (ICD10, "N18.6", "dialysis"), (ICD10, "B02.9", "shingles_in_pain_area"),
        (ICD10, "F16.10", "ketamine_misuse_history"), (GM, "E11.40", "polyneuropathy_diagnosed"),
    ],
)  # fmt: skip
def test_a_diagnosis_that_raises_a_question_puts_it_and_answers_nothing(system: str, code: str, fact: str) -> None:
    imported = read(condition(system, code))
    assert value(imported, fact) is None
    assert facts.vocabulary()[fact].ask in reasons(imported)
    assert reasons(read(condition(system, code, "resolved"))) == ""


@pytest.mark.parametrize(
    ("code", "american", "german"),
    [("I70.22", "limb_ischaemia_signs", None), ("I70.23", "limb_ischaemia_signs", "limb_ischaemia_signs"),
     ("E11.40", "polyneuropathy_diagnosed", None)],
)  # fmt: skip
def test_five_characters_mean_another_thing_in_germany(code: str, american: str, german: str | None) -> None:
    assert value(read(condition(ICD10, code)), american) is True
    assert value(read(condition(GM, code)), american) is (True if german else None)


FAULT_2 = [
    (ICD10, "E05.90", "thyrotoxicosis"), (ICD10, "F33.3", "psychosis_history"), (ICD10, "F31.63", "bipolar_disorder"),
    (ICD10, "I60.9", "intracerebral_haemorrhage_history"), (ICD10, "I62.00", "intracerebral_haemorrhage_history"),
    (ICD10, "K76.6", "cirrhosis"), (ICD10, "K75.4", "liver_disease_chronic"),
    (ICD10, "G91.9", "intracranial_pressure_raised"), (ICD10, "F10.10", "substance_use_active"),
    (ICD10, "F16.10", "substance_use_active"), (ICD10, "T14.91XA", "suicidal_behaviour_3_months"),
    (ICD10, "Z3A.20", "pregnant"), (ICD10, "O24.410", "pregnant"), (ICD10, "H40.1131", "intraocular_pressure_raised"),
    (ICD10, "N18.6", "dialysis"), (ICD10, "I25.41", "aneurysm_or_vascular_malformation"),
    (ICD10, "I16.1", "hypertension"),
    (SNOMED, "34486009", "thyrotoxicosis"), (SNOMED, "19943007", "cirrhosis"),
    (SNOMED, "274100004", "intracerebral_haemorrhage_history"),
    (SNOMED, "67362008", "aneurysm_or_vascular_malformation"),
    (SNOMED, "69322001", "psychosis_history"), (SNOMED, "13746004", "bipolar_disorder"),
    (SNOMED, "52448006", "delirium_or_dementia"), (SNOMED, "392291006", "glaucoma_narrow_angle"),
    (SNOMED, "46177005", "dialysis"), (SNOMED, "31681005", "trigeminal_history"),
    (SNOMED, "2177002", "shingles_in_pain_area"), (SNOMED, "84114007", "cardiovascular_risk_high"),
    (SNOMED, "254637007", "cancer"), (SNOMED, "7200002", "substance_use_active"),
]  # fmt: skip


@pytest.mark.parametrize(("system", "code", "fact"), FAULT_2)
def test_what_stops_is_stated_or_asked(system: str, code: str, fact: str) -> None:
    says = conditions.meaning_of(concept(system, code))
    assert fact in says.states + says.asks


def test_what_no_list_knows_is_said_and_what_bears_on_nothing_is_not() -> None:
    chart = Chart(as_of=AS_OF)
    assert not conditions.read(bare(code=concept(SNOMED, "999999999", "A strange thing")), chart)
    assert not conditions.read(bare(code=concept(SNOMED, "444814009", "Viral sinusitis")), chart)
    assert not conditions.read(bare(code=concept(ICD10, "Q99.9")), chart)
    (left,) = chart.account.unread()
    assert (left.what, left.reason) == ("diagnoses", "not recognised")
    assert left.names == (("A strange thing", 1), ("Q99.9", 1))


def test_the_longest_beginning_decides() -> None:
    """Beside the index: every beginning of every set, tried one by one."""

    def slowly(code: str) -> set[str]:
        plain, best = code.replace(".", ""), {}
        for file in diagnoses.files().values():
            for codes in (s for s in file.sets if s.system in ("ICD-10", "ICD-10-CM")):
                for listed, says in ((codes.codes, codes.says), (codes.besides, "nothing")):
                    for beginning in (c.replace(".", "") for c in listed):
                        if plain.startswith(beginning):
                            order = (len(beginning), codes.system)
                            if order >= best.get(codes.fact, ((0, ""), ""))[0]:
                                best[codes.fact] = (order, says)
        return {fact for fact, (_, says) in best.items() if says == "yes"}

    for code in ("F33.41", "F33.42", "F10.21", "G91.2", "I70.22", "O99.345", "O99.341", "K72.0", "G44.03", "D57.3"):
        assert set(diagnoses.meaning("ICD-10-CM", code).states) == slowly(code), code


OID = "urn: oid: 2.16.840.1.113883.6.96"
codes = st.sampled_from(
    [(ICD10, "G35"), (ICD10, "I63.9"), (ICD11, "8A40.0"), (SNOMED, "24700007"), (OID, "24700007"), (GM, "I21.0")]
)
refusals = st.sampled_from(
    [
        {"verificationStatus": concept("x", "refuted")},
        {"verificationStatus": {"text": "Ruled out"}},
        {"verificationStatus": {"coding": [{"code": "zz", "display": "Ausgeschlossen"}]}},
        {"extension": [{"url": MARK, "valueCoding": {"code": "A"}}]},
        {"extension": [{"url": MARK.replace("http:", "https:"), "valueCode": "V"}]},
        {"text": "No evidence of this"},
        {"text": "?this"},
        {"text": "this, father"},
        {"text": "Familienanamnese: dies"},
    ]
)
rest = st.fixed_dictionaries(
    {},
    optional={
        "clinicalStatus": st.sampled_from([concept("x", "active"), {"text": "Active"}]),
        "recordedDate": st.just("2026-11-01"),
        "onsetDateTime": st.just("2026-10-01"),
    },
)


@given(codes, refusals, rest)
def test_what_is_excluded_suspected_or_somebody_elses_never_states_a_fact(
    code: tuple[str, str], refusal: Json, rest: Json
) -> None:
    fields = {key: stated for key, stated in refusal.items() if key != "text"}
    coded = {**concept(*code), **({"text": refusal["text"]} if "text" in refusal else {})}
    chart = Chart(as_of=AS_OF)
    assert conditions.read(json.loads(json.dumps(bare(code=coded, **fields, **rest))), chart) is False
    assert chart.facts() == {}
