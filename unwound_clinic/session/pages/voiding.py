"""Voiding a range of readings: which probe, from when to when; how many; then why."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Max, Min
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from unwound import session
from unwound.session import Channel
from unwound_clinic.core.addresses import takes
from unwound_clinic.core.page import actor
from unwound_clinic.models import InfusionSession
from unwound_clinic.session.actions import voiding
from unwound_clinic.session.actions.voiding import Probe
from unwound_clinic.session.pages.common import session_page

FORMATS = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M")


def _time(label: str) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format=FORMATS[0])
    return forms.DateTimeField(label=label, widget=widget, input_formats=FORMATS)


class StretchForm(forms.Form):
    """Which readings, by the clock of the site."""

    probe = forms.ChoiceField(label="Monitor or probe")
    since = _time("From")
    until = _time("To")

    def __init__(self, row: InfusionSession, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = row.site.zone
        self.probes = {json.dumps([probe.sender, probe.source, probe.sign]): probe for probe in voiding.probes(row)}
        choices = [("", "choose"), *((key, probe.name) for key, probe in self.probes.items())]
        self.fields["probe"].choices = choices  # type: ignore[attr-defined]

    def clean_probe(self) -> Probe:
        """The probe that was chosen."""
        return self.probes[self.cleaned_data["probe"]]

    def clean_since(self) -> datetime:
        """The time typed is the clock of the site."""
        typed: datetime = self.cleaned_data["since"]
        return typed.replace(tzinfo=self.zone)

    def clean_until(self) -> datetime:
        """To the end of that second."""
        typed: datetime = self.cleaned_data["until"]
        return typed.replace(tzinfo=self.zone) + timedelta(seconds=0.999999)

    def clean(self) -> dict[str, Any]:
        """ValidationError for an end before the beginning."""
        cleaned = super().clean() or {}
        if {"since", "until"} <= cleaned.keys() and cleaned["until"] < cleaned["since"]:
            self.add_error("until", "The end is before the beginning.")
        return cleaned


@session_page("void readings", "run-session")
def void_readings(request: HttpRequest, row: InfusionSession) -> HttpResponse:
    """First shows the readings that would be voided and their number; then voids them, with the reason."""
    submitted = request.POST or request.GET
    form = StretchForm(row, submitted or None)
    affected = None
    if submitted and form.is_valid():
        if request.method == "POST":
            seen, reason = request.POST.get("seen", ""), request.POST.get("reason", "")
            event = voiding.readings_of(
                by=actor(request), patient=row.patient, session=row, **form.cleaned_data,
                seen=int(seen) if seen.isdecimal() and len(seen) < 10 else 0, reason=reason,
            )  # fmt: skip
            number = event.content["number"]
            messages.success(request, f"{number} readings voided; they stay in the record but are not used.")
            return redirect("session-record", row.pk)
        affected = _signs(row, form)
    context = {
        "session": row, "patient": row.patient, "site": row.site, "place": "record", "form": form, "found": affected,
        "number": sum(group["count"] for group in affected or ()),
    }  # fmt: skip
    return render(request, "session/voiding.html", context)


def _signs(row: InfusionSession, form: StretchForm) -> list[dict[str, Any]]:
    """The readings that would be voided: for each sign of each probe their number, times and range of values."""
    rows = voiding.stretch(row, **form.cleaned_data).order_by("source", "sign").values("source", "sign")
    rows = rows.annotate(count=Count("id"), first=Min("at"), last=Max("at"), lowest=Min("value"), highest=Max("value"))
    return [
        {**group, "known": session.sign(group["sign"]), "probe": Channel(group["sign"], group["source"]).probe}
        for group in rows
    ]


urls = [takes("sessions/<int:number>/strike-out/", void_readings, name="session-strike-out")]
