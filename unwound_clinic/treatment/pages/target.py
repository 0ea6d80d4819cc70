"""Rates for a corridor of concentrations: a calculation on the plan's side, which orders nothing and drives no pump."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from unwound.record import UnwoundError
from unwound_clinic.core.addresses import reads
from unwound_clinic.core.page import actor, patient_page, today
from unwound_clinic.models import Patient
from unwound_clinic.record import translate as record_translate
from unwound_clinic.treatment import targets
from unwound_clinic.treatment.forms.target import TargetForm

if TYPE_CHECKING:
    from unwound.pharmacology.target import TargetPlan


@patient_page("target planning")
def target(request: HttpRequest, patient: Patient) -> HttpResponse:
    """The form, and below it the steps, every other model's range, and the picture."""
    from unwound import facts

    form = TargetForm(request.GET) if "model" in request.GET else TargetForm()
    known = record_translate.patient(patient, today(patient.site))
    weight, age = facts.number(known, "weight_kg"), facts.number(known, "age_years")
    kg, years = None if weight is None else round(weight, 1), None if age is None else float(int(age))
    made = _planned(form, kg, years, actor(request).name)
    asked = request.GET.copy()
    asked["kg"], asked["years"] = str(kg), "" if years is None else f"{years:g}"
    context: dict[str, Any] = {
        "patient": patient, "tab": "plan", "form": form, "kg": kg, "years": years,
        "by": actor(request).name, "made": made,
        "query": asked.urlencode(),
        "steps": _steps(made, form.cleaned_data["concentration_mg_per_ml"]) if made else (),
        "models": [(predicted, _worn(predicted.below_h)) for predicted in (made.own, *made.others)] if made else (),
    }  # fmt: skip
    return render(request, "treatment/target.html", context)


def _planned(form: TargetForm, kg: float | None, years: float | None, by: str) -> TargetPlan | None:
    if kg is None or not form.is_bound or not form.is_valid():
        return None
    try:
        return targets.planned(form.cleaned_data, kg, years, by)
    except UnwoundError as reason:
        form.add_error(None, str(reason))
        return None


def _steps(made: TargetPlan, mg_per_ml: float) -> list[tuple[float, float, float, float]]:
    """From hour, to hour, mg/h, mL/h."""
    return [(step.start_h, step.start_h + step.hours, step.mg_per_h, step.mg_per_h / mg_per_ml) for step in made.steps]


def _worn(below_h: Any) -> str:
    """Hours after the end until plasma stays below the level, in words."""
    return ", ".join("beyond two weeks" if hours is None else f"{hours:.1f} h" for hours in below_h.values())


urls = [reads("patients/<int:number>/plan/target/", target, name="plan-target")]
