"""Consent for the team: what is valid, offering a text to the patient, withdrawal, the signed text to print."""

from __future__ import annotations

import math
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from unwound import catalogue, consents, depression, languages, pathway
from unwound.pathway import Review
from unwound.terms import Purpose
from unwound_clinic.core import access, speaking
from unwound_clinic.core.action import Conflict
from unwound_clinic.core.addresses import reads, takes
from unwound_clinic.core.page import actor, patient_page, today
from unwound_clinic.models import Patient, Role, role_title
from unwound_clinic.record import links
from unwound_clinic.record import translate as record_translate
from unwound_clinic.treatment import current
from unwound_clinic.treatment.actions import consents as treatment_consents
from unwound_clinic.treatment.forms.consent import OfferForm, offers_protocol

NAMED = 6
"""Alternatives named in the text at most."""


@patient_page("consent")
def consent(request: HttpRequest, patient: Patient) -> HttpResponse:
    """The valid consent, what was signed earlier, and the form that offers a text to the patient."""
    ordered = current.plan(patient)
    aims = current.decided_aims(patient)
    shown = {"protocol": ordered.protocol if ordered else None}
    form = OfferForm(aims, patient, today(patient.site), request.POST or None, initial=shown)
    if request.method == "POST" and form.is_valid():
        try:
            return _offer(request, patient, form)
        except Conflict as reason:
            form.add_error(None, f"{str(reason)[:1].upper()}{str(reason)[1:]}.")
    now, by, last = timezone.now(), actor(request), current.consent(patient)
    offers = patient.consent_offers.filter(consent=None, revoked_at=None).order_by("-id")
    context: dict[str, Any] = {
        "patient": patient,
        "tab": "consent",
        "form": form,
        "candidate": bool(aims),
        "last": last,
        "holds": last is not None and last.valid_on(now, last.protocol),
        "why_not": current.why_no_consent(patient, ordered.protocol if ordered else last.protocol, now) if last else (),
        "earlier": patient.consents.select_related("taken_by").order_by("-id")[1:],
        "offer": next((offer for offer in offers if current.usable(offer, now)), None),
        "may_take": access.may(by, "take-consent", patient),
        "may_withdraw": access.may(by, "withdraw-consent", patient),
        "anaesthesia_provider": role_title(Role.ANAESTHESIA, patient.site.jurisdiction),
    }
    return render(request, "treatment/consent.html", context)


def _offer(request: HttpRequest, patient: Patient, form: OfferForm) -> HttpResponse:
    """Offers the text: on this screen, which is then locked for everything else, or by a link."""
    here = form.cleaned_data["where"] == "here"
    _, token = treatment_consents.offer(
        by=actor(request), patient=patient, here=here, beside=form.beside(), **text_for(patient, form.cleaned_data)
    )
    if here:
        request.session["locked"] = True
        return redirect("consent-sign", token)
    shown = links.shown(request, reverse("consent-sign", args=[token]), token)
    return render(request, "treatment/consent_link.html", {"patient": patient, "tab": "consent", **shown})


def text_for(patient: Patient, chosen: dict[str, Any]) -> dict[str, Any]:
    """The text for this patient and protocol, and for how many days a consent to it is valid."""
    from unwound import protocols

    id = chosen["protocol"]
    protocol = protocols.protocol(id)
    language = chosen.get("text_language") or languages.ENGLISH
    translated = language in languages.others() and language not in consents.languages(protocol.aim)
    if translated and speaking.unsigned(language, "consent"):
        raise Conflict(f"no person has signed for the translation of the consent into {languages.NAMES[language]}")
    name, text = consents.consent_for(protocol.aim, languages.ENGLISH if translated else language)
    review = pathway.review(record_translate.patient(patient, today(patient.site)))
    weight = protocols.ceilings(protocol.drug).weight_kg.value
    last_day = math.ceil(max(stretch.end_h for stretch in protocols.stretches(protocol, weight)) / 24)
    return {
        "protocol": id,
        "version": f"{name} {text.version}" + (f" {_translation(language)}" if translated else ""),
        "text": consents.words(
            text,
            course=f"{protocol.title}. In medical words: {protocol.summary.text.rstrip('.')}",
            drug=protocol.drug,
            alternatives=_alternatives(review, protocol.aim),
            language=language if translated else languages.ENGLISH,
        ),
        "statements": [
            {**statement.model_dump(), "text": languages.say(statement.text, language)} for statement in text.statements
        ],
        "covers_days": math.ceil(text.start_within.value) + last_day,
    }


def _translation(language: str) -> str:
    """Which translation it was: the language and the beginning of the fingerprint of its file."""
    return f"{language} {catalogue.digest(languages.KIND, f'{language}_consent')[:8]}"


def _alternatives(review: Review, aim: str) -> list[str]:
    """What stands beside this course: for depression nothing that is meant for the pain."""
    if aim == Purpose.DEPRESSION:
        return [text.text for text in depression.knowledge().alternatives[:NAMED]]
    return [therapy.title for therapy in review.candidacy.alternatives[:NAMED]]


@patient_page("consent words")
def words(request: HttpRequest, patient: Patient) -> HttpResponse:
    """The text for one course, to be discussed or taken home."""
    chosen = request.GET.get("protocol", "")
    if not offers_protocol(current.decided_aims(patient) or (Purpose.PAIN,), chosen):
        messages.warning(request, "Choose the course first.")
        return redirect("consent", patient.pk)
    text = text_for(patient, {"protocol": chosen})
    context = {"blocks": consents.blocks(text["text"]), "statements": text["statements"]}
    return render(request, "treatment/consent_words.html", {"patient": patient, "tab": "consent", **context})


@patient_page("consent text")
def signed(request: HttpRequest, patient: Patient, consent: int) -> HttpResponse:
    """One consent as it was signed, with its signature, to be printed."""
    row = get_object_or_404(patient.consents.select_related("taken_by"), pk=consent)
    offer = getattr(row, "offer", None)
    statements = offer.statements if offer else []
    context = {
        "patient": patient,
        "tab": "consent",
        "consent": row,
        "blocks": consents.blocks(row.text),
        "intact": consents.fingerprint(row.text) == row.text_hash,
        "statements": [(statement, row.choices.get(statement["id"])) for statement in statements],
        "holds": row.valid_on(timezone.now(), row.protocol),
    }
    return render(request, "treatment/consent_signed.html", context)


@patient_page("withdraw consent")
def withdraw(request: HttpRequest, patient: Patient, consent: int) -> HttpResponse:
    """Records that the patient withdraws the consent."""
    if request.method == "POST":
        row = get_object_or_404(patient.consents, pk=consent)
        reason = request.POST.get("reason", "")
        treatment_consents.withdraw(by=actor(request), patient=patient, consent=row, reason=reason)
        messages.success(request, "Consent withdrawn. No treatment may be given under it from now on.")
    return redirect("consent", patient.pk)


@patient_page("take consent back")
def revoke_offer(request: HttpRequest, patient: Patient, offer: int) -> HttpResponse:
    """Cancels the link that was given to the patient."""
    if request.method == "POST":
        row = get_object_or_404(patient.consent_offers, pk=offer)
        treatment_consents.revoke_offer(by=actor(request), patient=patient, offer=row)
        messages.success(request, "The link was cancelled; nothing was signed.")
    return redirect("consent", patient.pk)


urls = [
    takes("patients/<int:number>/consent/", consent, name="consent"),
    reads("patients/<int:number>/consent/words/", words, name="consent-words"),
    reads("patients/<int:number>/consent/<int:consent>/", signed, name="consent-signed"),
    takes("patients/<int:number>/consent/<int:consent>/withdraw/", withdraw, name="consent-withdraw"),
    takes("patients/<int:number>/consent/offer/<int:offer>/take-back/", revoke_offer, name="consent-take-back"),
]
