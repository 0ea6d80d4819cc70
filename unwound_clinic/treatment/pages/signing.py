"""Where the patient reads and signs: a link of their own, no account; ticks are kept, a signature never half."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone

from unwound import consents
from unwound_clinic.core import access
from unwound_clinic.core.action import Conflict
from unwound_clinic.models import ConsentOffer, hash_of
from unwound_clinic.treatment import current
from unwound_clinic.treatment.actions import consents as treatment_consents
from unwound_clinic.treatment.forms.consent import BirthDateForm, SignatureForm

KNOWN = "consent_offer"
"""The session's note that the birth date of this link was right."""
SOURCES = consents.Block("heading", "Sources")
"""Where the text ends for whoever signs: what follows is folded up."""


def page(request: HttpRequest, token: str) -> HttpResponse:
    """The birth date first, then the text; `do` of the form says what the patient does."""
    offers = ConsentOffer.objects.select_related("patient__site", "made_by")
    offer = get_object_or_404(offers, token_hash=hash_of(token))
    if offer.consent_id is not None and request.session.get(KNOWN) == offer.pk:
        return _shown(request, "treatment/consent_done.html", offer)
    if not current.usable(offer, timezone.now()):
        return _shown(request, "treatment/consent_closed.html", offer, status=410)
    if request.session.get(KNOWN) != offer.pk:
        return _birth_date(request, offer)
    if request.method != "POST":
        form = SignatureForm(offer.statements, initial={f"agree_{id}": yes for id, yes in offer.choices.items()})
        return _text(request, offer, form)
    return _sign(request, offer) if request.POST.get("do") == "sign" else _keep(request, offer)


def _birth_date(request: HttpRequest, offer: ConsentOffer) -> HttpResponse:
    form = BirthDateForm(request.POST if request.POST.get("do") == "open" else None)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data["birth_date"]
        by = access.of_link(offer)
        if treatment_consents.open_offer(by=by, patient=offer.patient, offer=offer, birth_date=given):
            request.session[KNOWN] = offer.pk
            return redirect(request.path)
        offer.refresh_from_db()
        if not current.usable(offer, timezone.now()):
            return _shown(request, "treatment/consent_closed.html", offer, status=410)
        form.add_error("birth_date", "That is not the date we have. Try again, or ask your team.")
    return _shown(request, "treatment/consent_open.html", offer, form=form)


def _keep(request: HttpRequest, offer: ConsentOffer) -> HttpResponse:
    """Ticks so far: sent by the page itself after each tick, or by its button."""
    form = SignatureForm(offer.statements, request.POST)
    treatment_consents.keep_choices(
        by=access.of_link(offer), patient=offer.patient, offer=offer, choices=form.choices()
    )
    if request.headers.get("X-Unwound-Keep") == "1":
        return HttpResponse(status=204)
    return redirect(request.path)


def _sign(request: HttpRequest, offer: ConsentOffer) -> HttpResponse:
    form = SignatureForm(offer.statements, request.POST)
    by, patient = access.of_link(offer), offer.patient
    if form.is_valid():
        try:
            treatment_consents.sign(
                by=by,
                patient=patient,
                offer=offer,
                choices=form.choices(),
                typed_name=form.cleaned_data["typed_name"],
                strokes=form.cleaned_data["strokes"],
                text_hash=consents.fingerprint(offer.text),
            )
            return redirect(request.path)
        except Conflict as why:
            form.add_error(None, str(why)[:1].upper() + str(why)[1:] + ".")
    if current.usable(offer, timezone.now()):
        treatment_consents.keep_choices(by=by, patient=patient, offer=offer, choices=form.choices())
    return _text(request, offer, form)


def _text(request: HttpRequest, offer: ConsentOffer, form: SignatureForm) -> HttpResponse:
    blocks = consents.blocks(offer.text)
    end = next((place for place, block in enumerate(blocks) if block == SOURCES), len(blocks))
    return _shown(
        request, "treatment/consent_sign.html", offer, form=form, blocks=blocks[:end], sources=blocks[end + 1 :]
    )


def _shown(request: HttpRequest, template: str, offer: ConsentOffer, *, status: int = 200, **more: Any) -> HttpResponse:
    shown = {"offer": offer, "patient": offer.patient, **more}
    answer = render(request, template, shown, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


urls = [path("c/<str:token>/", page, name="consent-sign")]
