"""A file of readings into a session: a table, or a WFDB record."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from unwound.exchange.readings import Batch, ReadingsError
from unwound.exchange.readings_csv import LIMIT_BYTES, read_csv
from unwound.exchange.wfdb_record import read_header, read_record
from unwound_clinic.core import access, seen
from unwound_clinic.core.addresses import takes
from unwound_clinic.core.page import actor, check_whose
from unwound_clinic.models import InfusionSession, Site
from unwound_clinic.monitors import actions, arrivals
from unwound_clinic.monitors.arrivals import Arrival
from unwound_clinic.monitors.forms import FileForm


def import_readings(request: HttpRequest, number: int) -> HttpResponse:
    """Readings of a file into one session, once."""
    session = get_object_or_404(InfusionSession.objects.select_related("patient__site", "site"), pk=number)
    access.check(actor(request), "run-session", session.patient)
    check_whose(request, session.patient)
    seen.viewed(by=actor(request), patient=session.patient, page="readings of a file")
    form = FileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            arrived, batch = _read(form, session.site)
        except ReadingsError as reason:
            form.add_error(None, str(reason))
        else:
            actions.import_file(by=actor(request), patient=session.patient, session=session, arrived=arrived)
            messages.success(request, _summary(batch))
            return redirect("bring-in", session.pk)
    return render(request, "monitors/file_import.html", {"session": session, "patient": session.patient, "form": form})


def _read(form: FileForm, site: Site) -> tuple[Arrival, Batch]:
    file, signals = form.cleaned_data["table"], form.cleaned_data["signals"]
    raw, now = _bytes(file), timezone.now()
    if file.name.endswith(".hea"):
        raw, batch = _record(raw, signals, form.cleaned_data["start"], site)
    else:
        batch = read_csv(raw, received_at=now, zone=site.zone, device=f"file {file.name}")
    if not batch.readings:
        raise ReadingsError("the file contains no reading that could be charted; nothing was imported")
    return arrivals.from_batch(raw, batch, now, sender=f"file {file.name}"), batch


def _record(
    header: bytes, signals: UploadedFile[bytes] | None, start: datetime | None, site: Site
) -> tuple[bytes, Batch]:
    """A WFDB record in the site's zone; header and signals together are what came."""
    if signals is None or start is None:
        raise ReadingsError("a WFDB record needs its signal file and its start time")
    text, data = header.decode("utf-8", "replace"), _bytes(signals)
    names = {signal.file for signal in read_header(text).signals}
    if len(names) != 1:
        raise ReadingsError(f"a record with one signal file is needed, not {len(names)}")
    begins = start.replace(tzinfo=site.zone)
    return header + b"\n" + data, read_record(text, dict.fromkeys(names, data), start=begins)


def _bytes(file: UploadedFile[bytes]) -> bytes:
    if (file.size or 0) > LIMIT_BYTES:
        raise ReadingsError(f"more than {LIMIT_BYTES / 1e6:.0f} MB: split it and import the parts")
    return bytes(file.read())


def _summary(batch: Batch) -> str:
    """The outcome of the import."""
    parts = [f"{len(batch.readings)} readings charted"]
    if batch.quarantined:
        parts.append(f"{len(batch.quarantined)} held for review, with the reason")
    if batch.not_charted:
        parts.append("not charted here: " + ", ".join(sorted({code.code for code in batch.not_charted})[:10]))
    return "; ".join(parts) + "."


urls = [takes("sessions/<int:number>/readings/", import_readings, name="bring-in")]
