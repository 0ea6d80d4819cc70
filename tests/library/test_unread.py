"""Names that are not read are asked for first, with what they may mean; what is offered is never applied."""

import string
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from whole_patients import STORIES

from unwound import derive, drugs, facts, pathway, unread
from unwound.exchange import case_file
from unwound.patient import Medication, Patient, Trial

DAY = date(2026, 11, 21)


def taking(*names: str, complete: bool = True) -> Patient:
    patient = Patient(as_of=DAY, medications=tuple(Medication(drug=name) for name in names))
    return patient.knowing(medication_list_complete=complete)


@pytest.mark.parametrize(
    ("written", "offered"),
    [
        ("Gabapntin 300 mg tds", {"Gabapentin"}),
        ("pregablin", {"Pregabalin"}),
        ("Lamital 100", {"Lamictal (lamotrigine)", "Lamisil (terbinafine)"}),
        ("Celebrix", {"Celebrex (celecoxib)", "Celexa (citalopram)", "Cerebyx (phenytoin)"}),
        ("tramdol SR", {"Tramadol", "Trazodone"}),
        ("hydroxizine", {"Hydroxyzine", "Hydralazine"}),
        ("dulxetine 60mg", {"Duloxetine", "Fluoxetine"}),
        ("amitriptiline", {"Amitriptyline", "Aminophylline"}),
    ],
)
def test_a_misspelt_name_is_offered_with_every_name_it_is_mistaken_for(written: str, offered: set[str]) -> None:
    assert offered <= set(unread.suggestions(written))
    assert drugs.ingredients(text=written) == ()


@pytest.mark.parametrize(
    "written",
    ["snake oil", "magic tea", "crystal healing", "xyzzy", "the blue one", "", "12345", "mg", "for the heart"],
)
def test_nothing_is_offered_for_what_is_near_no_name(written: str) -> None:
    assert unread.suggestions(written) == ()


def test_a_name_that_is_read_is_not_asked_for() -> None:
    assert unread.asks(taking("Gabapentin 300 mg", "Lyrica", "aspirin")) == ()
    assert unread.suggestions("Gabapentin 300 mg") == ()


def test_an_unread_name_is_the_first_question_of_a_review() -> None:
    review = pathway.review(taking("Gabapntin", "sertraline"))
    assert review.asks[0].question == "«Gabapntin» is not recognised: did you mean Gabapentin?"
    assert review.asks[0].fact == "medicine.Gabapntin"


def test_what_is_offered_is_never_applied() -> None:
    known = derive.derive(taking("tramdol"))
    assert facts.known(known, "takes_opioid") is None
    assert facts.known(known, "takes_serotonergic") is None
    assert facts.known(derive.derive(taking("paracetamol")), "takes_opioid").value is False


def test_a_treatment_that_is_not_read_is_asked_for_too() -> None:
    patient = Patient(as_of=DAY, trials=(Trial(therapy="pregablin"), Trial(therapy="physiotherapy")))
    assert [ask.fact for ask in unread.asks(patient)] == ["treatment.pregablin"]


def test_a_treatment_that_is_not_read_is_asked_for_once_and_before_everything() -> None:
    trials = (Trial(therapy="magic tea", days=10), Trial(therapy="pregablin"))
    review = pathway.review(Patient(as_of=DAY, trials=trials, medications=(Medication(drug="zzyx"),)))
    about_names = [ask.fact for ask in review.asks if "tea" in ask.fact or "pregablin" in ask.fact]
    assert not {"trial.magic tea.therapy", "trial.pregablin.therapy"} & set(about_names)
    medicine, treatments = review.to_ask[:2]
    assert medicine.facts == ("medicine.zzyx",)
    assert treatments.facts == ("treatment.magic tea", "treatment.pregablin")
    assert "did you mean Pregabalin" in treatments.question


def test_a_name_of_several_medicines_is_asked_for_with_all_of_them() -> None:
    (ask,) = unread.asks(taking("Triatec 8"))
    assert "sold as different medicines" in ask.question
    assert "Ramipril" in ask.question
    assert "Codeine" in ask.question


@pytest.mark.parametrize("ordinary", ["Aciclovir 200 mg", "Crestor", "Losec 20 mg", "amoxicilline"])
def test_ordinary_medicines_do_not_stop_a_no(ordinary: str) -> None:
    known = derive.derive(taking(ordinary))
    assert facts.known(known, "takes_maoi").value is False


def test_a_substance_that_nobody_has_sorted_still_stops_a_no() -> None:
    known = derive.derive(taking("Salbutamol inhaler"))
    assert drugs.ingredients(text="Salbutamol inhaler") == ("salbutamol",)
    assert facts.known(known, "takes_stimulant") is None


@given(st.text(string.ascii_letters + string.digits + " /,-éü«(", max_size=40))
def test_any_text_gives_a_question_and_at_most_a_few_offers_that_are_read(written: str) -> None:
    assert unread.question(written)
    offers = unread.suggestions(written)
    assert not (offers and drugs.ingredients(text=written))
    assert all(drugs.ingredients(text=offer) for offer in offers)


@pytest.mark.parametrize("written", ["gabapentn", "Lamictel", "cymbelta 60mg", "Triatec 8"])
def test_what_is_offered_in_place_of_a_name_is_read(written: str) -> None:
    assert unread.offered(written)
    assert all(drugs.ingredients(text=name) for name in unread.offered(written))


@pytest.mark.parametrize("written", ["gabapentin", "physiotherapy", "my aunt's tea"])
def test_nothing_is_offered_where_a_name_is_read_or_near_to_none(written: str) -> None:
    assert unread.offered(written) == ()


def test_a_medicine_that_nobody_read_makes_no_candidate_until_somebody_looked_it_up() -> None:
    """«Clozapin forte» might be anything: open while nobody knows, a stop where nobody can find out."""
    before = case_file.read_case(STORIES["crps_three_classes_failed"].read_bytes(), "candidate").patient
    assert pathway.review(before).candidacy.verdict == "candidate"
    taking = before.model_copy(update={"medications": (*before.medications, Medication(drug="Zorplaxin forte"))})
    review = pathway.review(taking)
    assert review.candidacy.verdict == "cannot-tell"
    assert "unread_medicines_looked_up" in review.candidacy.ask
    assert review.asks[0].fact == "medicine.Zorplaxin forte"
    for answer, verdict in ((True, "candidate"), (False, "not-a-candidate")):
        assert pathway.review(taking.knowing(unread_medicines_looked_up=answer)).candidacy.verdict == verdict
