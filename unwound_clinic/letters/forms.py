"""The form of a letter: what is written by hand before and after the parts from the record."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict

from unwound import languages, letter_texts
from unwound_clinic.core.speaking import chosen_by, said, speaking
from unwound_clinic.models import Patient

POSITIONS = [
    ("non-coverage", "not covered"),
    ("investigational", "investigational"),
    ("conditions", "covered under conditions, or case by case"),
    ("silent", "silent on this treatment"),
    ("unknown", "not known"),
]
PAYER = ("payer", "policy", "policy_on", "position", "codes")


LANGUAGE_HELP = (
    "Of the part from the record; what you write yourself is not translated. Until your clinic has signed the "
    "translation, the English text is printed below it, and the letter says so."
)


class LetterForm(forms.Form):
    """The addressee, and the text before and after the generated parts."""

    addressee = forms.CharField(label="To", max_length=600, widget=forms.Textarea(attrs={"rows": 3}))
    salutation = forms.CharField(label="Salutation", max_length=200, initial="Dear colleague,")
    opening = forms.CharField(
        label="Opening text",
        required=False,
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    closing = forms.CharField(
        label="Closing text", required=False, max_length=8000, widget=forms.Textarea(attrs={"rows": 4})
    )
    copies = forms.CharField(label="Copies to", required=False, max_length=300)

    def __init__(self, kind: str, *args: Any, codes: list[str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if kind == "medical-necessity":
            self.fields.update(_payer_fields(codes or []))
            self.order_fields(["addressee", "salutation", *PAYER, "opening", "closing", "copies"])
        if kind == "plain":
            del self.fields["copies"]
            self.fields["language"] = forms.ChoiceField(
                label="Language", choices=list(languages.NAMES.items()), initial=languages.ENGLISH,
                help_text=LANGUAGE_HELP, required=False,
            )  # fmt: skip
            self.order_fields(["addressee", "language"])

    def payer(self) -> dict[str, Any]:
        """The payer's policy as entered."""
        return {name: self.cleaned_data.get(name) for name in PAYER}

    def written(self) -> dict[str, str]:
        """Everything that was filled in, valid or not, as text."""
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
            label="Position of the policy on ketamine infusions for this pain",
            choices=POSITIONS,
            help_text="Read the policy first. The letter states what you enter, even if it is non-coverage.",
            widget=forms.RadioSelect,
        ),
        "codes": forms.CharField(
            label="Diagnosis and procedure codes",
            required=False,
            max_length=600,
            help_text=f"For this condition: {'; '.join(codes)}" if codes else "",
            widget=forms.Textarea(attrs={"rows": 2}),
        ),
    }


def first_values(kind: str, patient: Patient) -> dict[str, str]:
    """What the form of a new letter holds."""
    to = {"plain": patient.full_name, "medical-necessity": ""}.get(kind, patient.team)
    if kind != "plain":
        return {"addressee": to, **letter_texts.letter_text(kind).filled(patient.full_name)}
    language = chosen_by(patient) or languages.ENGLISH
    return {"addressee": to, "language": language, **_texts(kind, patient, language)}


def in_its_language(kind: str, patient: Patient, typed: QueryDict) -> QueryDict:
    """What was sent, with the first texts that nobody changed in the language that is chosen now."""
    language = typed.get("language", "")
    if kind != "plain" or language not in languages.NAMES:
        return typed
    following = typed.copy()
    for name, text in _texts(kind, patient, language).items():
        others = {_texts(kind, patient, other)[name] for other in languages.NAMES}
        if typed.get(name, "").replace("\r\n", "\n").strip() in {other.strip() for other in others} - {""}:
            following[name] = text
    return following


def _texts(kind: str, patient: Patient, language: str) -> dict[str, str]:
    """Salutation, opening and closing as the form of a new letter holds them, in a language."""
    texts = letter_texts.letter_text(kind).filled(patient.full_name)
    with speaking(language):
        return {name: said(text) for name, text in texts.items()}
