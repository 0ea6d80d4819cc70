"""What was tried, however it is written: several substances, doses in a name, procedures in common words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tried import failed, someone, tried

from unwound import drugs, pathway, therapies
from unwound.catalogue import load
from unwound.exchange import case_file
from unwound.patient import Medication, Trial
from unwound.therapies import knowledge, written_doses


@pytest.mark.parametrize(
    ("written", "therapy"),
    [
        ("spinal cord stimulator", "spinal_cord_stimulation"),
        ("Spinal cord stimulator, trial lead 2022", "spinal_cord_stimulation"),
        ("DRG stimulator", "dorsal_root_ganglion_stimulation"),
        ("physio", "physical_therapy"),
        ("Physiotherapy x 6 sessions", "physical_therapy"),
        ("epidural steroid", "nerve_block"),
        ("methylprednisolone epidural injection", "nerve_block"),
        ("prednisolone", "corticosteroid_course"),
        ("stellate block", "sympathetic_block"),
        ("CBT", "psychological_therapy"),
        ("cbt-i", "sleep"),
        ("gralise", "gabapentin"),
        ("duloxetine 60mg od", "duloxetine"),
        ("lidocaine patch", "lidocaine_plaster"),
        ("lumbar microdiscectomy 2019", "cause_directed"),
        ("L5 hemilaminectomy", "cause_directed"),
        ("surgical neurolysis of the ulnar nerve", "cause_directed"),
        ("ACT", "psychological_therapy"),
        ("mindfulness", "psychological_therapy"),
        ("graded motor imagery", "graded_motor_imagery"),
        ("mirror visual feedback", "graded_motor_imagery"),
        ("occupational therapy", "physical_therapy"),
        ("DRG-S", "dorsal_root_ganglion_stimulation"),
        ("botox injections", "botulinum_toxin"),
        ("TFESI L5", "nerve_block"),
        ("occipital nerve stimulator", None),
        ("intrathecal morphine pump", None),
        ("baclofen pump", None),
        ("epidural blood patch", None),
        ("cortisone injection", None),
        ("lumbar fusion L4/5", None),
        ("lidocaine infusion", None),
        ("sleeping tablets", None),
        ("crystal healing", None),
    ],
)
def test_common_words_find_their_therapy(written: str, therapy: str | None) -> None:
    assert knowledge.therapy_of(written) == therapy


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("TENS machine", "TENS"),
        ("IV lidocaine", "intravenous lidocaine"),
        ("acupuncture", "acupuncture"),
        ("pulsed radiofrequency", "radiofrequency treatment"),
        ("RF ablation L5", "radiofrequency treatment"),
        ("pulsed RF", "radiofrequency treatment"),
        ("laminectomy and fusion", "spinal fusion"),
        ("ACDF C5/6", "spinal fusion"),
        ("phenol neurolysis", "destroying a nerve by injection or cold"),
        ("medical cannabis", "cannabis medicine"),
        ("CBD oil", "cannabis medicine"),
        ("nabilone 1 mg", "cannabis medicine"),
        ("dronabinol", "cannabis medicine"),
        ("Sprint PNS", "peripheral nerve stimulation"),
        ("intrathecal baclofen", "intrathecal pump"),
        ("neurostimulator", "a stimulator of a kind that is not said"),
    ],
)
def test_what_is_known_by_name_is_recognised_and_not_judged(written: str, name: str) -> None:
    (entry,) = therapies.ledger(someone(tried(written, relief_percent=0, days=90))).entries
    assert (entry.title, entry.verdict) == (name, "cannot-tell")
    assert entry.because[0].startswith("recognised, not judged")
    assert entry.counts is not True


def test_two_words_for_one_unjudged_treatment_are_one_row() -> None:
    assert len(therapies.ledger(someone(tried("TENS"), tried("tens unit"))).entries) == 1


@pytest.mark.parametrize("written", ["pregabalin/nortriptyline", "Pregabid NT", "nortriptyline + pregabalin"])
def test_each_part_of_a_combination_is_a_trial_and_its_dose_is_asked(written: str) -> None:
    whole = failed("pregabalin", days=200).model_copy(update={"therapy": written})
    entries = therapies.ledger(someone(whole)).entries
    assert [entry.therapy for entry in entries] == ["nortriptyline", "pregabalin"]
    assert {entry.ask for entry in entries} == {("trial.nortriptyline.top_dose",), ("trial.pregabalin.top_dose",)}
    now = therapies.ledger(someone(medications=(Medication(drug=written, dose_mg_per_day=75),))).entries
    assert {entry.therapy for entry in now} == {"nortriptyline", "pregabalin"}


def test_an_antidepressant_with_a_benzodiazepine_is_read_as_both() -> None:
    assert drugs.ingredients(text="Limbitrol") == ("amitriptyline", "chlordiazepoxide")
    (entry,) = therapies.ledger(someone(tried("Limbitrol"))).entries
    assert entry.therapy == "amitriptyline"


@pytest.mark.parametrize(
    ("written", "mg"),
    [
        ("duloxetine 60mg od", 60),
        ("gabapentin 300 mg tds", 900),
        ("gabapentin 3 x 300 mg", 900),
        ("Lyrica 150mg b.d.", 300),
        ("nortriptyline 25mg nocte", 25),
        ("gabapentin 900 mg/day", 900),
        ("amitriptyline 25 mg three times a day", 75),
        ("pregabalin 75 mg", None),
        ("tramadol 50 mg prn qds", None),
        ("gabapentin 300 mg 2 capsules tds", None),
        ("pregabalin/nortriptyline 75 mg od", None),
    ],
)
def test_a_daily_dose_in_a_name_is_read_only_where_it_is_plain(written: str, mg: float | None) -> None:
    assert written_doses.dose_in(written) == mg
    ((case, _), *_) = therapies.judged(someone(tried(written)))
    assert case.trial.top_dose == mg


def _case(trial: str) -> Trial:
    text = f'title = "Testcase"\nas_of = 2026-11-21\n[[trials]]\n{trial}\n'
    return case_file.read_case(text, "case.toml").patient.trials[0]


def test_a_case_file_keeps_the_dose_of_a_name_and_the_words_of_a_procedure() -> None:
    assert (_case('therapy = "duloxetine 60mg od"').therapy, _case('therapy = "duloxetine 60mg od"').top_dose) == (
        "duloxetine",
        60,
    )
    assert _case('therapy = "duloxetine 60mg od"\ntop_dose = 30').top_dose == 30
    assert _case('therapy = "methylprednisolone epidural injection"').therapy == "methylprednisolone epidural injection"


# --- impossible doses

MAXIMA = [
    pytest.param(id, most.value, id=id)
    for id, therapy in therapies.therapies().items()
    if (most := therapy.dosing.maximum or (therapy.adequate.dose if therapy.adequate else None))
]


@pytest.mark.parametrize(("id", "most"), MAXIMA)
def test_ten_times_the_highest_dose_is_possible_and_one_more_is_not(id: str, most: float) -> None:
    assert written_doses.impossible_dose(id, 10 * most) == ""
    assert "not possible" in written_doses.impossible_dose(id, 10 * most + 1)


def test_an_impossible_dose_never_counts_and_a_case_file_says_where_it_is() -> None:
    (entry,) = therapies.ledger(someone(failed("gabapentin", top_dose=900_000))).entries
    assert (entry.verdict, entry.ask) == ("cannot-tell", ("trial.gabapentin.top_dose",))
    with pytest.raises(case_file.reading.CaseError, match=r"trials\[1\]\.top_dose: 900,000 mg/day of gabapentin"):
        _case('therapy = "gabapentin"\ntop_dose = 900000')


def test_an_opioid_without_a_highest_dose_has_a_limit_all_the_same() -> None:
    assert written_doses.impossible_dose("morphine", 3000) == ""
    assert written_doses.impossible_dose("morphine", 900_000)


@given(st.text(max_size=60))
def test_any_name_is_read_without_an_error(written: str) -> None:
    knowledge.therapy_of(written)
    written_doses.dose_in(written)
    assert knowledge.title(written) or not written


def test_every_substance_of_a_product_is_a_drug() -> None:
    for group in load("drugs", drugs.Group).values():
        for name, ids in group.products.items():
            assert drugs.ingredients(text=name) == ids


@pytest.mark.parametrize(
    "written", ["co-codamol 30/500", "cocodamol", "Zapain", "Solpadol", "Tylenol #3", "Nurofen Plus"]
)
def test_a_combination_under_a_name_of_its_own_holds_its_opioid(written: str) -> None:
    assert "codeine" in drugs.ingredients(text=written)
    assert knowledge.is_understood(written)


@pytest.mark.parametrize("written", ["crystal healing", "rubbing it", "PT", "the red ones", "Xyzzymab 40 mg"])
def test_a_word_that_is_not_understood_is_named_and_asked_and_counts_for_nothing(written: str) -> None:
    patient = someone(tried(written, relief_percent=0, days=90, adherent=True))
    (entry,) = therapies.ledger(patient).entries
    assert entry.because[0] == f"not understood: «{written}»"
    assert entry.counts is not True
    asks = {ask.fact: ask.question for ask in pathway.review(patient).asks}
    expected = f"«{written}» is not recognised: which treatment or active substance is it?"
    assert asks[f"treatment.{written}"] == expected


def test_a_medicine_that_is_not_understood_is_a_finding_that_names_it() -> None:
    taken = someone(
        medications=(Medication(drug="Duzela"), Medication(drug="omeprazole"), Medication(drug="Zorplaxin"))
    )
    (finding,) = (each for each in pathway.review(taken).findings if each.id == "medicine_not_recognised")
    assert finding.because == ("takes a medicine that was not recognised: Duzela, Zorplaxin",)
    known = pathway.review(someone(medications=(Medication(drug="omeprazole"),)))
    assert not [each for each in known.findings if each.id == "medicine_not_recognised"]
