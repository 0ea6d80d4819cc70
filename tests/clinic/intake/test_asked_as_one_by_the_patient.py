"""Groups on the first form: one tap for «none of these», ticks that wait, and forms begun before there were groups."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from small_clinic import House

from unwound import intake, screens
from unwound_clinic.core import audit
from unwound_clinic.core.page import today
from unwound_clinic.intake import progress
from unwound_clinic.models import Alarm, Entry, IntakeLink, Patient
from unwound_clinic.record import review, translate
from unwound_clinic.record.actions import entries, patients
from unwound_clinic.record.entries import New, current, history

BORN = "1980-05-05"
HEART = tuple(item.fact for item in screens.screens()["heart"].items)
SAVES = {"X-Unwound-Save": "1"}


@pytest.fixture
def form(house: House) -> tuple[Client, str]:
    """A browser that has opened the link, and the link's address."""
    _, token = patients.invite(by=house.by("nurse"), patient=house.patient)
    client = Client()
    assert client.post(f"/i/{token}/", {"birth_date": BORN}).status_code == 302
    return client, f"/i/{token}/"


def sent(group: str, *ticked: str, rest: str = "") -> dict[str, Any]:
    """What a browser sends of a group."""
    read = " ".join(item.fact for item in screens.screens()[group].items)
    return {f"{group}-read": read, f"{group}-items": list(ticked), f"{group}-rest": rest}


def body(form: tuple[Client, str], posted: dict[str, Any]) -> Any:
    return form[0].post(f"{form[1]}body/", posted)


def screened(house: House) -> dict[str, tuple[str, ...]]:
    known = translate.patient(house.patient, today(house.site))
    return {answer.group: answer.items for answer in known.screened}


def value(house: House, fact: str) -> Any:
    return review.review_of(house.patient, today(house.site)).review.patient.value(fact)


def of_page(house: House, id: str) -> progress.Page:
    pages = progress.progress_of(house.patient, current(house.patient), IntakeLink.objects.latest("id")).pages
    return next(page for page in pages if page.id == id)


def test_one_tap_is_said_by_the_patient_of_every_item_that_was_read(form: tuple[Client, str], house: House) -> None:
    body(form, sent("heart", rest="none"))
    (answer,) = translate.patient(house.patient, today(house.site)).screened
    assert (answer.group, answer.items, answer.by, answer.on) == ("heart", HEART, "the patient", today(house.site))
    assert value(house, "hypertension") is False
    assert "None of these" in {line.answer for line in of_page(house, "body").lines}
    assert audit.verify() is None


def test_a_tick_is_a_single_yes_and_the_others_stay_open(form: tuple[Client, str], house: House) -> None:
    body(form, sent("heart", "hypertension"))
    assert (value(house, "hypertension"), value(house, "conduction_defect")) == (True, None)
    assert screened(house) == {}
    page = form[0].get(f"{form[1]}body/").content.decode()
    assert "None of the others" in page
    body(form, sent("heart", "hypertension", rest="others"))
    assert screened(house) == {"heart": tuple(item for item in HEART if item != "hypertension")}
    assert value(house, "conduction_defect") is False


@pytest.mark.parametrize(
    ("ticked", "rest", "message"),
    [(("hypertension",), "none", "You ticked something."), ((), "others", "Nothing is ticked now.")],
)
def test_what_was_said_of_other_items_is_asked_once_more(
    form: tuple[Client, str], house: House, ticked: tuple[str, ...], rest: str, message: str
) -> None:
    page = body(form, sent("heart", *ticked, rest=rest)).content.decode()
    assert message in page
    assert screened(house) == {}
    assert value(house, "hypertension") is (True if ticked else None)


def test_a_tick_that_is_taken_away_is_taken_back(form: tuple[Client, str], house: House) -> None:
    body(form, sent("heart", "hypertension", rest="others"))
    body(form, sent("heart"))
    assert (value(house, "hypertension"), screened(house)) == (None, {})
    assert [row.value for row in history(house.patient, "fact", "hypertension")] == [None, True]


def test_not_asked_not_sure_and_none_stay_apart(form: tuple[Client, str], house: House) -> None:
    body(form, sent("heart"))
    assert of_page(house, "body").answered == 0
    body(form, sent("heart", rest="unsure"))
    assert (screened(house), value(house, "hypertension")) == ({}, None)
    assert of_page(house, "body").answered == 1
    seen = house.client("physician").get(f"/patients/{house.patient.pk}/answers/").content.decode()
    assert "Answered «not sure»" in seen
    body(form, sent("heart", rest="none"))
    seen = house.client("physician").get(f"/patients/{house.patient.pk}/answers/").content.decode()
    assert "Answered «not sure»" not in seen


def test_a_degree_that_is_ticked_is_kept_and_left_to_the_clinic(form: tuple[Client, str], house: House) -> None:
    body(form, sent("liver_and_bladder", "liver_impairment", rest="others"))
    assert value(house, "liver_impairment") is None
    assert value(house, "dialysis") is False
    assert "a liver that does not work well; none of the others" in {
        line.answer for line in of_page(house, "body").lines
    }


def test_a_page_that_did_not_show_a_group_says_nothing_about_it(form: tuple[Client, str], house: House) -> None:
    body(form, sent("heart", "hypertension", rest="others"))
    body(form, {"falls_history": "no", "hypertension": "no"})
    assert value(house, "hypertension") is True
    assert "heart" in screened(house)


def test_what_the_clinic_answered_is_not_taken_back_by_an_open_page(form: tuple[Client, str], house: House) -> None:
    nurse = house.by("nurse")
    new = translate.new_screened("heart", HEART, today(house.site))
    entries.enter(by=nurse, patient=house.patient, entries=(new, New(kind="fact", key="falls_history", value=True)))
    assert "checked" not in form[0].get(f"{form[1]}body/").content.decode()
    body(form, sent("heart"))
    assert screened(house) == {"heart": HEART}


def test_a_red_flag_in_a_group_is_answered_at_once(form: tuple[Client, str], house: House) -> None:
    posted = {"back_or_leg_pain": "yes", **sent("spine", "saddle_numbness_new")}
    answer = form[0].post(f"{form[1]}warning/", posted, headers=SAVES).json()
    assert "emergency department now" in answer["help"]
    assert Alarm.objects.get().finding == "cauda_equina"


# what cannot concern the patient


@pytest.mark.parametrize(
    ("regions", "limb", "face"),
    [
        ([], True, True),
        (["front-left-foot"], True, False),
        (["front-left-cheek"], False, True),
        (["front-chest"], True, True),
    ],
)
def test_arms_legs_and_face_are_asked_where_they_may_hurt(
    form: tuple[Client, str], regions: list[str], limb: bool, face: bool
) -> None:
    form[0].post(f"{form[1]}your_pain/", {"regions": regions})
    assert ("The painful arm or leg" in form[0].get(f"{form[1]}what_it_is_like/").content.decode()) is limb
    assert ("If your face hurts" in form[0].get(f"{form[1]}warning/").content.decode()) is face


def test_the_body_map_says_where_the_pain_is_until_somebody_states_it(form: tuple[Client, str], house: House) -> None:
    form[0].post(f"{form[1]}your_pain/", {"regions": ["front-left-foot", "back-left-calf"]})
    assert value(house, "pain_site") == ("foot", "leg")
    assert value(house, "back_or_leg_pain") is True
    stated = New(kind="fact", key="pain_site", value=["groin"])
    entries.enter(by=house.by("physician"), patient=house.patient, entries=(stated,), reason="examined")
    assert value(house, "pain_site") == ("groin",)
    assert value(house, "back_or_leg_pain") is None


def test_what_was_answered_stays_to_be_seen_although_the_map_changed(form: tuple[Client, str]) -> None:
    form[0].post(f"{form[1]}what_it_is_like/", sent("crps_symptoms", "crps_symptom_motor"))
    form[0].post(f"{form[1]}your_pain/", {"regions": ["front-left-cheek"]})
    assert "The painful arm or leg" in form[0].get(f"{form[1]}what_it_is_like/").content.decode()


@pytest.mark.parametrize(("name", "asked"), [("Ketalar", True), ("esketamine spray", False), ("gabapentin", False)])
def test_ketamine_is_asked_about_where_it_was_tried(form: tuple[Client, str], name: str, asked: bool) -> None:
    after = form[0].post(f"{form[1]}tried/", {"row0-name": name, "next": "1"})["Location"]
    assert after.endswith("ketamine/") is asked


# forms begun before there were groups


def old_answer(house: House, kind: str, key: str, value: Any) -> None:
    """What an earlier version of the form has kept."""
    Entry.objects.create(
        patient=house.patient, kind=kind, key=key, value=value, on=today(house.site), at=house.patient.registered_at,
        by_name="the patient",
    )  # fmt: skip


@pytest.mark.parametrize("was", [id for step in intake.steps().values() for id in step.was])
def test_a_form_left_on_an_earlier_page_goes_on_where_its_questions_are(
    form: tuple[Client, str], was: str, house: House
) -> None:
    IntakeLink.objects.update(place=was)
    place = form[0].get(form[1])["Location"]
    assert place == f"{form[1]}{intake.page_of(was)}/"
    assert form[0].get(place).status_code == 200
    assert form[0].get(f"{form[1]}{was}/")["Location"] == place
    saved = form[0].post(f"{form[1]}{was}/", {"hypertension": "no"}, headers=SAVES)
    assert (saved.status_code, saved.json()["saved"]) == (403, False), "an old page in an open browser is never «Saved»"
    assert Entry.objects.filter(patient=house.patient).count() == 0


def test_single_answers_of_an_earlier_form_are_shown_and_kept(form: tuple[Client, str], house: House) -> None:
    for item in HEART[1:]:
        old_answer(house, "fact", item, False)
    old_answer(house, "fact", "hypertension", True)
    old_answer(house, "story", "not-sure-illnesses", {"facts": ["porphyria", "falls_history"]})
    page = form[0].get(f"{form[1]}body/").content.decode()
    lines = [line.answer for line in of_page(house, "body").lines]
    assert "high blood pressure; none of the others" in lines
    assert page.count("checked") == 4, "high blood pressure, none of the others, not sure of porphyria and of falls"
    body(form, {**sent("heart", "hypertension", rest="others"), "falls_history": "unsure"})
    assert value(house, "hypertension") is True
    assert value(house, "conduction_defect") is False


def test_a_man_with_one_pain_has_eleven_pages_and_the_review(form: tuple[Client, str], house: House) -> None:
    Patient.objects.filter(pk=house.patient.pk).update(sex="male")
    assert "page 1 of 12" in form[0].get(f"{form[1]}your_pain/").content.decode()
