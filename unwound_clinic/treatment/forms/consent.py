"""The forms of a consent: offering it to the patient, the date of birth, the signature."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms

from unwound import consents, languages
from unwound.terms import Purpose
from unwound_clinic.core import speaking
from unwound_clinic.core.speaking import said
from unwound_clinic.models import Assent, Companion, CompanionRole, Ground, Patient
from unwound_clinic.treatment import companions
from unwound_clinic.treatment.companions import Beside

WHERE = [
    ("here", "On this screen, now: hand it to the patient"),
    ("away", "On the patient's own device: create a link"),
]


AIMS: Mapping[str, str] = {Purpose.PAIN: "For the pain", Purpose.DEPRESSION: "For the depression"}

Choices = list[tuple[str, str]]


def protocol_choices(aims: Sequence[str] = (Purpose.PAIN,)) -> list[tuple[str, str | Choices]]:
    """Every protocol with one of these aims, as choices; several aims are kept apart under their headings."""
    from unwound import protocols

    groups = [
        (AIMS[aim], [(id, protocol.title) for id, protocol in protocols.protocols().items() if protocol.aim == aim])
        for aim in aims
    ]
    listed = groups if len(groups) > 1 else [choice for _, choices in groups for choice in choices]
    return [("", "Choose"), *listed]


def offers_protocol(aims: Sequence[str], id: str) -> bool:
    """Whether a protocol stands among the choices for these aims."""
    from unwound import protocols

    return id in protocols.protocols() and protocols.protocol(id).aim in aims


def _english_first(language: str) -> tuple[bool, str]:
    return language != languages.ENGLISH, language


class OfferForm(forms.Form):
    """Which course, where the text is signed, and that it was discussed with the patient."""

    protocol = forms.ChoiceField(label="For which course", choices=())
    talked = forms.BooleanField(
        label="I have discussed this with the patient and answered their questions",
        error_messages={"required": "First discuss it with the patient; then the text can be signed."},
    )
    text_language = forms.ChoiceField(label="Language of the text", choices=(), required=False)
    language = forms.CharField(
        label="Discussed in another language", max_length=60, required=False,
        help_text="The interpreter must then be named below.",
    )  # fmt: skip
    interpreter = forms.ModelChoiceField(
        Companion.objects.none(), label="Interpreter", required=False, empty_label="none"
    )
    proxy = forms.ModelChoiceField(
        Companion.objects.none(), label="Signs for the patient", required=False, empty_label="nobody"
    )
    ground = forms.ChoiceField(label="Legal ground", choices=[("", "–"), *Ground.choices], required=False)
    assent = forms.ChoiceField(
        label="When asked too, the patient", choices=[("", "–"), *Assent.choices], required=False
    )
    assent_words = forms.CharField(label="In the patient's own words", max_length=300, required=False)
    where = forms.ChoiceField(label="Where it is read and signed", choices=WHERE, widget=forms.RadioSelect)

    def __init__(self, aims: Sequence[str], patient: Patient, day: date, *args: Any, **kwargs: Any) -> None:
        """Interpreter and who signs in the patient's place are those recorded for the visit of that day."""
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["protocol"].choices = protocol_choices(aims)
        spoken = {language for aim in aims for language in consents.languages(aim)} or {languages.ENGLISH}
        spoken |= {language for language in languages.others() if not speaking.unsigned(language, "consent")}
        fields["text_language"].choices = [(language, language) for language in sorted(spoken, key=_english_first)]
        for name, role in (("interpreter", CompanionRole.INTERPRETER), ("proxy", CompanionRole.GUARDIAN)):
            there = companions.present(patient, day, role)
            fields[name].queryset = Companion.objects.filter(pk__in=[row.pk for row in there])

    def beside(self) -> Beside:
        """Who takes part beside the patient."""
        names = ("proxy", "ground", "assent", "assent_words", "language", "interpreter")
        return Beside(**{name: self.cleaned_data[name] for name in names})


class SignatureForm(forms.Form):
    """What was ticked, and the signature: drawn as strokes, or the name typed."""

    typed_name = forms.CharField(
        label="Your full name", max_length=120, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    strokes = forms.CharField(required=False, max_length=200_000, widget=forms.HiddenInput)

    def __init__(self, statements: list[dict[str, Any]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.statements = statements
        for statement in statements:
            text = said(statement["text"])
            label = text if statement["needed"] else f"{text} ({said('optional')})"
            field = forms.BooleanField(label=label, required=False)
            field.english = statement["text"] if text != statement["text"] else ""  # type: ignore[attr-defined]
            self.fields[f"agree_{statement['id']}"] = field

    def choices(self) -> dict[str, bool]:
        """Statement -> whether it is ticked."""
        ids = [statement["id"] for statement in self.statements]
        return {id: bool(self.data.get(f"agree_{id}")) for id in ids}

    def agreements(self) -> list[forms.BoundField]:
        """The fields of the statements, in order."""
        return [self[f"agree_{statement['id']}"] for statement in self.statements]

    def clean_strokes(self) -> list[Any] | None:
        """The strokes as lists; None where nothing was drawn."""
        text = self.cleaned_data["strokes"]
        if not text:
            return None
        try:
            strokes = json.loads(text)
        except ValueError:
            strokes = None
        if not isinstance(strokes, list):
            raise forms.ValidationError(said("The drawing could not be read: please draw it again, or type your name."))
        return strokes or None
