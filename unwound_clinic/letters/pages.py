"""Letters: the list, a draft beside what the record says, the PDF before it is written and after."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.text import slugify

from unwound import pathway
from unwound.exchange.fhir import letters as fhir
from unwound.pathway import Review
from unwound.record import UnwoundError
from unwound_clinic import letters
from unwound_clinic.core import access
from unwound_clinic.core.action import Conflict
from unwound_clinic.core.page import actor, patient_page, today
from unwound_clinic.letters import actions
from unwound_clinic.letters.forms import LetterForm, usual
from unwound_clinic.models import Letter, Membership, Patient
from unwound_clinic.record import translate as record_translate
from unwound_clinic.treatment import current

KINDS = (
    ("referral", "Referral", "to another team, with findings, what was tried and red flags"),
    ("reply", "Reply", "to who referred the patient: findings, decision, what comes next"),
    ("medical-necessity", "Medical necessity", "to a payer: every trial with dose, time, verdict and reason"),
    ("summary", "Summary", "to the existing pain or neurology team"),
    ("plain", "Plain words", "for the patient"),
)


@patient_page("letters")
def listed(request: HttpRequest, patient: Patient) -> HttpResponse:
    """What was written, and what can be."""
    by = actor(request)
    drafts = {one.kind: one for one in patient.letter_drafts.filter(by=by.user)}
    shown: dict[str, Any] = {
        "patient": patient,
        "tab": "letters",
        "letters": patient.letters.select_related("written_by").defer("pdf", "content").order_by("-id"),
        "kinds": [(*one, drafts.get(one[0])) for one in KINDS],
        "may_write": access.may(by, "write-letter", patient),
    }
    return render(request, "letters/letters.html", shown)


@patient_page("letter draft")
def draft(request: HttpRequest, patient: Patient, kind: str) -> HttpResponse:
    """The draft; `do` says whether it is kept, looked at as PDF, or written."""
    if kind not in letters.TITLES:
        raise Http404
    by = actor(request)
    access.check(by, "write-letter", patient)
    review = pathway.review(record_translate.patient(patient, today(patient.site)))
    codes = letters.codes_of(review)
    if request.method != "POST":
        kept = patient.letter_drafts.filter(kind=kind, by=by.user).first()
        form = LetterForm(kind, initial=kept.content if kept else usual(kind, patient), codes=codes)
        return _drafted(request, patient, kind, form, review)
    form = LetterForm(kind, request.POST, codes=codes)
    do = request.POST.get("do")
    if do == "drop":
        actions.drop_draft(by=by, patient=patient, kind=kind)
        return redirect("letters", patient.pk)
    if do == "keep":
        actions.keep_draft(by=by, patient=patient, kind=kind, content=form.written())
        return _kept(request)
    if form.is_valid():
        try:
            return _done(request, patient, kind, form, review)
        except (Conflict, UnwoundError) as why:
            form.add_error(None, f"{str(why)[:1].upper()}{str(why)[1:]}.")
    actions.keep_draft(by=by, patient=patient, kind=kind, content=form.written())
    return _drafted(request, patient, kind, form, review)


def _kept(request: HttpRequest) -> HttpResponse:
    if request.headers.get("X-Unwound-Keep") == "1":
        return HttpResponse(status=204)
    messages.success(request, "The draft is kept.")
    return redirect(request.path)


def _done(request: HttpRequest, patient: Patient, kind: str, form: LetterForm, review: Review) -> HttpResponse:
    """The PDF to look at, or the letter written."""
    content = _content(request, patient, kind, form, review)
    if request.POST.get("do") == "look":
        return _pdf(letters.pdf(kind, content, timezone.now()), "draft.pdf", inline=True)
    made = actions.write(by=actor(request), patient=patient, kind=kind, content=content)
    messages.success(request, f"{made.get_kind_display().capitalize()}: written. It stands in the list below.")
    return redirect("letters", patient.pk)


def _content(request: HttpRequest, patient: Patient, kind: str, form: LetterForm, review: Review) -> dict[str, Any]:
    about = letters.about(review, current.decision(patient), current.plan(patient), form.payer())
    fields = {name: str(form.cleaned_data.get(name) or "") for name in form.fields}
    writer = (actor(request).name, _role(request, patient))
    return letters.letter(kind, about, patient=patient, writer=writer, today=today(patient.site), fields=fields)


def _role(request: HttpRequest, patient: Patient) -> str:
    held = Membership.objects.filter(user=actor(request).user, site=patient.site).first()
    return held.get_role_display() if held else ""


def _drafted(request: HttpRequest, patient: Patient, kind: str, form: LetterForm, review: Review) -> HttpResponse:
    payer = form.payer() if form.is_bound and form.is_valid() else {}
    about = letters.about(review, current.decision(patient), current.plan(patient), payer)
    shown = {
        "patient": patient,
        "tab": "letters",
        "kind": kind,
        "title": letters.TITLES[kind],
        "form": form,
        "blocks": letters.generated(kind, about),
        "sources": about.references.listed(),
    }
    return render(request, "letters/draft.html", shown)


@patient_page("letter")
def taken(request: HttpRequest, patient: Patient, letter: int) -> HttpResponse:
    """A written letter as PDF."""
    found = get_object_or_404(Letter.objects.filter(patient=patient), pk=letter)
    made = actions.taken(by=actor(request), patient=patient, letter=found)
    return _pdf(made, f"{_name(found)}.pdf", inline=request.GET.get("look") == "1")


@patient_page("letter as FHIR")
def as_fhir(request: HttpRequest, patient: Patient, letter: int) -> HttpResponse:
    """A written letter as a FHIR R4 bundle with the PDF in it, for another system."""
    found = get_object_or_404(Letter.objects.filter(patient=patient).select_related("written_by"), pk=letter)
    made = actions.taken(by=actor(request), patient=patient, letter=found, form="FHIR")
    answer = JsonResponse(fhir.bundle(record_translate.letter(found, made)), content_type="application/fhir+json")
    answer["Content-Disposition"] = f'attachment; filename="{_name(found)}.json"'
    return answer


def _name(letter: Letter) -> str:
    """What the file of a letter is called, without its ending."""
    patient = letter.patient
    day = letter.written_at.astimezone(patient.site.zone)
    return f"{slugify(letter.get_kind_display())}-{slugify(patient.family_name) or 'patient'}-{day:%Y-%m-%d}"


def _pdf(made: bytes, name: str, *, inline: bool) -> HttpResponse:
    answer = HttpResponse(made, content_type="application/pdf")
    answer["Content-Disposition"] = f'{"inline" if inline else "attachment"}; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


urls = [
    path("patients/<int:number>/letters/", listed, name="letters"),
    path("patients/<int:number>/letters/new/<slug:kind>/", draft, name="letter-draft"),
    path("patients/<int:number>/letters/<int:letter>/", taken, name="letter"),
    path("patients/<int:number>/letters/<int:letter>/fhir/", as_fhir, name="letter-fhir"),
]
