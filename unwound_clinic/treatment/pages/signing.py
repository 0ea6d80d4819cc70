"""Where the patient reads and signs: a personal link, no account. Ticks are saved; a signature is whole or absent."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from unwound import consents, languages
from unwound_clinic.core import access, speaking
from unwound_clinic.core.action import Conflict
from unwound_clinic.core.addresses import takes
from unwound_clinic.core.forms import BirthDateForm
from unwound_clinic.core.speaking import said
from unwound_clinic.models import ConsentOffer, hash_of
from unwound_clinic.treatment import current
from unwound_clinic.treatment.actions import consents as treatment_consents
from unwound_clinic.treatment.forms.consent import SignatureForm

CONFIRMED = "consent_offer"
"""Key in the browser's session: the offer for which the date of birth was confirmed."""
SOURCES = [consents.Block("heading", languages.say("Sources", language)) for language in languages.NAMES]
"""Where the patient's text ends; the sources after it are folded up."""


def page(request: HttpRequest, token: str) -> HttpResponse:
    """The date of birth first, then the text; the form's `do` says whether to sign or to save the ticks."""
    offers = ConsentOffer.objects.select_related("patient__site", "made_by")
    offer = get_object_or_404(offers, token_hash=hash_of(token))
    if request.POST.get("language") in languages.NAMES and current.usable(offer, timezone.now()):
        treatment_consents.choose_language(
            by=access.patient_link(offer), patient=offer.patient, offer=offer, language=request.POST["language"]
        )
        return redirect(request.path)
    with speaking.speaking(speaking.chosen(request, offer.language)):
        return _page(request, offer)


def _page(request: HttpRequest, offer: ConsentOffer) -> HttpResponse:
    if offer.consent_id is not None and request.session.get(CONFIRMED) == offer.pk:
        return _render(request, "treatment/consent_done.html", offer)
    if not current.usable(offer, timezone.now()):
        return _render(request, "treatment/consent_closed.html", offer, status=410)
    if request.session.get(CONFIRMED) != offer.pk:
        return _birth_date(request, offer)
    if request.method != "POST":
        form = SignatureForm(offer.statements, initial={f"agree_{id}": yes for id, yes in offer.choices.items()})
        return _text(request, offer, form)
    return _sign(request, offer) if request.POST.get("do") == "sign" else _keep(request, offer)


def _birth_date(request: HttpRequest, offer: ConsentOffer) -> HttpResponse:
    form = BirthDateForm(offer.patient.site, request.POST if request.POST.get("do") == "open" else None)
    if form.is_bound and form.is_valid():
        birth_date = form.cleaned_data["birth_date"]
        by = access.patient_link(offer)
        if treatment_consents.open_offer(by=by, patient=offer.patient, offer=offer, birth_date=birth_date):
            request.session[CONFIRMED] = offer.pk
            return redirect(request.path)
        offer.refresh_from_db()
        if not current.usable(offer, timezone.now()):
            return _render(request, "treatment/consent_closed.html", offer, status=410)
        form.add_error("birth_date", said("This is not the date of birth in our records. Try again, or ask your team."))
    return _render(request, "treatment/consent_open.html", offer, form=form)


def _keep(request: HttpRequest, offer: ConsentOffer) -> HttpResponse:
    """Saves the ticks so far: sent by the page itself after each tick, or by its button."""
    form = SignatureForm(offer.statements, request.POST)
    treatment_consents.keep_choices(
        by=access.patient_link(offer), patient=offer.patient, offer=offer, choices=form.choices()
    )
    if request.headers.get("X-Unwound-Keep") == "1":
        return HttpResponse(status=204)
    return redirect(request.path)


def _sign(request: HttpRequest, offer: ConsentOffer) -> HttpResponse:
    form = SignatureForm(offer.statements, request.POST)
    by, patient = access.patient_link(offer), offer.patient
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
        except Conflict as reason:
            form.add_error(None, said(str(reason)[:1].upper() + str(reason)[1:] + "."))
    if current.usable(offer, timezone.now()):
        treatment_consents.keep_choices(by=by, patient=patient, offer=offer, choices=form.choices())
    return _text(request, offer, form)


def _text(request: HttpRequest, offer: ConsentOffer, form: SignatureForm) -> HttpResponse:
    blocks = consents.blocks(offer.text)
    end = next((place for place, block in enumerate(blocks) if block in SOURCES), len(blocks))
    pairs = consents.beside(offer.text, speaking.now())[:end] if speaking.now() != languages.ENGLISH else ()
    return _render(
        request,
        "treatment/consent_sign.html",
        offer,
        form=form,
        blocks=blocks[:end],
        sources=blocks[end + 1 :],
        beside=pairs if any(other for _, other in pairs) else (),
    )


def _render(
    request: HttpRequest, template: str, offer: ConsentOffer, *, status: int = 200, **more: Any
) -> HttpResponse:
    spoken = speaking.words(speaking.now(), "consent", "clinic")
    context = {"offer": offer, "patient": offer.patient, **spoken, **more}
    response = render(request, template, context, status=status)
    response["Cache-Control"] = "no-store"
    return response


urls = [takes("c/<str:token>/", page, name="consent-sign")]
