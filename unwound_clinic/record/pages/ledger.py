"""The ledger: every treatment that was tried, drawn and judged; added, amended, entered in error."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import floatformat

from unwound import mood, record, therapies
from unwound.catalogue import Checked
from unwound.patient import Trial
from unwound.report import marks
from unwound.terms import Purpose
from unwound.therapies import Case, Judged
from unwound_clinic.core import access
from unwound_clinic.core.addresses import reads, takes
from unwound_clinic.core.page import actor, patient_page, today
from unwound_clinic.models import Entry, Patient
from unwound_clinic.record import confirmation, importing, pains, review, translate
from unwound_clinic.record.actions import confirmation as confirmation_actions
from unwound_clinic.record.actions import entries
from unwound_clinic.record.entries import New, current, history
from unwound_clinic.record.forms.trial import TrialForm


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One trial with its verdict; without an entry where it comes from the medication list."""

    entry: Entry | None
    title: str
    trial: Trial
    unit: str
    verdict: str
    because: tuple[str, ...]
    ask: tuple[str, ...]
    sources: tuple[str, ...]
    checked: str
    amended: int = 0
    says: str = ""
    """The verdict in words, with what it depends on."""

    @property
    def in_short(self) -> tuple[str, ...]:
        """Dose, time, side effects and note, as far as they are known."""
        trial = self.trial
        dose = "dose not known" if trial.top_dose is None else f"{floatformat(trial.top_dose, -2)} {self.unit}"
        time = f"{_date_text(trial.start)} to {_date_text(trial.end)}" if trial.start or trial.end else ""
        time = time or (f"ordered since {_date_text(trial.ordered)}" if trial.ordered else "")
        effects = f"side effects: {trial.side_effects}" if trial.side_effects else ""
        return tuple(part for part in (dose, time, effects, record.days_in_words(trial.note)) if part)


def _date_text(day: date | None) -> str:
    return record.day(day) if day else "?"


@patient_page("ledger")
def ledger(request: HttpRequest, patient: Patient) -> HttpResponse:
    """The chart, a line for each trial, the two rules for «refractory» side by side, and what is to be confirmed."""
    if request.method == "POST":
        ticked = request.POST.getlist("confirmed")
        number = confirmation_actions.confirm(by=actor(request), patient=patient, ticked=ticked)
        messages.success(request, f"{number} treatment{'' if number == 1 else 's'} confirmed.")
        return redirect("ledger", patient.pk)
    reviewed = review.review_of(patient, today(patient.site))
    written = Counter(Entry.objects.filter(patient=patient, kind="trial").values_list("key", flat=True))
    pain = confirmation.judged_trials(reviewed)
    for_mood = [pair for pair in confirmation.recorded_trials(reviewed) if pair[1].purpose == Purpose.DEPRESSION]
    context = {
        "patient": patient,
        "tab": "ledger",
        "lines": [_line(case, judged, reviewed, written) for case, judged in pain],
        "to_confirm": [
            (open_trial, _line(open_trial.case, open_trial.judged, reviewed, written))
            for open_trial in confirmation.open_trials(reviewed)
        ],
        "for_mood": [(entry, trial, mood.judge(trial)) for entry, trial in for_mood],
        "ledger": reviewed.review.ledger,
        "step_rule": reviewed.review.step_therapy,
        "retracted": _retracted(patient),
        "seen": reviewed.seen,
        "may": access.may(actor(request), "record-facts", patient),
    }
    return render(request, "record/ledger.html", context)


def _line(case: Case, judged: Judged, reviewed: review.Reviewed, written: Counter[str]) -> Line:
    entry = confirmation.entry_of(case, reviewed)
    of_drug = reviewed.review.ledger.of(judged.therapy or judged.trial.therapy)
    return Line(
        entry=entry,
        title=case.therapy.title if case.therapy else judged.trial.therapy,
        trial=judged.trial,
        unit=case.unit if case.therapy else "per day, unit not known",
        verdict=judged.verdict,
        says=judged.says,
        because=judged.because,
        ask=judged.ask,
        sources=of_drug[0].sources if of_drug else (),
        checked=marks.of_entry(of_drug[0]) if of_drug else Checked.PRIMARY,
        amended=written[entry.key] - 1 if entry else 0,
    )


def _retracted(patient: Patient) -> list[tuple[Entry, str]]:
    """Trials entered in error: the entry that retracted each, and the name of its therapy."""
    gone = Entry.objects.filter(patient=patient, kind="trial", current=True, value__isnull=True).order_by("-id")
    retracted = []
    for entry in gone:
        before = (
            Entry.objects.filter(patient=patient, kind="trial", key=entry.key, value__isnull=False)
            .order_by("id")
            .last()
        )
        retracted.append((entry, str(translate.content(before).get("therapy", "")) if before else ""))
    return retracted


@patient_page("ledger chart")
def chart(request: HttpRequest, patient: Patient) -> HttpResponse:
    """The chart of the trials as a picture."""
    drawn = _chart_svg(review.CacheKey(review.review_of(patient, today(patient.site))))
    return HttpResponse(drawn, content_type="image/svg+xml")


@lru_cache(maxsize=review.KEPT)
def _chart_svg(key: review.CacheKey) -> str:
    # The charts import Altair; pages without a chart start without it.
    from unwound import plots

    return plots.drawn(plots.trials(confirmation.judged_trials(key.reviewed)))


@patient_page("trial")
def trial(request: HttpRequest, patient: Patient, key: str = "") -> HttpResponse:
    """A new trial, or one to be amended; the earlier value is kept and shown."""
    recorded = get_object_or_404(Entry, patient=patient, kind="trial", key=key, current=True) if key else None
    listed = pains.on_record(current(patient, "pain"))
    form = TrialForm(recorded, today(patient.site), request.POST or None, born=patient.birth_date, pains=listed)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data.get("reason", "").strip()
        new = form.entry(key or importing.new_key())
        entries.enter(by=actor(request), patient=patient, entries=(new,), reason=reason)
        messages.success(request, f"Saved: {_saved_as(form.cleaned_data['therapy'])}.")
        return redirect("ledger", patient.pk)
    context = {
        "patient": patient,
        "tab": "ledger",
        "form": form,
        "recorded": recorded,
        "earlier": [(row, _in_words(row, listed)) for row in history(patient, "trial", key)] if key else [],
        "catalogue": _therapy_titles(),
        "may": access.may(actor(request), "record-facts", patient),
    }
    return render(request, "record/trial.html", context)


@patient_page("trial entered in error")
def in_error(request: HttpRequest, patient: Patient, key: str) -> HttpResponse:
    """A trial that was entered in error: it no longer counts and stays in the history."""
    get_object_or_404(Entry, patient=patient, kind="trial", key=key, current=True)
    reason = request.POST.get("reason", "").strip()[:300]
    if request.method == "POST" and reason:
        entries.enter(
            by=actor(request), patient=patient, entries=(New(kind="trial", key=key, value=None),), reason=reason
        )
        messages.success(request, "It no longer counts; it stays in the history.")
        return redirect("ledger", patient.pk)
    return redirect("trial", patient.pk, key)


def _in_words(row: Entry, listed: tuple[pains.OnRecord, ...]) -> dict[str, object]:
    """The fields of a trial as they were entered, with the pains by their names."""
    names = {pain.key: pain.name for pain in listed}
    value = translate.content(row)
    return {**value, "pains": [names.get(key, key) for key in value["pains"]]} if value.get("pains") else value


def _saved_as(written: str) -> str:
    therapy = therapies.therapy_of(written)
    if therapy is None:
        return f"«{written}» is not in the catalogue; it is recorded as written, and its adequacy cannot be judged"
    return therapies.therapies()[therapy].title


@cache
def _therapy_titles() -> list[str]:
    return sorted({therapy.title for therapy in therapies.therapies().values()})


urls = [
    takes("patients/<int:number>/ledger/", ledger, name="ledger"),
    reads("patients/<int:number>/ledger/chart.svg", chart, name="ledger-chart"),
    takes("patients/<int:number>/ledger/trial/", trial, name="trial-new"),
    takes("patients/<int:number>/ledger/trial/<written:key>/", trial, name="trial"),
    takes("patients/<int:number>/ledger/trial/<written:key>/in-error/", in_error, name="trial-in-error"),
]
