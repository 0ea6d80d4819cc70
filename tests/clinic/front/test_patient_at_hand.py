"""The page of a patient says how things stand, and the timeline everything dated, each thing once."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from coordinated import decided
from django.utils import timezone
from in_session import recovering, scheduled
from small_clinic import House

from unwound import facts, instruments
from unwound_clinic.core.page import today
from unwound_clinic.front import curve, timeline
from unwound_clinic.models import Consent, Letter
from unwound_clinic.record import at_a_glance, review
from unwound_clinic.record import translate as record_translate
from unwound_clinic.record.actions import entries
from unwound_clinic.record.entries import New

AVERAGE = at_a_glance.AVERAGE_PAIN


def enter(house: House, *values: New, reason: str = "") -> None:
    entries.enter(by=house.by("nurse"), patient=house.patient, entries=values, reason=reason)


def average(house: House, value: float | None, on: date | None = None, reason: str = "") -> None:
    enter(house, record_translate.new_fact(AVERAGE, value, on), reason=reason)


def points(house: House) -> list[tuple[date, float]]:
    reviewed = review.review_of(house.patient, today(house.patient.site))
    return at_a_glance.average_pain(house.patient, reviewed.entries)


def lines(house: House) -> list[timeline.Line]:
    patient = house.patient
    return timeline.lines(patient, review.review_of(patient, today(patient.site)), timezone.now())


def text_of(house: House, page: str = "", role: str = "physician") -> str:
    html = house.client(role).get(f"/patients/{house.patient.pk}/{page}").content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.mark.django_db
def test_the_page_says_what_a_physician_asks_first(house: House) -> None:
    session = recovering(house)
    text = text_of(house)
    for said in (
        "46 years",
        "of 10 (",
        "on average",
        "creatinine clearance",
        "Weight",
        "paracetamol",
        "penicillin",
        "Last infusion",
        "none scheduled",
        "Treatments tried",
        "Open tasks",
    ):
        assert said in text, said
    assert "treatments tried" not in text  # a number of rows says nothing
    reviewed = review.review_of(house.patient, today(house.site))
    for tried in at_a_glance.tried(reviewed):
        assert tried.title in text
        assert tried.says in text
    assert f"day {session.day}" in text


@pytest.mark.django_db
def test_the_next_infusion_is_named_with_its_bed(house: House) -> None:
    row = scheduled(house, timezone.now() + timedelta(days=2))
    text = text_of(house, role="coordinator")
    assert f"{row.scheduled_at.astimezone(house.site.zone):%-d %b %Y %H:%M}" in text
    assert "Bed 3" in text
    assert "none yet" in text


@pytest.mark.django_db
def test_a_patient_of_whom_nothing_is_known_has_a_page_that_says_so(house: House) -> None:
    text = text_of(house)
    assert "No treatment is recorded." in text
    assert "Nothing dated is on record yet." in text
    assert "not known" in text


@pytest.mark.django_db
def test_everything_dated_is_in_the_timeline_newest_first(house: House) -> None:
    decided(house)
    recovering(house)
    patient, nurse, now = house.patient, house.users["nurse"], timezone.now()
    Letter.objects.create(
        patient=patient, kind="summary", addressee="Dr Testcase Elsewhere", content={}, pdf=b"%PDF-", written_at=now,
        written_by=house.users["physician"],
    )  # fmt: skip
    Consent.objects.filter(patient=patient).update(
        withdrawn_at=now, withdrawn_reason="changed her mind", withdrawn_by=nurse
    )
    average(house, 6, today(house.site))
    found = lines(house)
    assert {line.kind for line in found} >= {"pain", "trial", "infusion", "decision", "order", "consent", "letter"}
    days = [line.on for line in found if line.on]
    assert days == sorted(days, reverse=True)
    assert all(line.on is None for line in found[len(days) :])
    said = " | ".join(line.title for line in found)
    assert "mg given" in said
    assert "Consent withdrawn" in said
    text = text_of(house, "timeline/")
    for line in found:
        assert line.title.split(":")[0].split("'")[0] in text.replace("&#x27;", "'"), line.title


@pytest.mark.django_db
def test_only_the_kinds_that_were_asked_for_are_shown(house: House) -> None:
    recovering(house)
    text = text_of(house, "timeline/?kind=infusion&kind=consent")
    assert "Only infusions, consents" in text
    assert "mg given" in text
    assert "Decided:" not in text
    assert "Show all" in text
    assert "Decided:" in text_of(house, "timeline/?kind=nothing-of-this-name")


@pytest.mark.django_db
def test_a_form_on_mood_is_mood_and_one_on_pain_is_pain(house: House) -> None:
    day = today(house.site)
    enter(
        house,
        record_translate.new_answers({"instrument": "phq_9", "items": [1] * 9}, day),
        record_translate.new_answers({"instrument": "peg", "items": [7, 6, 5]}, day),
        record_translate.new_answers({"instrument": "isi", "total": 12}, day),
    )
    by_kind = {line.kind: line.title for line in lines(house)}
    assert by_kind["mood"].startswith("PHQ-9: 9 of 27, mild")
    assert by_kind["pain"].startswith("PEG: 6 of 10")
    assert by_kind["score"].startswith("ISI: 12 of 28")


@pytest.mark.django_db
def test_a_trial_without_a_day_is_last_and_not_lost(house: House) -> None:
    enter(house, record_translate.new_trial("a", {"therapy": "duloxetine"}),
          record_translate.new_trial("b", {"therapy": "sertraline", "purpose": "depression", "start": "2020-02-02"}),
          record_translate.new_trial("c", {"therapy": "lavender", "purpose": "depression"}))  # fmt: skip
    found = [line for line in lines(house) if line.kind == "trial"]
    assert found[0].on == date(2020, 2, 2)
    assert "for depression" in found[0].title
    assert {line.on for line in found[1:]} == {None}
    assert any(line.title.lower().startswith("duloxetine") for line in found)
    assert any("lavender" in line.title and "not judged" in line.title for line in found)
    assert "Day not known" in text_of(house, "timeline/")


@pytest.mark.django_db
def test_a_dose_that_was_judged_for_depression_has_its_unit_and_a_combination_has_none(house: House) -> None:
    given = {"purpose": "depression", "top_dose": 20, "start": "2020-02-02"}
    enter(house, record_translate.new_trial("a", {"therapy": "escitalopram", **given}),
          record_translate.new_trial("b", {"therapy": "escitalopram and bupropion", **given}),
          record_translate.new_trial("c", {"therapy": "lavender", **given}))  # fmt: skip
    titles = sorted(line.title for line in lines(house) if line.kind == "trial")
    assert len(titles) == 3
    assert [title for title in titles if "20 mg/day" in title] == [title for title in titles if "unit" not in title]
    assert sum("20 mg/day" in title for title in titles) == 1
    assert any(title.startswith("Escitalopram, 20 mg/day") for title in titles)
    assert any(title.lower().startswith("escitalopram and bupropion, 20 a day, unit not known") for title in titles)


@pytest.mark.django_db
def test_the_course_of_the_pain_is_one_value_a_day_and_none_that_was_taken_back(house: House) -> None:
    day = today(house.site)
    average(house, 8, day - timedelta(days=20))
    average(house, 7, day - timedelta(days=10))
    average(house, 5, day - timedelta(days=10), reason="misread")
    average(house, 3, day)
    assert points(house) == [(day - timedelta(days=20), 8), (day - timedelta(days=10), 5), (day, 3)]
    average(house, None, day, reason="of another patient")
    assert points(house)[-1] == (day - timedelta(days=10), 5)
    shown = [line.title for line in lines(house) if line.kind == "pain"]
    assert shown == ["Average pain: 5 of 10", "Average pain: 8 of 10"]


@pytest.mark.django_db
def test_the_answer_in_a_form_counts_for_the_course_too(house: House) -> None:
    day = today(house.site)
    average(house, 8, day - timedelta(days=3))
    enter(house, record_translate.new_answers({"instrument": "peg", "items": [6, 9, 9]}, day))
    enter(house, record_translate.new_answers({"instrument": "phq_9", "items": [3] * 9}, day))
    assert points(house) == [(day - timedelta(days=3), 8), (day, 6)]
    assert "Average pain: 8 on" in house.client("nurse").get(f"/patients/{house.patient.pk}/").content.decode()


def test_a_course_is_drawn_from_two_points_on_and_says_its_values() -> None:
    one = (date(2026, 11, 1), 8.0)
    assert curve.drawn([one], 0, 10) == ""
    drawn = curve.drawn([one, (date(2026, 11, 1), 2.0)], 0, 10)  # the same day: no division by nothing
    assert "8 on 1 Nov 2026, 2 on 1 Nov 2026" in drawn
    assert "style=" not in drawn


def test_every_form_is_of_one_kind_and_the_average_pain_has_a_range() -> None:
    for form in instruments.instruments().values():
        assert not (form.about_pain and form.about_mood), form.title
    question = facts.vocabulary()[AVERAGE]
    assert question.min is not None
    assert question.max is not None
