"""Opened out of a hospital's record: leave is asked for, the record is read, the assessment shown, nothing kept."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from unwound import pathway
from unwound.report import glance, page
from unwound_clinic.core import access, outside
from unwound_clinic.core.action import Conflict
from unwound_clinic.core.addresses import reads, sent
from unwound_clinic.core.page import actor, today
from unwound_clinic.interfaces import actions
from unwound_clinic.interfaces.smart import launches, login, reading, sending
from unwound_clinic.interfaces.smart.login import LoginError, Token
from unwound_clinic.interfaces.smart.reading import Read
from unwound_clinic.models import HospitalSystem


def launched(request: HttpRequest) -> HttpResponse:
    """The hospital's record opens the clinic: which server, and its word for the patient that is open there."""
    iss, word = request.GET.get("iss", "").rstrip("/"), request.GET.get("launch", "")
    system = HospitalSystem.objects.filter(fhir_address=iss, ended_at=None).first() if iss else None
    if system is None or not word or len(word) > 2000:
        return _failed(request, "This address is opened by a hospital's record that the administrator entered.", 404)
    return redirect("launch-view", launches.begin(request, system.pk, word))


def view(request: HttpRequest, id: str) -> HttpResponse:
    """Asks for leave, or shows the assessment of the one patient of this launch."""
    launch, system = _launch(request, id)
    token = _token(launch)
    if token is None:
        if "asked" in launch:
            return _failed(request, "No leave to read was given. Launch again from the hospital's record.", 409)
        try:
            address, held = login.ask(system.fhir_address, system.client_id, _redirect(request), launch["launch"])
        except LoginError as reason:
            return _failed(request, str(reason), 502)
        launches.keep(request, id, {**launch, **held, "asked": True})
        return redirect(address)
    answer = reading.read(system.fhir_address, token, today(system.site))
    actions.note_launch(
        by=actor(request), site=system.site, system=system, whose=token.patient, what="read", whole=not answer.missing
    )
    return render(request, "interfaces/launch.html", _shown(id, system, token, answer))


def callback(request: HttpRequest) -> HttpResponse:
    """The hospital's server sends the browser back, with a code for the launch that asked with this state."""
    begun = launches.of_state(request, request.GET.get("state", ""))
    if begun is None:
        return _failed(request, "This answer belongs to no launch of this browser. Launch again.", 409)
    id, launch = begun
    _, system = _launch(request, id)
    code = request.GET.get("code", "")
    if not code:
        return _failed(request, "The hospital's server gave no leave to read this record.", 409)
    try:
        token = login.take(launch, system.client_id, _redirect(request), code)
    except LoginError as reason:
        return _failed(request, str(reason), 502)
    kept = {"system": launch["system"], "launch": "", "at": launch["at"], "asked": True}
    launches.keep(request, id, {**kept, "token": launches.sealed(json.dumps(asdict(token)))})
    return redirect("launch-view", id)


def send(request: HttpRequest, id: str) -> HttpResponse:
    """Sends the summary back; the record is read again first, and nothing is sent of half a record."""
    launch, system = _launch(request, id)
    token = _token(launch)
    if token is None:
        raise Conflict("there is no leave to read this record any more: launch again from the hospital's record")
    answer = reading.read(system.fhir_address, token, today(system.site))
    if answer.missing or answer.record is None:
        raise Conflict("part of the record could not be read, so no summary was sent")
    html = page.page(pathway.review(answer.record.patient), notes=answer.record.lines())
    sending.send(system.fhir_address, token, html, timezone.now())
    actions.note_launch(
        by=actor(request), site=system.site, system=system, whose=token.patient, what="sent", whole=True
    )
    messages.success(request, "The summary is in the hospital's record, marked as preliminary.")
    return redirect("launch-view", id)


def _shown(id: str, system: HospitalSystem, token: Token, answer: Read) -> dict[str, Any]:
    record = answer.record
    context: dict[str, Any] = {"id": id, "system": system, "missing": answer.missing, "record": record}
    if record is not None:
        context |= {"person": record.patient, "glance": glance.glance(record.patient), "lines": record.lines()}
    if record is not None and not answer.missing:
        context |= {"review": pathway.review(record.patient), "may_send": token.may_send}
    return context


def _launch(request: HttpRequest, id: str) -> tuple[launches.Launch, HospitalSystem]:
    launch = launches.get(request, id)
    if launch is None:
        raise Http404
    system = HospitalSystem.objects.select_related("site").filter(pk=launch["system"], ended_at=None).first()
    if system is None:
        raise Http404
    access.check_at(actor(request), "see-medical-record", system.site_id)
    return launch, system


def _token(launch: launches.Launch) -> Token | None:
    written = launches.opened(launch["token"]) if "token" in launch else ""
    return Token(**json.loads(written)) if written else None


def _redirect(request: HttpRequest) -> str:
    return outside.address(request, reverse("launch-callback"))


def _failed(request: HttpRequest, reason: str, status: int) -> HttpResponse:
    return render(request, "interfaces/launch_failed.html", {"reason": reason}, status=status)


urls = [
    reads("launch", launched, name="launch"),
    reads("from-hospital/callback/", callback, name="launch-callback"),
    reads("from-hospital/<written:id>/", view, name="launch-view"),
    sent("from-hospital/<written:id>/send/", send, name="launch-send"),
]
