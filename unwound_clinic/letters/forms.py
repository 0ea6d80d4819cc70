"""The form of a letter: what a person writes by hand around what the record says."""

from __future__ import annotations

from typing import Any

from django import forms

from unwound_clinic.models import Patient

POSITIONS = [
    ("non-coverage", "not covered"),
    ("investigational", "investigational"),
    ("conditions", "covered under conditions, or case by case"),
    ("silent", "says nothing of this treatment"),
    ("unknown", "we do not know"),
]
PAYER = ("payer", "policy", "policy_on", "position", "codes")


class LetterForm(forms.Form):
    """Whom it is for, and the words before and after the generated parts."""

    addressee = forms.CharField(label="To", max_length=600, widget=forms.Textarea(attrs={"rows": 3}))
    salutation = forms.CharField(label="Salutation", max_length=200, initial="Dear colleague,")
    opening = forms.CharField(
        label="Your words at the beginning",
        required=False,
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    closing = forms.CharField(
        label="Your words at the end", required=False, max_length=8000, widget=forms.Textarea(attrs={"rows": 4})
    )
    copies = forms.CharField(label="Copies to", required=False, max_length=300)

    def __init__(self, kind: str, *args: Any, codes: list[str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if kind == "medical-necessity":
            self.fields.update(_payer_fields(codes or []))
            self.order_fields(["addressee", "salutation", *PAYER, "opening", "closing", "copies"])
        if kind == "plain":
            del self.fields["copies"]

    def payer(self) -> dict[str, Any]:
        """The payer's policy as it was entered."""
        return {name: self.cleaned_data.get(name) for name in PAYER}

    def written(self) -> dict[str, str]:
        """Everything that was filled in, right or not, as text."""
        return {name: str(self.data.get(name, "")) for name in self.fields}


def _payer_fields(codes: list[str]) -> dict[str, forms.Field]:
    return {
        "payer": forms.CharField(label="Payer", max_length=200),
        "policy": forms.CharField(label="Name or number of its policy", max_length=300, required=False),
        "policy_on": forms.DateField(
            label="Date of the policy",
            required=False,
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        ),
        "position": forms.ChoiceField(
            label="What the policy says of ketamine infusions for this pain",
            choices=POSITIONS,
            help_text="Read it first. The letter states what you enter, also when it is non-coverage.",
            widget=forms.RadioSelect,
        ),
        "codes": forms.CharField(
            label="Diagnosis and procedure codes",
            required=False,
            max_length=600,
            help_text=f"Of this condition: {'; '.join(codes)}" if codes else "",
            widget=forms.Textarea(attrs={"rows": 2}),
        ),
    }


def usual(kind: str, patient: Patient) -> dict[str, str]:
    """What a letter begins with."""
    if kind == "plain":
        return {"addressee": patient.full_name, "salutation": f"Dear {patient.full_name},"}
    if kind == "medical-necessity":
        return {"salutation": "To the medical reviewer:"}
    return {"addressee": patient.team, "salutation": "Dear colleague,"}
