"""The forms of a plan: choosing a course, ordering it, checking it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from django import forms
from django.http import HttpRequest

from unwound_clinic.core.forms import SignForm
from unwound_clinic.core.numbers import NumberField
from unwound_clinic.treatment.forms.consent import protocol_choices
from unwound_clinic.treatment.second_check import WorkedOut

WEIGHTS = [("", "actual"), ("ideal", "ideal"), ("adjusted", "adjusted"), ("lean", "lean")]
DRUGS = [("", "Choose"), ("racemic", "racemic ketamine"), ("esketamine", "esketamine")]


class CourseForm(forms.Form):
    """The course and the solution; calculating it orders nothing."""

    protocol = forms.ChoiceField(label="Course", choices=())
    concentration_mg_per_ml = NumberField(
        label="Concentration of the solution in the pump (mg/mL)", lowest=0.001, highest=100, unit="mg/mL"
    )
    drug = forms.ChoiceField(label="Drug in the vial", choices=DRUGS)
    weight_basis = forms.ChoiceField(
        label="Dosing weight",
        required=False,
        choices=WEIGHTS,
        help_text="Any weight other than the actual one is your decision and appears in the order under your name.",
    )
    start_on = forms.DateField(
        label="Day of the first infusion, if scheduled",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    despite = forms.MultipleChoiceField(required=False, choices=[], widget=forms.CheckboxSelectMultiple)

    def __init__(self, aims: Sequence[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["protocol"].choices = protocol_choices(aims)  # type: ignore[attr-defined]
        ids = self.data.getlist("despite") if hasattr(self.data, "getlist") else []
        self.fields["despite"].choices = [(id, id) for id in ids]  # type: ignore[attr-defined]


class OrderForm(SignForm):
    """The order, signed with the password."""

    note = forms.CharField(
        label="Note to the team", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    seen_total_mg = NumberField(widget=forms.HiddenInput)
    reason = forms.CharField(label="Reason for changing the order", required=False, max_length=300)

    def __init__(self, request: HttpRequest, *args: Any, changes: bool = False, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        if changes:
            self.fields["reason"].required = True
        else:
            del self.fields["reason"]
        self.order_fields(["reason", "note", "seen_total_mg", "password"])


class CheckForm(SignForm):
    """What the second person weighed and calculated."""

    weight_kg = NumberField(label="Weight you measured (kg)", lowest=0, unit="kg")
    total_mg = NumberField(
        label="Total amount of the whole course you calculated (mg, one decimal)", lowest=0, unit="mg"
    )
    concentration_mg_per_ml = NumberField(
        label="Concentration of the solution (mg/mL)",
        lowest=0.001,
        highest=100,
        unit="mg/mL",
        help_text="As you read or work it out from the label of the solution that will be used.",
    )
    first_rate_ml_per_h = NumberField(
        label="First rate of the pump you calculated (mL/h, one decimal)", lowest=0, unit="mL/h"
    )
    note = forms.CharField(label="Note", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))

    field_order = ("weight_kg", "total_mg", "concentration_mg_per_ml", "first_rate_ml_per_h", "note", "password")

    def worked_out(self) -> WorkedOut:
        """The numbers, to be compared with the order."""
        return WorkedOut(**{field.name: self.cleaned_data[field.name] for field in fields(WorkedOut)})
