"""The consultation: what is missing first, then every group of questions, medicines, allergies, the story."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse

from unwound import drugs, facts, therapies
from unwound.report.words import VERDICTS
from unwound.what_if import Change
from unwound_clinic.core import access
from unwound_clinic.core.action import Conflict
from unwound_clinic.core.page import actor, patient_page, show_alarms, today
from unwound_clinic.models import Entry, Patient
from unwound_clinic.record import importing, review, translate
from unwound_clinic.record.actions import entries as record_entries
from unwound_clinic.record.entries import New, current
from unwound_clinic.record.forms.consultation import (
    COMPLETE,
    TITLES,
    AllergyForm,
    GroupForm,
    ImportForm,
    MedicationForm,
    StoryForm,
    asked_in,
    group_of,
)

FIRST = 8
"""Missing things shown at once; the rest unfold."""


@dataclass(frozen=True, slots=True)
class Missing:
    """One open question: where to answer it, what hangs on it, and the verdicts it would lead to by itself."""

    question: str
    address: str
    matters_for: tuple[str, ...]
    verdicts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One group of questions and how far it is answered."""

    name: str
    title: str
    about: str
    known: int
    asked: int
    missing: int
    """Of those that could change something."""


@patient_page("consultation")
def consultation(request: HttpRequest, patient: Patient) -> HttpResponse:
    """What is missing, ordered by what would change the decision, and the groups."""
    reviewed = review.review_of(patient, today(patient.site))
    found = missing(patient, reviewed)
    known = {one.key for one in reviewed.entries if one.kind == "fact"}
    asked = {one.fact for one in reviewed.review.asks}
    story = next((one for one in reviewed.entries if (one.kind, one.key) == ("story", "history")), None)
    shown = {
        "patient": patient,
        "tab": "consultation",
        "verdict": reviewed.review.candidacy.verdict,
        "first": found[:FIRST],
        "rest": found[FIRST:],
        "groups": [_group(name, known, asked) for name in TITLES],
        "medicines": [one for one in reviewed.entries if one.kind == "medication"],
        "complete": reviewed.known.value(COMPLETE),
        "allergies": [one for one in reviewed.entries if one.kind == "allergy"],
        "scores": reviewed.review.scores,
        "trials": sum(one.kind == "trial" for one in reviewed.entries),
        "story": story,
        "story_form": StoryForm(initial={"text": translate.content(story).get("text", "") if story else ""}),
        "may": access.may(actor(request), "record-facts", patient),
    }
    return render(request, "record/consultation.html", shown)


def missing(patient: Patient, reviewed: review.Reviewed) -> list[Missing]:
    """Every open question, those that by themselves would change the verdict first, then as the review asks them."""
    verdicts = _verdicts(reviewed.would_change)
    deciding = set(reviewed.review.candidacy.ask)
    trials = _trial_keys(reviewed.entries)
    rows = [
        (
            (one.fact not in verdicts, one.fact not in deciding),
            Missing(one.question, address(patient, one.fact, trials), one.matters_for, verdicts.get(one.fact, ())),
        )
        for one in reviewed.review.asks
    ]
    return [row for _, row in sorted(rows, key=lambda pair: pair[0])]


def address(patient: Patient, fact: str, trials: Mapping[str, str]) -> str:
    """Where a question is answered."""
    if fact.startswith("trial."):
        _, therapy, field = fact.split(".", 2) if fact.count(".") > 1 else ("", "", "")
        if therapy in trials:
            return f"{reverse('trial', args=[patient.pk, trials[therapy]])}#id_{field}"
        return reverse("ledger", args=[patient.pk])
    if fact == COMPLETE or fact.startswith("takes_"):
        return reverse("medicines", args=[patient.pk])
    group = group_of(fact)
    if not group:
        return reverse("personal", args=[patient.pk])
    return f"{reverse('consultation-group', args=[patient.pk, group])}#fact-{fact}"


def _trial_keys(entries: Iterable[Entry]) -> dict[str, str]:
    """Therapy, as questions name it -> the line of its trial."""
    found: dict[str, str] = {}
    for one in entries:
        if one.kind == "trial":
            written = str(translate.content(one).get("therapy", ""))
            for name in (written, therapies.therapy_of(written), drugs.recognise(text=written)):
                if name:
                    found.setdefault(name, one.key)
    return found


def _verdicts(changes: Iterable[Change]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for change in changes:
        if len(change.flips) == 1:
            fact = change.flips[0].fact
            found[fact] = (*found.get(fact, ()), VERDICTS[change.verdict])
    return found


def _group(name: str, known: set[str], asked: set[str]) -> Group:
    ids = asked_in(name)
    title, about = TITLES[name]
    return Group(
        name=name,
        title=title,
        about=about,
        known=sum(id in known for id in ids),
        asked=len(ids),
        missing=sum(id in asked for id in ids),
    )


@patient_page("consultation group")
def group(request: HttpRequest, patient: Patient, name: str) -> HttpResponse:
    """One group of questions; saving it touches no other."""
    if name not in TITLES:
        raise Http404
    reviewed = review.review_of(patient, today(patient.site))
    asked = {one.fact for one in reviewed.review.asks}
    form = GroupForm(asked_in(name), reviewed.entries, today(patient.site), request.POST or None)
    if request.method == "POST" and form.is_valid():
        entries = form.changed(form.cleaned_data["on"])
        reason = form.cleaned_data["reason"].strip()
        show_alarms(request, record_entries.enter(by=actor(request), patient=patient, entries=entries, reason=reason))
        said = f"{len(entries)} value{'' if len(entries) == 1 else 's'} saved." if entries else "Nothing was changed."
        messages.success(request, f"{TITLES[name][0]}: {said}")
        return redirect(_after(patient, name, "next" in request.POST))
    names = list(TITLES)
    following = names[names.index(name) + 1] if name != names[-1] else ""
    shown = {
        "patient": patient, "tab": "consultation", "form": form, "title": TITLES[name][0], "about": TITLES[name][1],
        "rows": [(field, form.held.get(field.name), field.name in asked) for field in form.questions],
        "following": TITLES[following][0] if following else "",
        "may": access.may(actor(request), "record-facts", patient),
    }  # fmt: skip
    return render(request, "record/consultation_group.html", shown)


def _after(patient: Patient, name: str, go_on: bool) -> str:
    names = list(TITLES)
    place = names.index(name) + 1
    if go_on and place < len(names):
        return reverse("consultation-group", args=[patient.pk, names[place]])
    return reverse("consultation", args=[patient.pk])


@patient_page("medicines and allergies")
def medicines(request: HttpRequest, patient: Patient) -> HttpResponse:
    """The list of medicines with whether it is complete, and the allergies."""
    taken = request.POST.get("form") == "medicine"
    medicine = MedicationForm(request.POST if taken else None)
    allergy = AllergyForm(request.POST if request.POST.get("form") == "allergy" else None)
    if request.method == "POST":
        new = _listed(request, medicine, allergy)
        if new is not None:
            reason = request.POST.get("reason", "")[:300].strip()
            record_entries.enter(by=actor(request), patient=patient, entries=(new,), reason=reason)
            return redirect("medicines", patient.pk)
    held = current(patient, "medication", "allergy", "fact")
    complete = next((one for one in held if (one.kind, one.key) == ("fact", COMPLETE)), None)
    shown = {
        "patient": patient, "tab": "consultation", "medicine": medicine, "allergy": allergy, "complete": complete,
        "medicines": [(one, _recognised(one)) for one in held if one.kind == "medication"],
        "allergies": [one for one in held if one.kind == "allergy"],
        "complete_question": facts.vocabulary()[COMPLETE].ask,
        "drugs": sorted(drugs.drugs()),
        "may": access.may(actor(request), "record-facts", patient),
    }  # fmt: skip
    return render(request, "record/medicines.html", shown)


def _listed(request: HttpRequest, medicine: MedicationForm, allergy: AllergyForm) -> New | None:
    """What was asked for: a new medicine or allergy, one less, or whether the list is complete."""
    asked = request.POST.get("form")
    if asked == "medicine":
        return medicine.entry() if medicine.is_valid() else None
    if asked == "allergy":
        return importing.new_allergy(allergy.cleaned_data["substance"]) if allergy.is_valid() else None
    if asked == "complete":
        said = {"yes": True, "no": False}.get(request.POST.get("complete", ""))
        return translate.new_fact(COMPLETE, said, None)
    kind, key = request.POST.get("kind", ""), request.POST.get("key", "")
    if asked != "off" or kind not in ("medication", "allergy"):
        raise Conflict("this cannot be entered here")
    if not request.POST.get("reason", "").strip():
        raise Conflict("give the reason for removing it: stopped, or entered in error")
    return New(kind=kind, key=key, value=None)


def _recognised(entry: Entry) -> str:
    """The catalogue's drug behind a written medicine."""
    return drugs.recognise(text=str(translate.content(entry).get("drug", ""))) or ""


@patient_page("story")
def story(request: HttpRequest, patient: Patient) -> HttpResponse:
    """The history in the clinician's words."""
    form = StoryForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        text = form.cleaned_data["text"].strip()
        new = New(kind="story", key="history", value={"text": text} if text else None)
        record_entries.enter(by=actor(request), patient=patient, entries=(new,), reason="rewritten")
        messages.success(request, "History saved; earlier versions are kept.")
    return redirect("consultation", patient.pk)


@patient_page("import")
def bring_in(request: HttpRequest, patient: Patient) -> HttpResponse:
    """A FHIR bundle or a case file: what is new is entered, what differs and what could not be read is told."""
    access.check(actor(request), "record-facts", patient)
    form = ImportForm(request.POST or None, request.FILES or None)
    shown: dict[str, Any] = {"patient": patient, "tab": "consultation", "form": form}
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["record"]
        if file.size > importing.LIMIT_BYTES:
            raise Conflict(f"{file.name}: {file.size:,} bytes is more than one patient's record can have")
        read = importing.read(file.read(), file.name[-80:], today(patient.site))
        importing.check_person(patient, read, sure=form.cleaned_data["same_person"])
        found = importing.brought(read, current(patient))
        entries = tuple(found.entries)
        show_alarms(
            request,
            record_entries.enter(by=actor(request), patient=patient, entries=entries, reason=f"from {read.name}"),
        )
        counts = {label: sum(one.kind == kind for one in found.entries) for kind, label in Entry.KINDS}
        shown |= {"read": read, "found": found, "counts": {label: n for label, n in counts.items() if n}}
    return render(request, "record/import.html", shown)


urls = [
    path("patients/<int:number>/consultation/", consultation, name="consultation"),
    path("patients/<int:number>/consultation/medicines/", medicines, name="medicines"),
    path("patients/<int:number>/consultation/story/", story, name="story"),
    path("patients/<int:number>/consultation/import/", bring_in, name="import"),
    path("patients/<int:number>/consultation/<slug:name>/", group, name="consultation-group"),
]
