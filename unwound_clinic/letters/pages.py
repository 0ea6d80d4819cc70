"""Letters: the list, a draft beside the parts from the record, the PDF as a preview and of the finished letter."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import slugify

from unwound import languages, pathway
from unwound.exchange.fhir import letters as fhir
from unwound.pathway import Review
from unwound.record import UnwoundError
from unwound.terms import Purpose
from unwound_clinic import letters
from unwound_clinic.core import access, drafts, reachable
from unwound_clinic.core.action import Conflict
from unwound_clinic.core.addresses import reads, takes
from unwound_clinic.core.page import actor, patient_page, today
from unwound_clinic.letters import actions
from unwound_clinic.letters.blocks import About, Block
from unwound_clinic.letters.forms import LetterForm, first_values, in_its_language
from unwound_clinic.models import Draft, Letter, Patient, role_title
from unwound_clinic.record import translate as record_translate
from unwound_clinic.treatment import current

KINDS = (
    ("referral", "Referral", "to another team, with findings, previous treatments and red flags"),
    ("reply", "Reply", "to the referrer: findings, decision, next steps"),
    ("medical-necessity", "Medical necessity", "to a payer: every trial with dose, duration, verdict and reason"),
    ("summary", "Summary", "to the existing pain or neurology team"),
    ("plain", "Plain words", "for the patient"),
)


@patient_page("letters")
def overview(request: HttpRequest, patient: Patient) -> HttpResponse:
    """The letters that were written, and the kinds that can be."""
    by = actor(request)
    begun = drafts.letters_begun(by.user, patient.pk)
    context: dict[str, Any] = {
        "patient": patient,
        "tab": "letters",
        "letters": patient.letters.select_related("written_by").defer("pdf", "content").order_by("-id"),
        "kinds": [(kind, name, purpose, begun.get(kind)) for kind, name, purpose in KINDS],
        "received": patient.referrals.defer("content").select_related("received_by").order_by("-arrived_on", "-id"),
        "may_write": access.may(by, "write-letter", patient),
    }
    return render(request, "letters/letters.html", context)


@patient_page("letter draft")
def draft(request: HttpRequest, patient: Patient, kind: str) -> HttpResponse:
    """The draft; `do` says whether it is saved, previewed as PDF, finished or discarded."""
    if kind not in letters.TITLES:
        raise Http404
    by = actor(request)
    access.check(by, "write-letter", patient)
    review = pathway.review(record_translate.patient(patient, today(patient.site)))
    codes = letters.codes_of(review)
    if request.method != "POST":
        begun = drafts.letters_begun(by.user, patient.pk).get(kind)
        written = {name: values[0] for name, values in begun.fields.items() if values} if begun else {}
        form = LetterForm(kind, initial={**first_values(kind, patient), **written}, codes=codes)
        return _draft_page(request, patient, kind, form, review, begun=begun)
    form = LetterForm(kind, in_its_language(kind, patient, request.POST), codes=codes)
    do = request.POST.get("do")
    if do == "drop":
        actions.drop_draft(by=by, patient=patient, kind=kind)
        return redirect("letters", patient.pk)
    if do == "keep":
        actions.keep_draft(by=by, patient=patient, kind=kind, content=form.written())
        messages.success(request, "Draft saved.")
        answer = redirect("letters", patient.pk)
        answer[drafts.KEEPS] = "1"
        return answer
    if form.is_valid():
        try:
            return _preview_or_write(request, patient, kind, form, review)
        except (Conflict, UnwoundError) as reason:
            form.add_error(None, f"{str(reason)[:1].upper()}{str(reason)[1:]}.")
    actions.keep_draft(by=by, patient=patient, kind=kind, content=form.written())
    return _draft_page(request, patient, kind, form, review)


def _preview_or_write(
    request: HttpRequest, patient: Patient, kind: str, form: LetterForm, review: Review
) -> HttpResponse:
    """The PDF as a preview, or the letter finished."""
    content = _content(request, patient, kind, form, review)
    if request.POST.get("do") == "look":
        return _pdf(letters.pdf(kind, content, timezone.now()), "draft.pdf", inline=True)
    letter = actions.write(by=actor(request), patient=patient, kind=kind, content=content)
    messages.success(request, f"{letter.get_kind_display().capitalize()}: letter finished; it is in the list below.")
    return redirect("letters", patient.pk)


def _content(request: HttpRequest, patient: Patient, kind: str, form: LetterForm, review: Review) -> dict[str, Any]:
    about = _about(patient, kind, review, form.payer())
    fields = {name: str(form.cleaned_data.get(name) or "") for name in form.fields}
    writer = (actor(request).name, _role(request, patient))
    return letters.letter(kind, about, patient=patient, writer=writer, today=today(patient.site), fields=fields)


def _about(patient: Patient, kind: str, review: Review, payer: dict[str, Any]) -> About:
    """What a letter may report; one that argues for the pain names no course for the mood."""
    plan = current.plan(patient)
    if kind == "medical-necessity" and plan is not None and current.aim_of(plan.protocol) != Purpose.PAIN:
        plan = None
    on_depression = current.decision(patient, Purpose.DEPRESSION)
    return letters.about(
        review,
        decision=current.decision(patient),
        plan=plan,
        payer=payer,
        on_depression=on_depression,
        lines=reachable.lines(patient.site),
    )


def _role(request: HttpRequest, patient: Patient) -> str:
    role = access.role_for(actor(request), "write-letter", patient.site_id)
    return role_title(role, patient.site.jurisdiction) if role else ""


def _draft_page(
    request: HttpRequest, patient: Patient, kind: str, form: LetterForm, review: Review, *, begun: Draft | None = None
) -> HttpResponse:
    payer = form.payer() if form.is_bound and form.is_valid() else {}
    about = _about(patient, kind, review, payer)
    context = {
        "patient": patient,
        "tab": "letters",
        "kind": kind,
        "title": letters.TITLES[kind],
        "form": form,
        "begun": begun,
        "blocks": _blocks(kind, about, form),
        "sources": about.references.listed(),
    }
    return render(request, "letters/draft.html", context)


def _blocks(kind: str, about: About, form: LetterForm) -> list[Block]:
    if kind != "plain":
        return letters.generated(kind, about)
    language = str(form["language"].value() or languages.ENGLISH)
    return letters.for_the_patient(about, language if language in languages.NAMES else languages.ENGLISH)


@patient_page("letter")
def as_pdf(request: HttpRequest, patient: Patient, letter: int) -> HttpResponse:
    """A finished letter as PDF."""
    row = get_object_or_404(Letter.objects.filter(patient=patient), pk=letter)
    pdf = actions.download(by=actor(request), patient=patient, letter=row)
    return _pdf(pdf, f"{_file_name(row)}.pdf", inline=request.GET.get("look") == "1")


@patient_page("letter as FHIR")
def as_fhir(request: HttpRequest, patient: Patient, letter: int) -> HttpResponse:
    """A finished letter as a FHIR R4 bundle with the PDF in it, for another system."""
    row = get_object_or_404(Letter.objects.filter(patient=patient).select_related("written_by"), pk=letter)
    pdf = actions.download(by=actor(request), patient=patient, letter=row, form="FHIR")
    response = JsonResponse(fhir.bundle(record_translate.letter(row, pdf)), content_type="application/fhir+json")
    response["Content-Disposition"] = f'attachment; filename="{_file_name(row)}.json"'
    return response


def _file_name(letter: Letter) -> str:
    """The name of a letter's file, without its extension."""
    patient = letter.patient
    day = letter.written_at.astimezone(patient.site.zone)
    return f"{slugify(letter.get_kind_display())}-{slugify(patient.family_name) or 'patient'}-{day:%Y-%m-%d}"


def _pdf(pdf: bytes, name: str, *, inline: bool) -> HttpResponse:
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'{"inline" if inline else "attachment"}; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


urls = [
    reads("patients/<int:number>/letters/", overview, name="letters"),
    takes("patients/<int:number>/letters/new/<slug:kind>/", draft, name="letter-draft"),
    reads("patients/<int:number>/letters/<int:letter>/", as_pdf, name="letter"),
    reads("patients/<int:number>/letters/<int:letter>/fhir/", as_fhir, name="letter-fhir"),
]
