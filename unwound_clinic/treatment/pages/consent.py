"""Consent for the team: what holds, laying a text before the patient, withdrawing, the signed words to print."""

from __future__ import annotations

import math
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone

from unwound import consents, pathway
from unwound_clinic.core import access
from unwound_clinic.core.page import actor, patient_page, today
from unwound_clinic.models import Patient
from unwound_clinic.record import translate as record_translate
from unwound_clinic.treatment import current
from unwound_clinic.treatment.actions import consents as treatment_consents
from unwound_clinic.treatment.forms.consent import OfferForm, protocol_choices

NAMED = 6
"""Alternatives named in the text at most."""


@patient_page("consent")
def consent(request: HttpRequest, patient: Patient) -> HttpResponse:
    """What holds, what was signed before, and the form that lays a text before the patient."""
    ordered = current.plan(patient)
    form = OfferForm(request.POST or None, initial={"protocol": ordered.protocol if ordered else None})
    if request.method == "POST" and form.is_valid():
        return _laid_before(request, patient, form)
    now, by, last = timezone.now(), actor(request), current.consent(patient)
    offers = patient.consent_offers.filter(consent=None, revoked_at=None).order_by("-id")
    shown: dict[str, Any] = {
        "patient": patient,
        "tab": "consent",
        "form": form,
        "candidate": current.is_candidate(patient),
        "last": last,
        "holds": last is not None and last.valid_on(now, last.protocol),
        "why_not": current.why_no_consent(patient, ordered.protocol if ordered else last.protocol, now) if last else (),
        "earlier": patient.consents.select_related("taken_by").order_by("-id")[1:],
        "offer": next((one for one in offers if current.usable(one, now)), None),
        "may_take": access.may(by, "take-consent", patient),
        "may_withdraw": access.may(by, "withdraw-consent", patient),
    }
    return render(request, "treatment/consent.html", shown)


def _laid_before(request: HttpRequest, patient: Patient, form: OfferForm) -> HttpResponse:
    """The text, the link, and on the clinic's tablet a screen that is locked for everything else."""
    here = form.cleaned_data["where"] == "here"
    _, token = treatment_consents.offer(
        by=actor(request), patient=patient, here=here, **text_for(patient, form.cleaned_data)
    )
    if here:
        request.session["locked"] = True
        return redirect("consent-sign", token)
    address = request.build_absolute_uri(reverse("consent-sign", args=[token]))
    return render(request, "treatment/consent_link.html", {"patient": patient, "tab": "consent", "address": address})


def text_for(patient: Patient, chosen: dict[str, Any]) -> dict[str, Any]:
    """The words for this patient and protocol, and how long a consent to them holds."""
    from unwound import protocols

    id = chosen["protocol"]
    known = protocols.protocol(id)
    name, text = consents.consent_for(known.aim)
    review = pathway.review(record_translate.patient(patient, today(patient.site)))
    weight = protocols.ceilings(known.drug).weight_kg.value
    last_day = math.ceil(max(one.end_h for one in protocols.stretches(known, weight)) / 24)
    return {
        "protocol": id,
        "version": f"{name} {text.version}",
        "text": consents.words(
            text,
            course=f"{known.title}. In medical words: {known.summary.text.rstrip('.')}",
            drug=known.drug,
            alternatives=[one.title for one in review.candidacy.alternatives[:NAMED]],
        ),
        "statements": [one.model_dump() for one in text.statements],
        "covers_days": math.ceil(text.start_within.value) + last_day,
    }


@patient_page("consent words")
def words(request: HttpRequest, patient: Patient) -> HttpResponse:
    """The words for one course, to be talked through or taken home."""
    chosen = request.GET.get("protocol", "")
    if chosen not in dict(protocol_choices()) or not chosen:
        messages.warning(request, "Choose the course first.")
        return redirect("consent", patient.pk)
    text = text_for(patient, {"protocol": chosen})
    shown = {"blocks": consents.blocks(text["text"]), "statements": text["statements"]}
    return render(request, "treatment/consent_words.html", {"patient": patient, "tab": "consent", **shown})


@patient_page("consent text")
def signed(request: HttpRequest, patient: Patient, consent: int) -> HttpResponse:
    """One consent word for word with its signature, to be printed."""
    found = get_object_or_404(patient.consents.select_related("taken_by"), pk=consent)
    offer = getattr(found, "offer", None)
    shown = {
        "patient": patient,
        "tab": "consent",
        "consent": found,
        "blocks": consents.blocks(found.text),
        "intact": consents.fingerprint(found.text) == found.text_hash,
        "statements": [(one, found.choices.get(one["id"])) for one in (offer.statements if offer else [])],
        "holds": found.valid_on(timezone.now(), found.protocol),
    }
    return render(request, "treatment/consent_signed.html", shown)


@patient_page("withdraw consent")
def withdraw(request: HttpRequest, patient: Patient, consent: int) -> HttpResponse:
    """The patient takes it back."""
    if request.method == "POST":
        found = get_object_or_404(patient.consents, pk=consent)
        reason = request.POST.get("reason", "")
        treatment_consents.withdraw(by=actor(request), patient=patient, consent=found, reason=reason)
        messages.success(request, "The consent is withdrawn. Nothing may be given on it from now on.")
    return redirect("consent", patient.pk)


@patient_page("take consent back")
def take_back(request: HttpRequest, patient: Patient, offer: int) -> HttpResponse:
    """The link that was given to the patient stops working."""
    if request.method == "POST":
        found = get_object_or_404(patient.consent_offers, pk=offer)
        treatment_consents.revoke_offer(by=actor(request), patient=patient, offer=found)
        messages.success(request, "The link does not work any more; nothing was signed.")
    return redirect("consent", patient.pk)


urls = [
    path("patients/<int:number>/consent/", consent, name="consent"),
    path("patients/<int:number>/consent/words/", words, name="consent-words"),
    path("patients/<int:number>/consent/<int:consent>/", signed, name="consent-signed"),
    path("patients/<int:number>/consent/<int:consent>/withdraw/", withdraw, name="consent-withdraw"),
    path("patients/<int:number>/consent/offer/<int:offer>/take-back/", take_back, name="consent-take-back"),
]
