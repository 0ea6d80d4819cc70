"""The form that signs a decision."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest

from unwound.candidacy import Verdict
from unwound.report.words import DEPRESSION_VERDICTS, VERDICTS
from unwound.terms import Purpose
from unwound_clinic.core.forms import SignForm
from unwound_clinic.treatment.actions.decisions import SEEN_AGAIN, SHORTEST_REASON

Json = dict[str, Any]


class DecisionForm(SignForm):
    """Accepts or overrides the advice; nothing is preselected."""

    decided = forms.ChoiceField(label="Your decision", choices=(), widget=forms.RadioSelect)
    indication = forms.ChoiceField(label="Ketamine would be for", choices=(), required=False)
    override_reason = forms.CharField(
        label="Reason for overriding the advice",
        help_text="Needed only if you override; it is kept in the record.",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    review_on = forms.DateField(
        label="Next review on",
        help_text="Needed if ketamine is neither considered nor ruled out.",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    note = forms.CharField(label="Note", required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3}))
    seen = forms.CharField(widget=forms.HiddenInput)
    field_order = ("decided", "indication", "override_reason", "review_on", "note", "password", "seen")

    def __init__(self, request: HttpRequest, shown: Json, seen: str, today: date, aim: str = Purpose.PAIN) -> None:
        advice = shown["candidacy" if aim == Purpose.PAIN else "depression"]
        self.advised, self.today, self.for_pain = advice["verdict"], today, aim == Purpose.PAIN
        self.wording = VERDICTS if self.for_pain else DEPRESSION_VERDICTS
        evidence = advice["evidence"] if self.for_pain else None
        initial = {"seen": seen, "indication": evidence["condition"] if evidence else ""}
        super().__init__(request, request.POST or None, initial=initial, label_suffix="")
        self._set_choices("decided", self._verdicts())
        if self.for_pain:
            conditions = [(grade["condition"], grade["title"]) for grade in shown["grades"]]
            self._set_choices("indication", [("", "–"), *conditions])
        else:
            del self.fields["indication"]

    def _set_choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def _verdicts(self) -> list[tuple[str, str]]:
        """The advised verdict first, then those that would override it."""
        overrides = [(id, f"Override: {wording}") for id, wording in self.wording.items() if id != self.advised]
        return [(self.advised, f"Accept: {self.wording[self.advised]}"), *overrides]

    def clean(self) -> dict[str, Any] | None:
        """Shows beside its field what the action would refuse as well."""
        cleaned = super().clean() or {}
        decided = cleaned.get("decided")
        reason = cleaned.get("override_reason", "").strip()
        if decided and decided != self.advised and len(reason) < SHORTEST_REASON:
            self.add_error("override_reason", f"Enter a reason of at least {SHORTEST_REASON} characters.")
        if self.for_pain and decided == Verdict.CANDIDATE and not cleaned.get("indication"):
            self.add_error("indication", "Choose the condition.")
        review_on = cleaned.get("review_on")
        if decided in SEEN_AGAIN and "review_on" not in self.errors and (review_on is None or review_on <= self.today):
            self.add_error("review_on", "Enter a day after today.")
        return cleaned
