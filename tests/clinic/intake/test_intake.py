"""The first form: opened by the patient alone, every answer saved, partial shown as partial, red flags seen at once."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from small_clinic import House

from unwound import intake as questions
from unwound import screens
from unwound_clinic.administration.actions import change_site
from unwound_clinic.core import access, audit
from unwound_clinic.core.action import Conflict
from unwound_clinic.core.page import today
from unwound_clinic.intake import progress
from unwound_clinic.intake.actions import first_form
from unwound_clinic.models import Alarm, AuditEvent, Entry, IntakeLink, Patient
from unwound_clinic.record import translate as record_translate
from unwound_clinic.record import urgent
from unwound_clinic.record.actions import entries, patients
from unwound_clinic.record.entries import New, current, history

BORN = "1980-05-05"
PAGES = list(questions.steps())
KETAMINE = {"row0-name": "ketamine"}


@pytest.fixture
def invited(house: House) -> tuple[IntakeLink, str]:
    """A link and its address."""
    numbers = {"phone": "555-0100", "emergency": "911", "crisis_line": "Lifeline 988"}
    change_site(by=house.by("administrator"), site=house.site, country="US", **numbers)
    house.patient.site.refresh_from_db()
    link, token = patients.invite(by=house.by("nurse"), patient=house.patient)
    return link, f"/i/{token}/"


@pytest.fixture
def phone(invited: tuple[IntakeLink, str]) -> Client:
    """A browser that has opened the link."""
    client = Client()
    assert client.post(invited[1], {"birth_date": BORN}).status_code == 302
    return client


def posted_page(client: Client, address: str, **posted: Any) -> str:
    """What a page says after it was posted, redirects followed."""
    return client.post(address, posted, follow=True).content.decode()


def held(patient: Patient) -> dict[tuple[str, str], Any]:
    return {(entry.kind, entry.key): entry.value for entry in current(patient)}


def ticked(group: str, *items: str, rest: str = "") -> dict[str, Any]:
    """What a browser sends of a group."""
    read = " ".join(item.fact for item in screens.screens()[group].items)
    return {f"{group}-read": read, f"{group}-items": list(items), f"{group}-rest": rest}


def save(client: Client, address: str, **posted: Any) -> dict[str, Any]:
    answer: dict[str, Any] = client.post(address, posted, headers={"X-Unwound-Save": "1"}).json()
    return answer


# the door


def test_the_link_asks_for_the_birth_date_and_shows_no_name(invited: tuple[IntakeLink, str]) -> None:
    answer = Client().get(invited[1])
    assert answer.status_code == 200
    assert "date of birth" in answer.content.decode()
    assert "Testcase" not in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize("page", [*PAGES, "review"])
def test_no_page_opens_before_the_birth_date(invited: tuple[IntakeLink, str], page: str) -> None:
    client = Client()
    assert client.get(f"{invited[1]}{page}/")["Location"] == invited[1]
    assert client.post(f"{invited[1]}{page}/", {"story-pain": "x", "send": "1"})["Location"] == invited[1]
    assert save(client, f"{invited[1]}{page}/") == {"saved": False, "door": invited[1]}
    assert Entry.objects.count() == 0
    assert IntakeLink.objects.get().finished_at is None


@pytest.mark.parametrize("page", [*PAGES, "review"])
def test_every_page_opens_after_it(phone: Client, invited: tuple[IntakeLink, str], page: str) -> None:
    phone.post(f"{invited[1]}tried/", KETAMINE)  # one page asks about the ketamine somebody had
    assert phone.get(f"{invited[1]}{page}/").status_code == 200


def test_four_wrong_birth_dates_leave_a_try_and_five_close_the_link(invited: tuple[IntakeLink, str]) -> None:
    for left in (4, 3, 2, 1):
        answer = Client().post(invited[1], {"birth_date": "1980-05-06"})
        assert f"You can try {left} more" in answer.content.decode()
    assert IntakeLink.objects.get().revoked_at is None
    closed = Client().post(invited[1], {"birth_date": "1980-05-06"})
    assert closed.status_code == 410
    assert "555-0100" in closed.content.decode()
    assert IntakeLink.objects.get().wrong_birth_dates == 5
    assert Client().post(invited[1], {"birth_date": BORN}).status_code == 410
    assert AuditEvent.objects.filter(action="intake.wrong-birth-date").count() == 5
    assert audit.verify() is None


def test_the_right_birth_date_forgives_the_wrong_ones(invited: tuple[IntakeLink, str]) -> None:
    client = Client()
    for _ in range(4):
        client.post(invited[1], {"birth_date": "1980-05-06"})
    client.post(invited[1], {"birth_date": BORN})
    assert IntakeLink.objects.get().wrong_birth_dates == 0


@pytest.mark.parametrize("change", [{"revoked_at": True}, {"expires_at": True}, {"finished_at": True}])
def test_a_link_that_is_over_says_what_to_do_and_takes_nothing(
    phone: Client, invited: tuple[IntakeLink, str], change: dict[str, bool], house: House
) -> None:
    IntakeLink.objects.update(**dict.fromkeys(change, timezone.now() - timedelta(seconds=1)))
    seen = phone.get(invited[1], follow=True).content.decode()
    assert "555-0100" in seen
    assert save(phone, f"{invited[1]}your_pain/", **{"story-pain": "late"})["saved"] is False
    assert held(house.patient) == {}
    link = IntakeLink.objects.get()
    with pytest.raises(Conflict):
        first_form.finish(by=access.patient_link(link), patient=house.patient, link=link)


def test_a_token_that_never_was_is_not_told_from_a_broken_one(db: None) -> None:
    answer = Client().get("/i/never/")
    assert answer.status_code == 404
    assert "Call your clinic" in answer.content.decode()


def test_a_link_opens_its_own_patient_only(phone: Client, invited: tuple[IntakeLink, str], house: House) -> None:
    _, other = patients.invite(by=house.by("stranger"), patient=house.others_patient)
    assert phone.get(f"/i/{other}/your_pain/")["Location"] == f"/i/{other}/"
    link = invited[0]
    with pytest.raises(access.Refused):
        first_form.answer(
            by=access.patient_link(link),
            patient=house.others_patient,
            link=link,
            entries=(New(kind="fact", key="cancer", value=True),),
        )
    with pytest.raises(access.Refused):
        first_form.answer(
            by=house.by("physician"),
            patient=house.patient,
            link=link,
            entries=(New(kind="fact", key="cancer", value=True),),
        )
    assert phone.get(f"/patients/{house.patient.pk}/").status_code == 302


def test_a_browser_that_was_closed_asks_again_and_comes_back_to_the_place(
    phone: Client, invited: tuple[IntakeLink, str]
) -> None:
    phone.get(f"{invited[1]}tried/")
    again = Client()
    assert again.post(invited[1], {"birth_date": BORN})["Location"] == f"{invited[1]}tried/"


# answers


def test_yes_no_and_not_sure_are_three_answers_and_open_is_none(
    phone: Client, invited: tuple[IntakeLink, str], house: House
) -> None:
    phone.post(
        f"{invited[1]}nerves_and_head/",
        {"shingles_in_pain_area": "yes", "nerve_injury_history": "no", "osteoarthritis_or_injury": "unsure"},
    )
    patient = record_translate.patient(house.patient, today(house.site))
    values = [patient.value(id) for id in ("shingles_in_pain_area", "nerve_injury_history", "osteoarthritis_or_injury")]
    assert values == [True, False, None]
    page = next(page for page in _progress(house).pages if page.id == "nerves_and_head")
    assert (page.state, page.answered) == ("partial", 3)
    seen = phone.get(f"{invited[1]}nerves_and_head/").content.decode()
    assert seen.count("checked") == 3
    phone.post(f"{invited[1]}nerves_and_head/", {"shingles_in_pain_area": "unsure"})
    assert record_translate.patient(house.patient, today(house.site)).value("shingles_in_pain_area") is None


def _progress(house: House) -> progress.Progress:
    return progress.progress_of(house.patient, current(house.patient), IntakeLink.objects.get())


def test_what_is_typed_is_kept_and_every_earlier_word_stays(
    phone: Client, invited: tuple[IntakeLink, str], house: House
) -> None:
    for text in ("My f", "My feet burn"):
        assert save(phone, f"{invited[1]}your_pain/", **{"story-pain": text})["saved"] is True
    assert held(house.patient)["story", "pain"] == {"text": "My feet burn"}
    assert [entry.value["text"] for entry in history(house.patient, "story", "pain")] == ["My feet burn", "My f"]


def test_what_does_not_fit_is_said_and_the_good_part_kept(
    phone: Client, invited: tuple[IntakeLink, str], house: House
) -> None:
    phone.post(f"{invited[1]}tried/", KETAMINE)
    answer = save(phone, f"{invited[1]}ketamine/", prior_ketamine_relief_percent="900", prior_ketamine_relief_days="3")
    assert answer["saved"] is True
    assert "100" in answer["problems"][0]
    assert held(house.patient)["fact", "prior_ketamine_relief_days"] == 3
    assert ("fact", "prior_ketamine_relief_percent") not in held(house.patient)


@pytest.mark.parametrize(
    ("page", "named", "number"),
    [("your_pain", {}, "pain_duration_days-number"), ("tried", {"row0-name": "gabapentin"}, "row0-number")],
)
def test_a_number_without_its_unit_is_asked_for_and_never_called_saved(
    phone: Client, invited: tuple[IntakeLink, str], house: House, page: str, named: dict[str, str], number: str
) -> None:
    address, unit = f"{invited[1]}{page}/", number.replace("number", "unit")
    assert "years?: Please choose one" in save(phone, address, **named, **{number: "4", unit: ""})["problems"][0]
    again = posted_page(phone, address, **named, **{number: "4", unit: "", "next": "1"})
    assert f'href="#id_{unit}"' in again
    assert 'role="alert"><p>One thing before you go on' in re.sub(r">\s+", ">", again)
    assert save(phone, address, **named, **{number: "4", unit: "years"})["problems"] == []
    assert "1460" in str(held(house.patient))


def test_saying_the_same_again_keeps_its_first_day(
    phone: Client, invited: tuple[IntakeLink, str], house: House
) -> None:
    phone.post(f"{invited[1]}nerves_and_head/", {"shingles_in_pain_area": "yes"})
    Entry.objects.update(on="2026-01-01")
    phone.post(f"{invited[1]}nerves_and_head/", {"shingles_in_pain_area": "yes"})
    assert str(Entry.objects.get(key="shingles_in_pain_area").on) == "2026-01-01"


def test_the_clinics_own_entries_are_neither_shown_nor_taken_back_but_an_answer_amends_them(
    phone: Client, invited: tuple[IntakeLink, str], house: House
) -> None:
    entries.enter(
        by=house.by("nurse"),
        patient=house.patient,
        entries=(
            New(kind="fact", key="depression_diagnosed", value=True),
            New(kind="fact", key="nerve_injury_history", value=True),
        ),
    )
    for page in ("mind_and_substances", "nerves_and_head"):
        assert "checked" not in phone.get(f"{invited[1]}{page}/").content.decode()
        phone.post(f"{invited[1]}{page}/", {"shingles_in_pain_area": "no"})
    assert held(house.patient)["fact", "depression_diagnosed"] is True
    phone.post(f"{invited[1]}nerves_and_head/", {"nerve_injury_history": "no"})
    assert held(house.patient)["fact", "nerve_injury_history"] is False
    assert [entry.value for entry in history(house.patient, "fact", "nerve_injury_history")] == [False, True]


def test_treatments_are_trials_in_the_librarys_words(
    phone: Client, invited: tuple[IntakeLink, str], house: House
) -> None:
    row = {"name": "Lyrica", "dose": "300 mg", "number": "6", "unit": "weeks", "effect": "none", "ongoing": "no"}
    other = {"name": "oxycodone", "dose": "20", "stopped": "side-effects", "side_effects": "sick"}
    phone.post(
        f"{invited[1]}tried/",
        {**{f"row0-{k}": v for k, v in row.items()}, **{f"row1-{k}": v for k, v in other.items()}},
    )
    lyrica, oxycodone = record_translate.patient(house.patient, today(house.site)).trials
    assert (lyrica.therapy, lyrica.top_dose, lyrica.days) == ("Lyrica", 300, 42)
    assert (lyrica.effect, lyrica.ongoing) == ("none", False)
    assert (oxycodone.top_dose, oxycodone.note) == (None, "dose as written: 20"), "mg are not MME"
    assert oxycodone.stopped == "side-effects"
    seen = phone.get(f"{invited[1]}tried/").content.decode()
    assert 'value="Lyrica"' in seen
    assert 'value="20"' in seen
    phone.post(f"{invited[1]}tried/", {"row0-name": "", "row1-name": "oxycodone"})
    trials = record_translate.patient(house.patient, today(house.site)).trials
    assert [trial.therapy for trial in trials] == ["oxycodone"]


def test_another_row_is_offered_and_none_is_an_answer(
    phone: Client, invited: tuple[IntakeLink, str], house: House
) -> None:
    answer = phone.post(
        f"{invited[1]}medicines_and_allergies/", {"allergy0-name": "penicillin", "another": "allergies"}, follow=True
    )
    assert 'name="allergy1-name"' in answer.content.decode()
    assert record_translate.patient(house.patient, today(house.site)).allergies == ("penicillin",)
    phone.post(f"{invited[1]}medicines_and_allergies/", {"row0-name": "", "none-medication": "on"})
    assert next(page for page in _progress(house).pages if page.id == "medicines_and_allergies").answered == 2


@pytest.mark.parametrize(("mg", "kept"), [("90000", None), ("36000", 36000), ("36001", None), ("900", 900)])
def test_a_dose_that_nobody_can_take_now_is_asked_again_and_not_kept(
    phone: Client, invited: tuple[IntakeLink, str], house: House, mg: str, kept: float | None
) -> None:
    answer = phone.post(f"{invited[1]}medicines_and_allergies/", {"row0-name": "gabapentin", "row0-dose": mg})
    assert ("Please check the dose" in answer.content.decode()) is (kept is None)
    (medicine,) = record_translate.patient(house.patient, today(house.site)).medications
    assert (medicine.drug, medicine.dose_mg_per_day) == ("gabapentin", kept)


def test_what_happened_is_read_with_the_allergy(phone: Client, invited: tuple[IntakeLink, str], house: House) -> None:
    phone.post(
        f"{invited[1]}medicines_and_allergies/", {"allergy0-name": "gabapentin", "allergy0-reaction": "I was drowsy"}
    )
    assert record_translate.patient(house.patient, today(house.site)).allergies == ("gabapentin: I was drowsy",)


def test_a_form_begun_on_one_day_and_ended_on_another_is_one_form(
    phone: Client, invited: tuple[IntakeLink, str], house: House
) -> None:
    phone.post(f"{invited[1]}your_pain/", {"item0": "7"})
    begun = today(house.site) - timedelta(days=2)
    Entry.objects.update(on=begun, key=f"peg {begun}")
    phone.post(f"{invited[1]}your_pain/", {"item0": "7", "item1": "8", "item2": "6"})
    (form,) = record_translate.patient(house.patient, today(house.site)).answers
    assert (form.on, form.items) == (begun, (7, 8, 6))


def test_a_partial_form_is_partial_to_the_clinic_and_has_no_total(
    phone: Client, invited: tuple[IntakeLink, str], house: House
) -> None:
    phone.post(f"{invited[1]}form_gad_7/", {"item0": "3", "item1": "3"})
    seen = house.client("physician").get(f"/patients/{house.patient.pk}/answers/").content.decode()
    assert "not scored" in seen
    assert "item 3 (" in seen
    assert "partly answered: 2 of 7" in seen
    overview = house.client("physician").get(f"/patients/{house.patient.pk}/").content.decode()
    assert "Worry (2 of 7)" in overview
    assert "No answers on " in overview


@pytest.mark.parametrize(
    ("sex", "born", "asked"),
    [
        ("female", "1980-05-05", True),
        ("", "1980-05-05", True),
        ("male", "1980-05-05", False),
        ("female", "1950-05-05", False),
    ],
)
def test_pregnancy_is_asked_of_whom_it_may_concern(
    phone: Client, invited: tuple[IntakeLink, str], house: House, sex: str, born: str, asked: bool
) -> None:
    Patient.objects.filter(pk=house.patient.pk).update(sex=sex, birth_date=born)
    page = phone.get(f"{invited[1]}body/").content.decode()
    assert ("Could you be or become pregnant?" in page) is asked
    assert ("Are you breastfeeding?" in page) is asked


def test_what_is_written_is_shown_as_text(phone: Client, invited: tuple[IntakeLink, str], house: House) -> None:
    phone.post(f"{invited[1]}your_pain/", {"story-pain": "<script>alert(1)</script>"})
    for seen in (
        phone.get(f"{invited[1]}your_pain/"),
        phone.get(f"{invited[1]}review/"),
        house.client("nurse").get(f"/patients/{house.patient.pk}/answers/"),
    ):
        assert "<script>alert" not in seen.content.decode()
        assert "&lt;script&gt;alert" in seen.content.decode()


def test_a_forged_save_from_elsewhere_is_refused(invited: tuple[IntakeLink, str]) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post(invited[1], {"birth_date": BORN}).status_code == 403


# red flags


def test_item_9_is_answered_at_once_and_raises_one_alarm(
    phone: Client, invited: tuple[IntakeLink, str], house: House
) -> None:
    answer = save(phone, f"{invited[1]}form_phq_9/", item8="1")
    assert "local emergency number" in answer["help"]
    assert "988" in answer["help"]
    alarm = Alarm.objects.get()
    assert (alarm.finding, alarm.patient) == ("suicide_item_9", house.patient)
    assert save(phone, f"{invited[1]}form_phq_9/", item8="1", item0="2")["help"] == ""
    assert save(phone, f"{invited[1]}form_phq_9/", item8="3", item0="2")["help"] != ""
    assert Alarm.objects.count() == 1, "one open alarm a finding"
    home = house.client("nurse").get("/").content.decode()
    assert "PHQ-9 item 9" in home
    assert "what to do now" in phone.get(f"{invited[1]}goals_and_home/").content.decode()


def test_what_was_just_said_is_answered_first(phone: Client, invited: tuple[IntakeLink, str]) -> None:
    save(phone, f"{invited[1]}warning/", back_or_leg_pain="yes", **ticked("spine", "saddle_numbness_new"))
    help = save(phone, f"{invited[1]}form_phq_9/", item8="1")["help"]
    assert 0 < help.index("Thank you for telling us") < help.index("numbness between the legs")


@pytest.mark.parametrize(
    ("emergency", "crisis", "number"),
    [("911", "Lifeline 988", "911"), ("999", "Samaritans 116 123", "999"), ("", "", None)],
)
def test_the_numbers_of_the_site_can_be_tapped_and_no_other(
    *, phone: Client, invited: tuple[IntakeLink, str], house: House, emergency: str, crisis: str, number: str | None
) -> None:
    house.site.emergency, house.site.crisis_line = emergency, crisis
    house.site.save()
    help = save(phone, f"{invited[1]}form_phq_9/", item8="1")["help"]
    foot = phone.get(f"{invited[1]}goals_and_home/").content.decode().split("<footer>")[1]
    assert [link in help for link in ("tel:911", "tel:999")] == [number == "911", number == "999"]
    assert (f'href="tel:{number}"' if number else "your local emergency number") in foot
    assert 'href="tel:5550100"' in help
    assert ('href="tel:988"' in help, 'href="tel:116123"' in help) == (number == "911", number == "999")


def test_without_a_script_the_next_page_waits_until_the_help_was_seen(
    phone: Client, invited: tuple[IntakeLink, str]
) -> None:
    address = f"{invited[1]}warning/"
    posted = {"back_or_leg_pain": "yes", **ticked("spine", "saddle_numbness_new"), "next": "1"}
    answer = phone.post(address, posted, follow=True)
    assert answer.redirect_chain[-1][0] == f"{address}?read=1"
    assert "emergency department now" in answer.content.decode()
    assert phone.post(address, posted)["Location"] == f"{invited[1]}tried/"


def test_a_red_flag_that_came_true_again_after_it_was_seen_alarms_again(
    phone: Client, invited: tuple[IntakeLink, str], house: House
) -> None:
    address = f"{invited[1]}warning/"
    phone.post(address, ticked("growing_illness", "ascending_weakness_rapid"))
    patients.acknowledge_alarm(by=house.by("nurse"), patient=house.patient, alarm=Alarm.objects.get(), note="called")
    phone.post(address, {**ticked("growing_illness", "ascending_weakness_rapid"), "back_or_leg_pain": "no"})
    assert Alarm.objects.filter(seen_at=None).count() == 0
    phone.post(address, ticked("growing_illness"))
    phone.post(address, ticked("growing_illness", "ascending_weakness_rapid"))
    assert Alarm.objects.filter(seen_at=None).count() == 1


def test_answer_and_alarm_are_kept_together_or_not_at_all(
    phone: Client, invited: tuple[IntakeLink, str], house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the alarm could not be raised")

    before = audit.head()
    monkeypatch.setattr("unwound_clinic.record.actions.alarms._raise", broken)
    with pytest.raises(RuntimeError):
        save(phone, f"{invited[1]}form_phq_9/", item8="1")
    assert (held(house.patient), Alarm.objects.count(), audit.head()) == ({}, 0, before)


def test_what_only_the_clinic_knows_is_not_told_to_the_patient(
    phone: Client, invited: tuple[IntakeLink, str], house: House
) -> None:
    entries.enter(
        by=house.by("nurse"),
        patient=house.patient,
        entries=(New(kind="fact", key="suicidal_behaviour_3_months", value=True),),
    )
    assert save(phone, f"{invited[1]}nerves_and_head/", shingles_in_pain_area="no")["help"] == ""
    assert urgent.help_for_patient(house.patient, today(house.site)) == ()
    assert "what to do now" not in phone.get(f"{invited[1]}nerves_and_head/").content.decode()


CORD = {"saddle_numbness_new": False, "gait_or_sensory_level_new": True}


@pytest.mark.parametrize("knows", [{}, {**CORD, "back_or_leg_pain": True}])
def test_a_bladder_that_fails_sends_to_hospital_though_its_box_is_named_after_the_cord(
    phone: Client, invited: tuple[IntakeLink, str], house: House, knows: dict[str, bool]
) -> None:
    """Also where the clinic knows of the cord alone: what the patient adds stands in a box that was there before."""
    rows = tuple(New(kind="fact", key=fact, value=value) for fact, value in knows.items())
    if rows:
        entries.enter(by=house.by("nurse"), patient=house.patient, entries=rows)
    own = ("bladder_or_bowel_change_new",) if knows else ("bladder_or_bowel_change_new", "gait_or_sensory_level_new")
    help = save(phone, f"{invited[1]}warning/", back_or_leg_pain="yes", **ticked("spine", *own))["help"]
    assert "Go to the nearest emergency department now" in help
    assert "Call your doctor or our clinic today" not in help


# the end


def test_sending_ends_the_link_and_makes_a_consultation_due(
    phone: Client, invited: tuple[IntakeLink, str], house: House
) -> None:
    phone.post(f"{invited[1]}your_pain/", {"story-pain": "My feet burn"})
    seen = posted_page(phone, f"{invited[1]}review/", send="1")
    assert "Thank you" in seen
    assert "No treatment has been decided" in seen
    house.patient.refresh_from_db()
    assert (house.patient.stage, house.patient.due_what) == ("consultation", "consultation")
    assert house.patient.due_on == today(house.site)
    assert phone.get(f"{invited[1]}your_pain/")["Location"] == invited[1]


def test_a_patient_who_is_further_on_is_not_set_back(
    phone: Client, invited: tuple[IntakeLink, str], house: House
) -> None:
    Patient.objects.filter(pk=house.patient.pk).update(stage="follow-up")
    posted_page(phone, f"{invited[1]}review/", send="1")
    house.patient.refresh_from_db()
    assert house.patient.stage == "follow-up"
