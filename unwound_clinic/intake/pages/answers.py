"""Questionnaires of a patient: each with its scores over time; the clinic fills or amends one for the patient."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from unwound import facts, instruments, record
from unwound.catalogue import Checked
from unwound.instruments import Instrument, InstrumentError, Score
from unwound.record import UnwoundError
from unwound.report import marks
from unwound.terms import Sex
from unwound_clinic.core import access, dates
from unwound_clinic.core.addresses import reads, takes
from unwound_clinic.core.page import actor, patient_page, show_alarms, today
from unwound_clinic.intake import progress
from unwound_clinic.intake.actions import answers as intake_answers
from unwound_clinic.intake.own import Own
from unwound_clinic.models import Entry, Patient
from unwound_clinic.record import pains, review
from unwound_clinic.record import translate as record_translate
from unwound_clinic.record.entries import New, current
from unwound_clinic.record.forms.facts import InstrumentForm


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """One filled form with its score."""

    entry: Entry
    score: Score | None
    why_not: str
    band: str
    checked: Checked
    change: float | None
    """Compared with the form before, where both have a total."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One instrument with all its forms, the newest first."""

    id: str
    form: Instrument
    filled: tuple[Filled, ...]
    pain: str = ""
    """The key of the pain that all of them are about; empty where there is one pain, or it was not said."""
    about: str = ""
    """That pain by its name."""

    @property
    def totals(self) -> tuple[tuple[date, float], ...]:
        """Every total with its day, the earliest first."""
        totals = [(form.entry.on, form.score.total) for form in self.filled if form.score]
        return tuple(sorted((day, total) for day, total in totals if day and total is not None))

    @property
    def has_chart(self) -> bool:
        """Whether there are enough totals for a chart."""
        return len(self.totals) > 1


@patient_page("answers")
def answers(request: HttpRequest, patient: Patient) -> HttpResponse:
    """Every questionnaire with its scores over time, and what the patient did not answer."""
    entries = current(patient)
    link = patient.links.order_by("-id").first()
    sex = record_translate.patient(patient, today(patient.site), entries).sex
    listed = pains.on_record(entries)
    sheets = [
        sheet for id, form in instruments.instruments().items() for sheet in _sheets_of(id, form, entries, sex, listed)
    ]
    context = {
        "patient": patient,
        "tab": "answers",
        "sheets": [sheet for sheet in sheets if sheet.filled],
        "others": [sheet for sheet in sheets if not sheet.filled],
        "link": link,
        "progress": progress.progress_of(patient, entries, link),
        "unsure": [facts.vocabulary()[id].ask for id in sorted(Own(entries).unsure) if id in facts.vocabulary()],
        "may_fill": access.may(actor(request), "record-facts", patient),
    }
    return render(request, "intake/answers.html", context)


@patient_page("questionnaire over time")
def chart(request: HttpRequest, patient: Patient, instrument: str) -> HttpResponse:
    """The totals of one questionnaire as a picture; 404 below two of them."""
    form = instruments.instruments().get(instrument)
    if form is None:
        raise Http404
    entries = current(patient)
    sex = record_translate.patient(patient, today(patient.site), entries).sex
    sheet = _sheet_of(instrument, form, entries, sex, request.GET.get("pain", ""))
    if not sheet.has_chart:
        raise Http404
    return HttpResponse(_chart_svg(instrument, sheet.totals, sex), content_type="image/svg+xml")


@lru_cache(maxsize=review.KEPT)
def _chart_svg(instrument: str, totals: tuple[tuple[date, float], ...], sex: Sex | None) -> str:
    # The charts import Altair; pages without a chart start without it.
    from unwound import plots

    return plots.drawn(plots.scores(instruments.instrument(instrument), totals, sex))


@patient_page("questionnaire")
def fill(request: HttpRequest, patient: Patient, instrument: str) -> HttpResponse:
    """Fills a form on the patient's behalf, or amends one."""
    if instrument not in instruments.instruments():
        raise Http404
    values = request.POST if request.method == "POST" else request.GET
    listed = pains.on_record(current(patient, "pain")) if instruments.instrument(instrument).about_pain else ()
    day = DayForm(
        values if "on" in values else None, initial={"on": today(patient.site)}, patient=patient, pains=listed
    )
    entry = None
    if day.is_valid():
        entry = _recorded_form(patient, instrument, day.cleaned_data["on"], day.cleaned_data.get("pain", ""))
    posted = request.POST if request.method == "POST" else None
    form = InstrumentForm(instrument, posted, initial=InstrumentForm.initial_of(entry))
    if request.method == "POST" and day.is_valid() and form.is_valid():
        answer = _fill(request, patient, form, day, entry)
        if answer is not None:
            return answer
    context = {"patient": patient, "tab": "answers", "form": form, "day": day, "entry": entry, "of": form.instrument}
    return render(request, "intake/answers_fill.html", context)


class DayForm(forms.Form):
    """The day a form was filled, and why an earlier one is amended."""

    on = forms.DateField(label="Date of the form", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    reason = forms.CharField(
        label="Reason for the amendment",
        required=False,
        max_length=300,
        help_text="Needed if a form of that date is already recorded.",
    )
    pain = forms.ChoiceField(label="Which pain is it about?", widget=forms.RadioSelect)

    def __init__(self, *args: Any, patient: Patient, pains: tuple[pains.OnRecord, ...], **kwargs: Any) -> None:
        """`pains` are those on record; which one is asked where there are several."""
        super().__init__(*args, **kwargs)
        self.patient = patient
        if len(pains) > 1:
            self.fields["pain"].choices = [(pain.key, pain.name) for pain in pains]  # type: ignore[attr-defined]
        else:
            del self.fields["pain"]

    def clean_on(self) -> date:
        """A day of the patient's life that has come."""
        on: date = self.cleaned_data["on"]
        if on > today(self.patient.site):
            raise forms.ValidationError("This date is in the future.")
        dates.check_in_life(on, self.patient.birth_date)
        return on


def _fill(
    request: HttpRequest, patient: Patient, form: InstrumentForm, day: DayForm, entry: Entry | None
) -> HttpResponse | None:
    on, reason = day.cleaned_data["on"], day.cleaned_data["reason"]
    try:
        new = replace(_new_entry(form, on, entry), pain=day.cleaned_data.get("pain", entry.pain if entry else ""))
    except (UnwoundError, ValueError) as problem:
        form.add_error(None, str(problem))
        return None
    if entry is not None and entry.value != new.value and not reason.strip():
        day.add_error(
            "reason",
            f"A form of {record.day(on)} is already recorded, by {entry.by_name}: give the reason for amending it.",
        )
        return None
    show_alarms(request, intake_answers.fill(by=actor(request), patient=patient, form=new, reason=reason))
    messages.success(request, f"{form.instrument.title} of {record.day(on)} has been saved.")
    return redirect("answers", patient.pk)


def _new_entry(form: InstrumentForm, on: date, entry: Entry | None) -> New:
    if not form.is_empty:
        return record_translate.new_answers(form.value(), on)
    if entry is None:
        raise ValueError("Nothing was filled in, so there is nothing to save.")
    return New(kind="answers", key=entry.key, value=None, on=on)


def _recorded_form(patient: Patient, instrument: str, on: date, pain: str) -> Entry | None:
    return Entry.objects.filter(
        patient=patient, current=True, kind="answers", key=f"{instrument} {on.isoformat()}", pain=pain
    ).first()


def _sheets_of(
    id: str, form: Instrument, entries: list[Entry], sex: Sex | None, listed: tuple[pains.OnRecord, ...]
) -> Iterator[Sheet]:
    """One sheet; of a form about pain, where there are several, one for each pain: their totals are never one line."""
    if not form.about_pain or len(listed) < 2:
        yield _sheet_of(id, form, entries, sex)
        return
    sheets = [replace(_sheet_of(id, form, entries, sex, pain.key), about=pain.name) for pain in listed]
    unsaid = replace(_sheet_of(id, form, entries, sex), about="which pain has not been said")
    filled = [sheet for sheet in (*sheets, unsaid) if sheet.filled]
    yield from filled or [_sheet_of(id, form, entries, sex)]


def _sheet_of(id: str, form: Instrument, entries: Iterable[Entry], sex: Sex | None, pain: str = "") -> Sheet:
    answers = (entry for entry in entries if entry.kind == "answers" and entry.pain == pain)
    rows = [entry for entry in answers if record_translate.content(entry).get("instrument") == id]
    filled: list[Filled] = []
    for entry in sorted(rows, key=lambda entry: (entry.on or date.min, entry.pk)):
        filled.append(_score(form, entry, sex, filled[-1] if filled else None))
    return Sheet(id=id, form=form, filled=tuple(reversed(filled)), pain=pain)


def _score(form: Instrument, entry: Entry, sex: Sex | None, before: Filled | None) -> Filled:
    """A filled form with its score, or why it has none, and the change since the form before it."""
    stored: Any = record_translate.answers(entry)
    try:
        score = instruments.score(stored.instrument, items=stored.items, total=stored.total, sex=sex)
    except InstrumentError as problem:
        return Filled(entry=entry, score=None, why_not=str(problem), band="", checked=Checked.PRIMARY, change=None)
    band = next((band for band in form.bands if band.id == score.band), None)
    earlier = before.score.total if before and before.score else None
    change = None if score.total is None or earlier is None else score.total - earlier
    checked = marks.worst(band) if band else Checked.PRIMARY
    return Filled(entry=entry, score=score, why_not="", band=band.title if band else "", checked=checked, change=change)


urls = [
    reads("patients/<int:number>/answers/", answers, name="answers"),
    takes("patients/<int:number>/answers/<written:instrument>/", fill, name="answers-fill"),
    reads("patients/<int:number>/answers/<written:instrument>/chart/", chart, name="answers-chart"),
]
