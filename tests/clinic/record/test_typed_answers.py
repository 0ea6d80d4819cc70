"""Whatever a browser sends for a fact, the form refuses it or enters what the fact can be."""

from __future__ import annotations

from datetime import UTC, date, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from unwound import facts, vocabulary
from unwound.patient import Patient as Known
from unwound_clinic.models import Entry, Patient, Site
from unwound_clinic.record import translate
from unwound_clinic.record.forms.facts import FactsForm

DAY = date(2026, 11, 21)
FACTS = sorted(facts.vocabulary())
SENT = [
    "yes",
    "no",
    "",
    "true",
    "True",
    "1",
    "0",
    "on",
    "11",
    "-3",
    "nan",
    "inf",
    "1e400",
    "12,5",
    "70",
    "mild",
    "none",
]


@settings(max_examples=300)
@given(st.sampled_from(FACTS), st.lists(st.sampled_from(SENT) | st.text(max_size=6), min_size=1, max_size=2))
def test_what_a_browser_sends_is_refused_or_entered_as_the_fact_can_be(id: str, sent: list[str]) -> None:
    several = facts.vocabulary()[id].type == "choices"
    form = FactsForm([id], {id: sent if several else sent[0]})
    if form.is_valid():
        for new in form.entries(DAY):
            assert new.value is None or vocabulary.fitting(id, new.value) is not None
            assert new.value is not False or sent[0] == "no"
            assert new == translate.new_fact(id, new.value, new.on)
    else:
        assert id in form.errors


def entry(kind: str, key: str, value: object, on: date | None = None) -> Entry:
    return Entry(
        kind=kind, key=key, value=value, on=on, by_name="Testcase Nurse", at=datetime(2026, 11, 21, tzinfo=UTC)
    )


def known(*entries: Entry) -> Known:
    row = Patient(given_name="Testcase", family_name="Wren", site=Site(jurisdiction="UK"))
    return translate.patient(row, DAY, entries)


def test_what_was_entered_past_midnight_counts_as_of_the_day_and_is_not_lost() -> None:
    later = date(2026, 11, 22)
    patient = known(
        entry("fact", "pregnant", True, later),
        entry("trial", "1", {"therapy": "gabapentin", "start": "2026-11-01", "end": "2026-11-22"}),
        entry("answers", "phq_9 2026-11-22", {"instrument": "phq_9", "total": 9}, later),
    )
    assert patient.value("pregnant") is True
    assert (patient.facts["pregnant"].on, patient.trials[0].end, patient.answers[0].on) == (DAY, DAY, DAY)


def test_a_fact_that_the_vocabulary_does_not_take_any_more_is_asked_again() -> None:
    patient = known(
        entry("fact", "a_fact_of_old", True), entry("fact", "pregnant", "yes"), entry("fact", "diabetes", True)
    )
    assert set(patient.facts) == {"diabetes"}
