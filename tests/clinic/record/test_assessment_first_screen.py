"""The first screen of the assessment: the verdict, pain and its course, kidneys, pressure, medicines, allergies."""

from __future__ import annotations

import html
import re
from datetime import timedelta

from known_patients import CANDIDATE, FIRST_LINE_FIRST, known
from small_clinic import House

from unwound import record
from unwound.report import words
from unwound_clinic.core.page import today
from unwound_clinic.models import Patient
from unwound_clinic.record.actions import entries
from unwound_clinic.record.entries import New


def enter(house: House, patient: Patient, *new: New) -> None:
    entries.enter(by=house.by("physician"), patient=patient, entries=new, reason="test")


def page(house: House, patient: Patient, address: str = "assessment/") -> str:
    return html.unescape(house.client("physician").get(f"/patients/{patient.pk}/{address}").content.decode())


def read(text: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def test_it_holds_what_a_physician_looks_for_first_in_this_order(house: House) -> None:
    patient = known(house, CANDIDATE)
    day = today(patient.site)
    enter(house, patient, New(kind="fact", key="pain_average_nrs", value=9, on=day - timedelta(20)))
    enter(house, patient, New(kind="fact", key="pain_average_nrs", value=7, on=day))
    enter(house, patient, New(kind="fact", key="weight_kg", value=71.5, on=day))
    enter(house, patient, New(kind="medication", key="m1", value={"drug": "bisoprolol", "dose_mg_per_day": 5}))
    enter(house, patient, New(kind="allergy", key="a1", value={"substance": "penicillin: rash"}))
    enter(house, patient, New(kind="story", key="history", value={"text": "A mason who fell from a ladder."}))
    text = read(page(house, patient))
    parts = [
        words.VERDICTS["candidate"],
        "A mason who fell from a ladder.",
        "Age ",
        f"Pain 7 of 10 ({record.day(day)}) on average",
        f"before: 9 ({record.day(day - timedelta(20))})",
        "Kidneys ",
        "Blood pressure ",
        f"Weight 71.5 kg ({record.day(day)})",
        "bisoprolol 5 mg/day",
        "penicillin: rash",
        "Condition ",
        "Counts as",
        "First steps",
        "Ketamine in complex regional pain syndrome",
        "Why ",
    ]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


def test_every_stop_is_on_the_first_screen(house: House) -> None:
    patient = known(house, CANDIDATE)
    stops = ("psychosis_active", "mania_active_or_recent", "thyrotoxicosis", "cirrhosis", "delirium_active")
    enter(house, patient, *(New(kind="fact", key=id, value=True) for id in stops))
    text = page(house, patient)
    first = text[: text.index("Decide and sign")]
    assert first.count('<span class="badge stop">stop</span>') >= len(stops)


def test_it_prints_alone_unless_all_is_asked_for(house: House) -> None:
    patient = known(house, CANDIDATE)
    alone, whole = page(house, patient), page(house, patient, "assessment/?print=all")
    assert '<div class="noprint">' in alone
    assert '<div class="noprint">' not in whole
    assert "Print all of it" in alone
    assert "Print the summary alone" in whole


def test_a_verdict_before_every_red_flag_was_asked_about_is_provisional_wherever_it_stands(house: House) -> None:
    patient = known(house, FIRST_LINE_FIRST)
    for address in ("", "assessment/", "consultation/"):
        assert f"{words.VERDICTS['first-line-first']} (provisional)" in read(page(house, patient, address)), address


def test_one_that_waits_for_the_answer_itself_is_not(house: House) -> None:
    patient = known(house, CANDIDATE)
    enter(house, patient, New(kind="fact", key="suicidal_thoughts_now", value=None))
    assert words.VERDICTS["cannot-tell"] in read(page(house, patient, ""))
    assert "(provisional)" not in page(house, patient, "")
