"""Two records of one person: compared, made one by two people, and taken apart again."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from unwound_clinic.core import access, seen
from unwound_clinic.core.action import Conflict
from unwound_clinic.core.addresses import takes
from unwound_clinic.core.page import actor, patient_page
from unwound_clinic.front.forms import MergeForm, OtherRecordForm
from unwound_clinic.models import Patient
from unwound_clinic.record import same_person
from unwound_clinic.record.actions import merging
from unwound_clinic.session.forms import SecondPersonForm


@patient_page("records of one person")
def records(request: HttpRequest, patient: Patient) -> HttpResponse:
    """The other record by its number, then both beside each other, then the merge; and what was merged, to undo."""
    by, do = actor(request), request.POST.get("do", "") if request.method == "POST" else ""
    if do:
        access.check(by, "merge-patients", patient)
    asked = OtherRecordForm(patient, request.POST if do in ("look", "merge") else None)
    other = asked.cleaned_data["other"] if asked.is_bound and asked.is_valid() else None
    form = MergeForm(request, patient.site, request.POST if do == "merge" else None)
    apart = SecondPersonForm(request, patient.site, request.POST if do == "apart" else None, prefix="apart")
    if other is not None:
        seen.viewed(by=by, patient=other, page="records of one person")
    if do == "merge" and other is not None and form.is_valid() and _merge(request, patient, other, form):
        return redirect("patient", patient.pk)
    if do == "apart" and apart.is_valid():
        row = get_object_or_404(patient.merges, pk=_number(request.POST.get("merged", "")))
        merging.take_apart(by=by, patient=patient, merged=row, second=apart.cleaned_data["confirmed"])
        messages.success(request, f"Merge undone: record {row.duplicate_id} is a separate record again.")
        return redirect("patient-merge", patient.pk)
    context: dict[str, Any] = {
        "patient": patient, "tab": "overview", "asked": asked, "other": other, "form": form, "apart": apart,
        "against": same_person.against(patient, other) if other else (),
        "merges": patient.merges.select_related("duplicate", "by", "second", "undone_by").order_by("-id"),
        "may": access.may(by, "merge-patients", patient),
    }  # fmt: skip
    return render(request, "front/merge.html", context)


def _merge(request: HttpRequest, patient: Patient, other: Patient, form: MergeForm) -> bool:
    """Merges: whether it was done; what speaks against it stands on the form."""
    fields = form.cleaned_data
    try:
        merging.merge(
            by=actor(request), patient=patient, duplicate=other, second=fields["confirmed"], reason=fields["reason"]
        )
    except Conflict as reason:
        form.add_error(None, f"{str(reason)[:1].upper()}{str(reason)[1:]}.".replace("..", "."))
        return False
    messages.success(request, f"Record {other.pk} was merged into this one; its number leads here from now on.")
    return True


def _number(written: str) -> int:
    return int(written) if written.isdecimal() and len(written) < 19 else 0


urls = [takes("patients/<int:number>/merge/", records, name="patient-merge")]
