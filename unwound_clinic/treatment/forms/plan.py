"""The forms of a plan: choosing a course, ordering it, checking it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpRequest

from unwound_clinic.core.forms import SignForm
from unwound_clinic.treatment.forms.consent import protocol_choices

DRUGS = [("", "Choose"), ("racemic", "racemic ketamine"), ("esketamine", "esketamine")]


class CourseForm(forms.Form):
    """The course and the solution; calculating it orders nothing."""

    protocol = forms.ChoiceField(label="Course", choices=())
    concentration_mg_per_ml = forms.FloatField(
        label="Concentration of the solution in the pump (mg/mL)",
        widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
    )
    drug = forms.ChoiceField(label="Drug in the vial", choices=DRUGS)
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
    seen_total_mg = forms.FloatField(widget=forms.HiddenInput)
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

    weight_kg = forms.FloatField(
        label="Weight you measured (kg)", min_value=0, widget=forms.NumberInput(attrs={"step": "any"})
    )
    total_mg = forms.FloatField(
        label="Total amount of the whole course you calculated (mg, one decimal)",
        min_value=0,
        widget=forms.NumberInput(attrs={"step": "any"}),
    )
    note = forms.CharField(label="Note", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))

    field_order = ("weight_kg", "total_mg", "note", "password")
