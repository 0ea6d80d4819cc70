"""Medicines beside each other and beside the patient's state: what is taken together, and what a new one would meet."""

from __future__ import annotations

from datetime import date

import pytest
from tried import someone, steps

from unwound import cautions, derive, facts, pathway, therapies
from unwound.candidacy import Verdict
from unwound.conditions import conditions
from unwound.patient import Medication, Patient, Trial

TRIGEMINAL = conditions()["trigeminal_neuralgia"].ladder
MEDICINES = [id for id, therapy in therapies.therapies().items() if therapy.group in ("drug", "topical", "opioid")]


def taking(*names: str, complete: bool | None = None, trials: tuple[Trial, ...] = ()) -> Patient:
    known = {} if complete is None else {"medication_list_complete": complete}
    return derive.derive(someone(*trials, medications=tuple(Medication(drug=name) for name in names), **known))


def together(*names: str) -> list[str]:
    return [finding.id for finding in cautions.screen(taking(*names)) if finding.id.startswith("together_")]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("phenelzine", "sertraline", "tramadol"), {"together_maoi_serotonergic", "together_three_serotonergic"}),
        (("linezolid", "Zoloft"), {"together_maoi_serotonergic"}),
        (("phenelzine",), set()),
        (("sertraline", "tramadol"), set()),
        (("sertraline", "tramadol", "amitriptyline"), {"together_three_serotonergic"}),
        (("sertraline", "Zoloft", "sertraline 50 mg"), set()),
        (("morphine", "diazepam"), {"together_opioid_benzodiazepine"}),
        (("morphine", "Lyrica"), {"together_opioid_gabapentinoid"}),
        (("morphine", "temazepam", "gabapentin"), {"together_opioid_benzodiazepine", "together_opioid_gabapentinoid"}),
        (("methadone", "citalopram"), {"together_qt"}),
        (("methadone",), set()),
        (("carbamazepine", "Eliquis"), {"together_inducer_doac"}),
        (("carbamazepine", "warfarin"), set()),
        (("oxcarbazepine", "desogestrel"), {"together_inducer_contraceptive"}),
        (("amitriptyline", "paroxetine"), {"together_tricyclic_cyp2d6"}),
        (("codeine", "bupropion"), {"together_weak_opioid_cyp2d6"}),
        (("phenelzine", "dexamfetamine"), {"together_maoi_stimulant"}),
        (("lamotrigine", "valproate"), {"together_lamotrigine_valproate"}),
    ],
)
def test_what_is_dangerous_together_is_a_finding_of_its_own(names: tuple[str, ...], expected: set[str]) -> None:
    assert expected <= set(together(*names))
    if not expected:
        assert not together(*names)


def test_what_is_dangerous_together_is_said_before_the_other_interactions_and_stops_nothing_by_itself() -> None:
    findings = cautions.screen(taking("phenelzine", "sertraline", "tramadol"))
    interactions = [finding for finding in findings if finding.kind == "interaction" and finding.holds]
    interactions = [
        finding for finding in interactions if finding.id != "opioid_dose_unknown"
    ]  # a question, of its dose
    assert interactions[0].id.startswith("together_")
    assert all(finding.level != "stop" for finding in interactions)
    first_note = next(place for place, finding in enumerate(interactions) if finding.level == "note")
    assert all(finding.id.startswith("together_") for finding in interactions[:first_note])
    assert all(finding.action for finding in interactions)


def test_an_incomplete_list_never_clears_a_pair() -> None:
    assert taking("sertraline", "tramadol").value("takes_three_serotonergic") is None
    assert taking("sertraline", "tramadol", complete=True).value("takes_three_serotonergic") is False
    assert taking("sertraline", "tramadol", "zorplaxin", complete=True).value("takes_three_serotonergic") is None


def test_an_ongoing_trial_counts_beside_the_medicines() -> None:
    now = Trial(therapy="duloxetine", ongoing=True)
    patient = taking("sertraline", "tramadol", trials=(now,))
    assert patient.value("takes_three_serotonergic") is True


def test_carbamazepine_is_not_for_who_takes_apixaban_and_oxcarbazepine_warns() -> None:
    offered = steps(taking("apixaban"), "trigeminal_neuralgia", ladder=TRIGEMINAL)
    assert offered["carbamazepine"].line == "unsuitable"
    assert any("anticoagulant" in reason.text for reason in offered["oxcarbazepine"].against)
    warfarin = steps(taking("warfarin"), "trigeminal_neuralgia", ladder=TRIGEMINAL)["carbamazepine"]
    assert (warfarin.line, any("INR" in reason.text for reason in warfarin.against)) == ("first", True)


def test_porphyria_takes_both_out_and_the_tricyclics_warn() -> None:
    offered = steps(someone(porphyria=True), "trigeminal_neuralgia", ladder=TRIGEMINAL)
    assert {offered[id].line for id in ("carbamazepine", "oxcarbazepine")} == {"unsuitable"}
    assert any("porphyria" in reason.text for reason in steps(someone(porphyria=True))["amitriptyline"].against)


@pytest.mark.parametrize(
    ("qtc", "line", "warned"), [(449, "first", False), (450, "first", True), (500, "unsuitable", True)]
)
def test_a_long_qt_speaks_against_tricyclics(qtc: float, line: str, warned: bool) -> None:
    step = steps(someone(qtc_ms=qtc))["amitriptyline"]
    assert (step.line, any("QTc" in reason.text for reason in step.against)) == (line, warned)


@pytest.mark.parametrize(
    ("medicine", "therapy", "word"),
    [
        ("fluoxetine", "nortriptyline", "CYP2D6"),
        ("fluoxetine", "tramadol", "CYP2D6"),
        ("citalopram", "amitriptyline", "QT interval"),
        ("rifampicin", "strong_opioids", "methadone"),
        ("ethinylestradiol", "carbamazepine", "contraception"),
        ("valproate", "lamotrigine", "valproate"),
        ("pregabalin", "strong_opioids", "gabapentinoid"),
    ],
)
def test_what_is_taken_speaks_against_what_is_new(medicine: str, therapy: str, word: str) -> None:
    ladder = TRIGEMINAL if therapy in ("carbamazepine", "lamotrigine") else None
    step = steps(taking(medicine), ladder=ladder)[therapy]
    assert any(word in reason.text for reason in step.against), step.against


@pytest.mark.parametrize("therapy", MEDICINES)
@pytest.mark.parametrize("state", ["pregnant", "pregnancy_possible", "pregnancy_planned", "breastfeeding"])
def test_each_medicine_says_what_is_known_in_pregnancy_and_breast_feeding(therapy: str, state: str) -> None:
    entry = therapies.therapies()[therapy]
    ladder = TRIGEMINAL if therapy in ("carbamazepine", "oxcarbazepine", "lamotrigine", "baclofen") else None
    condition = entry.only_for[:1]
    step = steps(someone(**{state: True}), *condition, ladder=ladder)[therapy]
    word = "breast-feeding" if state == "breastfeeding" else "pregnancy"
    assert any(reason.text.startswith(word) for reason in step.against), step.against


@pytest.mark.parametrize("therapy", ["duloxetine", "venlafaxine", "amitriptyline", "gabapentin", "tramadol"])
def test_falls_speak_against_every_medicine_the_criteria_name(therapy: str) -> None:
    assert any("falls" in reason.text for reason in steps(someone(falls_history=True))[therapy].against)


def test_the_list_of_medicines_is_asked_for_once_and_not_class_by_class() -> None:
    asked = steps(someone())["amitriptyline"].ask
    assert "medication_list_complete" in asked
    assert not [id for id in asked if id.startswith("takes_")]


def test_a_list_known_to_lack_something_is_not_asked_for_again_but_the_medicines_are() -> None:
    asked = steps(someone(medication_list_complete=False))["amitriptyline"].ask
    assert "medication_list_complete" not in asked
    assert [id for id in asked if id.startswith("takes_")]


def test_a_pair_that_is_dangerous_does_not_decide_about_ketamine() -> None:
    without = pathway.review(taking("morphine")).candidacy
    with_both = pathway.review(taking("morphine", "diazepam")).candidacy
    assert without.verdict == with_both.verdict
    assert with_both.verdict in set(Verdict)


@pytest.mark.parametrize("name", ["methadone 10 mg", "Spravato 56 mg", "Namenda", "Nuedexta", "levorphanol"])
def test_a_medicine_of_a_class_is_named_as_it_was_written_and_not_another_of_the_class(name: str) -> None:
    # One after the other, so that no answer which is kept names the medicine of somebody else.
    (finding,) = (each for each in cautions.screen(taking(name)) if each.id == "takes_nmda_antagonist")
    assert finding.because == (f"takes another NMDA antagonist: {name}",)


def test_every_question_on_a_class_names_what_is_taken() -> None:
    patient = taking("Seroxat 20 mg", "Oramorph")
    holding = [id for id, fact in patient.facts.items() if facts.vocabulary()[id].classes and fact.value is True]
    assert {"takes_opioid", "takes_cyp2d6_inhibitor", "takes_serotonergic"} <= set(holding)
    for id in holding:
        assert facts.says(id, patient.facts[id]).endswith(
            (": Seroxat 20 mg", ": Oramorph", ": Seroxat 20 mg, Oramorph")
        )


UNBORN = ("pregnancy_antiseizure", "pregnancy_other_medicines", "pregnancy_possible_antiseizure")


@pytest.mark.parametrize(
    ("taken", "known", "expected"),
    [
        ("topiramate", {"pregnant": True}, "pregnancy_antiseizure"),
        ("Depakote", {"pregnant": True}, "pregnancy_antiseizure"),
        ("Tegretol", {"pregnant": True}, "pregnancy_antiseizure"),
        ("primidone", {"pregnant": True}, "pregnancy_antiseizure"),
        ("ramipril", {"pregnant": True}, "pregnancy_other_medicines"),
        ("warfarin", {"pregnant": True}, "pregnancy_other_medicines"),
        ("methotrexate", {"pregnant": True}, "pregnancy_other_medicines"),
        *(
            (name, {"pregnant": True}, "pregnancy_antiseizure")
            for name in ("valpromide", "Orfiril", "Timonil", "Qsymia")
        ),
        *((name, {"pregnant": True}, "pregnancy_other_medicines") for name in ("Entresto", "aliskiren", "carbimazole")),
        *((name, {"pregnant": True}, "pregnancy_other_medicines") for name in ("tamoxifen", "Gilenya", "siponimod")),
        *(
            (name, {"pregnant": True}, "pregnancy_other_medicines")
            for name in ("lithium", "doxycycline", "testosterone")
        ),
        ("propylthiouracil", {"pregnant": True}, ""),
        ("lamotrigine", {"pregnant": True}, ""),
        ("levetiracetam", {"pregnant": True}, ""),
        ("topiramate", {"pregnant": False, "pregnancy_possible": True}, "pregnancy_possible_antiseizure"),
        ("topiramate", {"pregnant": False, "pregnancy_possible": False}, ""),
    ],
)
def test_what_harms_an_unborn_child_and_is_taken_already_is_said(
    taken: str, known: dict[str, bool], expected: str
) -> None:
    patient = Patient(as_of=date(2026, 11, 21), medications=(Medication(drug=taken),)).knowing(**known)
    arising = [each.id for each in cautions.screen(derive.derive(patient)) if each.id in UNBORN]
    assert arising == [expected][: bool(expected)]
