"""An outside record: chosen, looked at before anything of it is on record, brought in, and undone."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from unwound.record import UnwoundError, long_day
from unwound_clinic.core import access
from unwound_clinic.core.action import Conflict
from unwound_clinic.core.addresses import takes
from unwound_clinic.core.page import actor, patient_page, show_alarms, today
from unwound_clinic.models import Entry, Imported, Patient
from unwound_clinic.record import (
    comparing,
    import_preview,
    import_words,
    imported_records,
    importing,
    undoing,
    whose_record,
)
from unwound_clinic.record.actions import imports
from unwound_clinic.record.entries import current
from unwound_clinic.record.forms.importing import ImportForm, UndoForm


@patient_page("import")
def choose(request: HttpRequest, patient: Patient) -> HttpResponse:
    """The files of a record are chosen; what was imported before is listed. Another person's file stops here."""
    access.check(actor(request), "record-facts", patient)
    form = ImportForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {"patient": patient, "tab": "consultation", "form": form, "imports": _imports(patient)}
    if request.method == "POST" and form.is_valid():
        record = _read(form, patient)
        if record is not None:
            likeness = whose_record.likeness(patient, record)
            if likeness.differs:
                imports.refuse(by=actor(request), patient=patient, record=record, kinds=likeness.kinds)
                return render(request, "record/import.html", {**context, "differs": likeness.differs}, status=409)
            return _next(request, patient, record)
    return render(request, "record/import.html", context)


def _read(form: ImportForm, patient: Patient) -> importing.Record | None:
    """The record in the files; None, with what is wrong beside the field, where they cannot be read."""
    try:
        record = importing.read_files(form.read(), today(patient.site))
        importing.stored(record)  # refuses what nobody could look at
    except UnwoundError as reason:
        form.add_error("record", f"{reason}. Nothing was kept.")
        return None
    return record


def _next(request: HttpRequest, patient: Patient, record: importing.Record) -> HttpResponse:
    """What is shown after a file was read: where it was brought in before, or what is in it."""
    before = imported_records.brought_in(patient, record)
    if before is not None:
        when = long_day(before.at.astimezone(patient.site.zone))
        messages.info(request, f"This file was imported before, on {when} by {before.by.name}: it adds nothing new.")
        return redirect("imported", patient.pk, before.pk)
    imports.look(by=actor(request), patient=patient, record=record)
    return redirect("import-preview", patient.pk)


@patient_page("import preview")
def preview(request: HttpRequest, patient: Patient) -> HttpResponse:
    """What waits: first whether it is the same person, then what is in it; brought in or set aside."""
    by = actor(request)
    access.check(by, "record-facts", patient)
    if request.method == "POST":
        return _answered(request, patient)
    waits = imported_records.waiting(by, patient)
    if waits is None:
        messages.info(request, "No file is waiting to be reviewed: choose it again.")
        return redirect("import", patient.pk)
    incoming, record = waits
    likeness = whose_record.likeness(patient, record)
    context = {"patient": patient, "tab": "consultation", "record": record}
    if likeness.differs or (likeness.asked and not incoming.agreed):
        return render(request, "record/import_person.html", {**context, "likeness": likeness})
    rows = current(patient)
    comparison = comparing.compare(record, rows, comparing.before(patient, record))
    shown = import_preview.preview(patient, record, comparison, rows, today(patient.site))
    return render(request, "record/import_preview.html", {**context, "preview": shown})


def _answered(request: HttpRequest, patient: Patient) -> HttpResponse:
    by, answer = actor(request), request.POST.get("answer", "")
    if answer == "same":
        imports.agree(by=by, patient=patient)
        return redirect("import-preview", patient.pk)
    if answer == "aside":
        imports.set_aside(by=by, patient=patient)
        messages.info(request, "Nothing was imported, and none of the file was kept.")
        return redirect("import", patient.pk)
    if answer != "import":
        raise Conflict("choose whether to import what is shown")
    ticked = imports.Ticked(
        for_pain=request.POST.getlist(import_preview.FOR_PAIN),
        as_prescribed=request.POST.getlist(import_preview.AS_PRESCRIBED),
        gone=request.POST.getlist("gone"),
    )
    imported, raised = imports.bring_in(by=by, patient=patient, shown=request.POST.get("shown", ""), ticked=ticked)
    show_alarms(request, raised)
    messages.success(request, f"Imported from {imported.name}: {imported_records.still_there(imported)} values.")
    return redirect("imported", patient.pk, imported.pk)


@patient_page("imported")
def imported(request: HttpRequest, patient: Patient, row: int) -> HttpResponse:
    """One import: what it entered, what was not read, what its source kept back; and undoing it in one act."""
    brought = get_object_or_404(Imported.objects.select_related("by", "undone_by"), patient=patient, pk=row)
    form = UndoForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        stays = imports.undo(by=actor(request), patient=patient, number=row, reason=reason)
        messages.success(request, f"The import from {brought.name} is undone; its values stay in the history.")
        if stays:
            messages.info(request, f"Entered since, and left as it is: {'; '.join(stays)}")
        return redirect("imported", patient.pk, row)
    entered = Entry.objects.filter(imported=brought).exclude(value=None).exclude(key=importing.INCOMPLETE)
    context = {
        "patient": patient,
        "tab": "consultation",
        "imported": brought,
        "entered": [(entry, import_words.of_entry(entry)) for entry in entered.order_by("id")],
        "undone": None if brought.undone_at else undoing.plan(brought),
        "signed": patient.decisions.filter(signed_at__gt=brought.at).exists(),
        "form": form,
        "first": import_preview.FIRST,
        "may": access.may(actor(request), "record-facts", patient),
    }
    return render(request, "record/imported.html", context)


def _imports(patient: Patient) -> list[Imported]:
    return list(patient.imports.select_related("by", "undone_by").order_by("-id"))


urls = [
    takes("patients/<int:number>/consultation/import/", choose, name="import"),
    takes("patients/<int:number>/consultation/import/preview/", preview, name="import-preview"),
    takes("patients/<int:number>/consultation/import/<int:row>/", imported, name="imported"),
]
