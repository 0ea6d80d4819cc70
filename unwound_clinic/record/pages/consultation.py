"""The consultation: what is missing first, then every group of questions, medicines, allergies, the story."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from unwound import drugs, facts, screens, therapies, unread
from unwound import pains as unwound_pains
from unwound.pathway import Review
from unwound.record import unique
from unwound.report import words
from unwound.report.words import VERDICTS
from unwound.therapies.overlap import CONFIRMED
from unwound.vocabulary import belongs_to_one_pain
from unwound.what_if import Change
from unwound_clinic.core import access
from unwound_clinic.core.action import Conflict
from unwound_clinic.core.addresses import reads, takes
from unwound_clinic.core.page import actor, patient_page, show_alarms, today
from unwound_clinic.models import Entry, Patient
from unwound_clinic.record import groups, importing, pains, review, translate
from unwound_clinic.record.actions import entries as record_entries
from unwound_clinic.record.entries import New, current
from unwound_clinic.record.forms.consultation import (
    COMPLETE,
    TITLES,
    AllergyForm,
    GroupForm,
    MedicationForm,
    StoryForm,
    asked_in,
    group_of,
)
from unwound_clinic.record.pages import asked_as_one

FIRST = 8
"""Open questions shown at once; the rest can be unfolded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """One open question: where to answer it, what it matters for, and the verdicts it could lead to by itself."""

    question: str
    address: str
    matters_for: tuple[str, ...]
    verdicts: tuple[str, ...]
    group: groups.Block | None
    """What is asked as one is answered right here, with every item to be read; None for a single question."""


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
    questions = missing(patient, reviewed)
    listed = pains.on_record(reviewed.entries)
    in_view = pains.key_in_view(listed, reviewed.review.patient)
    answered = {entry.key for entry in reviewed.entries if entry.kind == "fact" and entry.pain in ("", in_view)}
    answered |= screens.answers_in(reviewed.review.patient).keys()
    asked = {question.fact for question in reviewed.review.asks}
    story = next((entry for entry in reviewed.entries if (entry.kind, entry.key) == ("story", "history")), None)
    context = {
        "patient": patient,
        "tab": "consultation",
        "candidacy": reviewed.review.candidacy,
        "first": questions[:FIRST],
        "rest": questions[FIRST:],
        "unfolded": "all" in request.GET,
        "groups": [_group(name, answered, asked) for name in TITLES],
        "screened": asked_as_one.answers(reviewed),
        "medicines": [entry for entry in reviewed.entries if entry.kind == "medication"],
        "complete": reviewed.known.value(COMPLETE),
        "allergies": [entry for entry in reviewed.entries if entry.kind == "allergy"],
        "scores": reviewed.review.scores,
        "trials": sum(entry.kind == "trial" for entry in reviewed.entries),
        "pains": pains.still_there(listed),
        "pain_in_view": words.pain_in_view(reviewed.review),
        "story": story,
        "story_form": StoryForm(initial={"text": translate.content(story).get("text", "") if story else ""}),
        "may": access.may(actor(request), "record-facts", patient),
    }
    return render(request, "record/consultation.html", context)


def missing(patient: Patient, reviewed: review.Reviewed) -> list[Missing]:
    """Every open question, in the order in which they are put to a person."""
    verdicts, known = _verdicts(reviewed.would_change), reviewed.review.patient
    trials = _trial_keys(reviewed.entries)
    listed = pains.on_record(reviewed.entries)
    pain = pains.key_in_view(listed, reviewed.review.patient) if len(listed) > 1 else ""
    return [
        Missing(
            question=inquiry.question,
            address=address(patient, inquiry.facts[0], trials, pain),
            matters_for=inquiry.matters_for,
            verdicts=unique(verdict for fact in inquiry.facts for verdict in verdicts.get(fact, ())),
            group=groups.block(inquiry.group, known) if inquiry.group else None,
        )
        for inquiry in reviewed.review.to_ask
    ]


def address(patient: Patient, fact: str, trials: Mapping[str, str], pain: str = "") -> str:
    """Where a question is answered; of several pains it is about the one with that key."""
    if fact == unwound_pains.TO_TREAT or fact.startswith(unwound_pains.OF_A_FORM):
        return f"{reverse('pains', args=[patient.pk])}#{'treat' if fact == unwound_pains.TO_TREAT else 'unplaced'}"
    if fact.startswith("trial."):
        _, therapy, field = fact.split(".", 2) if fact.count(".") > 1 else ("", "", "")
        if therapy in trials:
            return f"{reverse('trial', args=[patient.pk, trials[therapy]])}#id_{field}"
        return reverse("ledger", args=[patient.pk])
    if fact == CONFIRMED and trials:
        return f"{reverse('ledger', args=[patient.pk])}#confirm"
    if fact.startswith(unread.TREATMENT):
        return reverse("ledger", args=[patient.pk])
    if fact == COMPLETE or fact.startswith(unread.MEDICINE) or fact in facts.groups()["medicines"].facts:
        return reverse("medicines", args=[patient.pk])
    group = group_of(fact)
    if not group:
        return reverse("personal", args=[patient.pk])
    of_pain = f"?pain={pain}" if pain and belongs_to_one_pain(fact) is not False else ""
    return f"{reverse('consultation-group', args=[patient.pk, group])}{of_pain}#fact-{fact}"


def _trial_keys(entries: Iterable[Entry]) -> dict[str, str]:
    """Therapy, as questions name it -> the key of its trial."""
    keys: dict[str, str] = {}
    for entry in entries:
        if entry.kind == "trial":
            written = str(translate.content(entry).get("therapy", ""))
            for name in (written, therapies.therapy_of(written), drugs.recognise(text=written)):
                if name:
                    keys.setdefault(name, entry.key)
    return keys


def _verdicts(changes: Iterable[Change]) -> dict[str, tuple[str, ...]]:
    verdicts: dict[str, tuple[str, ...]] = {}
    for change in changes:
        if len(change.flips) == 1:
            fact = change.flips[0].fact
            verdicts[fact] = (*verdicts.get(fact, ()), VERDICTS[change.verdict])
    return verdicts


def _group(name: str, answered: set[str], asked: set[str]) -> Group:
    ids = asked_in(name)
    title, about = TITLES[name]
    return Group(
        name=name,
        title=title,
        about=about,
        known=sum(id in answered for id in ids),
        asked=len(ids),
        missing=sum(id in asked for id in ids),
    )


@patient_page("consultation group")
def group(request: HttpRequest, patient: Patient, name: str) -> HttpResponse:
    """One group of questions; saving it touches no other."""
    if name not in TITLES:
        raise Http404
    reviewed = review.review_of(patient, today(patient.site))
    asked = {question.fact for question in reviewed.review.asks}
    as_one = screens.answers_in(reviewed.review.patient)
    views = pains.views(asked_in(name), reviewed.entries)
    view = _view_asked_for(request, views, reviewed.review)
    posted, born = request.POST or None, patient.birth_date
    form = GroupForm(view.ids, view.entries, today(patient.site), posted, born=born, pain=view.key)
    if request.method == "POST" and form.is_valid():
        entries = form.changed(form.cleaned_data["on"])
        reason = form.cleaned_data["reason"].strip()
        show_alarms(request, record_entries.enter(by=actor(request), patient=patient, entries=entries, reason=reason))
        message = (
            f"{len(entries)} value{'' if len(entries) == 1 else 's'} saved." if entries else "Nothing was changed."
        )
        title = f"{TITLES[name][0]} ({view.title})" if view.title else TITLES[name][0]
        messages.success(request, f"{title}: {message}")
        return redirect(_next_address(patient, name, "next" in request.POST, view.key))
    names = list(TITLES)
    following = names[names.index(name) + 1] if name != names[-1] else ""
    context = {
        "patient": patient, "tab": "consultation", "form": form, "title": TITLES[name][0], "about": TITLES[name][1],
        "rows": [
            (
                field,
                form.recorded.get(field.name),
                field.name in asked and _is_in_view(view, reviewed.review),
                as_one.get(field.name, ""),
            )
            for field in form.questions
        ],
        "views": views if len(views) > 1 else (),
        "view": view,
        "following": TITLES[following][0] if following else "",
        "may": access.may(actor(request), "record-facts", patient),
    }  # fmt: skip
    return render(request, "record/consultation_group.html", context)


def _view_asked_for(request: HttpRequest, views: tuple[pains.View, ...], of: Review) -> pains.View:
    """The view that is asked for, else the pain that the review is about, else the first; 404 for one that is not here.

    What is sent says itself whose it is: which pain is in view may have changed since the page was shown.
    """
    if len(views) == 1:
        return views[0]
    by_key = {view.key: view for view in views}
    if request.method == "POST" and "about" not in request.POST:
        raise Conflict("several pains are on record since this page was shown: open it again, and say which it is")
    asked = request.POST.get("about", request.GET.get("pain"))
    if asked is not None:
        if asked not in by_key:
            raise Http404
        return by_key[asked]
    return next((view for view in views if view.key and view.title == of.patient.seen_pain), views[0])


def _is_in_view(view: pains.View, of: Review) -> bool:
    """Whether the questions of the review are about what this view shows."""
    return not view.key or view.title == of.patient.seen_pain


def _next_address(patient: Patient, name: str, go_on: bool, pain: str) -> str:
    names = list(TITLES)
    place = names.index(name) + 1
    if go_on and place < len(names):
        following = names[place]
        asks_of_pain = any(belongs_to_one_pain(id) is not False for id in asked_in(following))
        of_pain = f"?pain={pain}" if pain and asks_of_pain else ""
        return reverse("consultation-group", args=[patient.pk, following]) + of_pain
    return reverse("consultation", args=[patient.pk])


@patient_page("medicines and allergies")
def medicines(request: HttpRequest, patient: Patient) -> HttpResponse:
    """The list of medicines with whether it is complete, and the allergies."""
    taken = request.POST.get("form") == "medicine"
    medicine = MedicationForm(request.POST if taken else None)
    allergy = AllergyForm(request.POST if request.POST.get("form") == "allergy" else None)
    if request.method == "POST":
        new = _requested_entry(request, medicine, allergy, current(patient, "medication"))
        if new is not None:
            reason = request.POST.get("reason", "")[:300].strip()
            record_entries.enter(by=actor(request), patient=patient, entries=(new,), reason=reason)
            return redirect("medicines", patient.pk)
    entries = current(patient, "medication", "allergy", "fact")
    complete = next((entry for entry in entries if (entry.kind, entry.key) == ("fact", COMPLETE)), None)
    context = {
        "patient": patient, "tab": "consultation", "medicine": medicine, "allergy": allergy, "complete": complete,
        "medicines": [(entry, *_recognised_drug(entry)) for entry in entries if entry.kind == "medication"],
        "allergies": [entry for entry in entries if entry.kind == "allergy"],
        "complete_question": facts.vocabulary()[COMPLETE].ask,
        "drugs": sorted(drugs.drugs()),
        "may": access.may(actor(request), "record-facts", patient),
    }  # fmt: skip
    return render(request, "record/medicines.html", context)


def _requested_entry(
    request: HttpRequest, medicine: MedicationForm, allergy: AllergyForm, medicines: Iterable[Entry]
) -> New | None:
    """The entry requested: a medicine or allergy added or removed, or whether the list is complete."""
    form = request.POST.get("form")
    if form == "medicine":
        return medicine.entry() if medicine.is_valid() else None
    if form == "allergy":
        return importing.new_allergy(allergy.cleaned_data["substance"]) if allergy.is_valid() else None
    if form == "meant":
        return _meant(request, medicines)
    if form == "complete":
        complete = {"yes": True, "no": False}.get(request.POST.get("complete", ""))
        return translate.new_fact(COMPLETE, complete, None)
    kind, key = request.POST.get("kind", ""), request.POST.get("key", "")
    if form != "off" or kind not in ("medication", "allergy"):
        raise Conflict("this cannot be entered here")
    if not request.POST.get("reason", "").strip():
        raise Conflict("give the reason for removing it: stopped, or entered in error")
    return New(kind=kind, key=key, value=None)


def _meant(request: HttpRequest, medicines: Iterable[Entry]) -> New:
    """A medicine that was not read, by the name that somebody chose for it; what was written stays in the history."""
    name, key = request.POST.get("name", ""), request.POST.get("key", "")
    entry = next((entry for entry in medicines if entry.key == key), None)
    written = str(translate.content(entry).get("drug", "")) if entry else ""
    if entry is None or name not in unread.offered(written):
        raise Conflict("the list changed since it was shown: look at it again, then choose")
    value = {**translate.content(entry), "drug": name}
    return replace(translate.new_medication(key, value), on=entry.on, origin=entry.origin)


def _recognised_drug(entry: Entry) -> tuple[bool, tuple[str, ...]]:
    """Whether a written medicine is read, and the names to choose from where it is not."""
    written = str(translate.content(entry).get("drug", ""))
    return bool(drugs.ingredients(text=written)), unread.offered(written)


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


urls = [
    *asked_as_one.urls,
    reads("patients/<int:number>/consultation/", consultation, name="consultation"),
    takes("patients/<int:number>/consultation/medicines/", medicines, name="medicines"),
    takes("patients/<int:number>/consultation/story/", story, name="story"),
    takes("patients/<int:number>/consultation/<slug:name>/", group, name="consultation-group"),
]
