"""Forms of the staff: how a patient wants to be asked, what came of a call, who reads the answers."""

from __future__ import annotations

from typing import Any

from django import forms

from unwound.follow_up import What
from unwound.outcomes import Planned, Supply
from unwound.outcomes.adverse import Became, Cause, Serious, Severity
from unwound.record import UnwoundError
from unwound.terms import Drug
from unwound_clinic.core.numbers import NumberField
from unwound_clinic.follow_up import adverse, given
from unwound_clinic.models import FollowUp, Reading

DAY = {"type": "date"}


class AgreementForm(forms.Form):
    """What the patient answered when asked whether the clinic may ask again."""

    channel = forms.ChoiceField(
        label="How the patient wants to be contacted", choices=FollowUp.CHANNELS, widget=forms.RadioSelect
    )


class CallForm(forms.Form):
    """What came of a call, where the patient did not answer the questions."""

    RESULTS = (
        (What.NOT_REACHED.value, "nobody was reached: call again tomorrow"),
        (What.DECLINED.value, "reached; does not want to answer this time"),
        (What.WITHDRAWN.value, "reached; wants no more messages or calls"),
        (What.DIED.value, "the patient has died"),
    )
    result = forms.ChoiceField(label="Outcome of the call", choices=RESULTS, widget=forms.RadioSelect)
    words = forms.CharField(label="In a few words", required=False, max_length=300)


class ReadingForm(forms.ModelForm):  # type: ignore[type-arg]
    """What patients are told before they answer."""

    class Meta:
        """Both are shown to patients as they are written."""

        model = Reading
        fields = ("read_when", "acts")
        help_texts = {  # noqa: RUF012
            "read_when": "As patients read it: «on working days between 9 and 16 h; never at night or at the weekend».",
            "acts": "As patients read it: «our nurses; a doctor calls you where your mood or your safety needs it».",
        }


class PlannedForm(forms.Form):
    """The course that is asked about, and what the diary may not say."""

    hours = NumberField(label="Total hours of infusion, all days", required=False, lowest=0, highest=1000, unit="h")
    start = forms.DateField(label="First day", widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))
    relief_lost = forms.ChoiceField(
        label="Is the relief of the last course over?",
        choices=(("", "as the diary says"), ("yes", "yes, as the patient reports"), ("no", "no, it is still there")),
        required=False,
    )
    booster = forms.BooleanField(label="A scheduled booster, given before relief is lost",
                                 required=False)  # fmt: skip

    def planned(self) -> tuple[Planned, bool | None]:
        """The course asked about, and what is stated of the relief (None: the diary decides)."""
        cleaned = self.cleaned_data
        planned = Planned(start=cleaned["start"], hours=cleaned["hours"], booster=cleaned["booster"])
        return planned, {"yes": True, "no": False}.get(cleaned["relief_lost"])


class ElsewhereForm(forms.Form):
    """Ketamine that the patient had from somebody else; what is not known is left empty."""

    start = forms.DateField(label="First day", widget=forms.DateInput(attrs=DAY))
    end = forms.DateField(label="Last day", widget=forms.DateInput(attrs=DAY))
    supply = forms.ChoiceField(
        label="Source",
        choices=((Supply.ELSEWHERE, "another clinic, or a pharmacy"), (Supply.OWN, "without a prescription")),
    )
    drug = forms.ChoiceField(
        label="Drug",
        choices=(("", "not known"), (Drug.RACEMIC, "ketamine (racemic)"), (Drug.ESKETAMINE, "esketamine")),
        required=False,
    )
    mg = NumberField(label="Total dose", required=False, lowest=0, highest=1e6, unit="mg")
    hours = NumberField(
        label="Total hours of infusion (0 if nasal or oral)", required=False, lowest=0, highest=10000, unit="h"
    )

    def clean(self) -> dict[str, Any]:
        """The course in order, and not too long for its days."""
        cleaned = self.cleaned_data
        if not self.errors:
            try:
                given.course_of(self.value())
            except UnwoundError as reason:
                raise forms.ValidationError(str(reason)) from None
        return cleaned

    def value(self) -> dict[str, Any]:
        """As it is kept."""
        value = {name: part for name, part in self.cleaned_data.items() if part not in ("", None)}
        return {**value, "start": value["start"].isoformat(), "end": value["end"].isoformat()}


class AdverseForm(forms.Form):
    """One adverse event."""

    what = forms.CharField(label="What happened", max_length=300)
    began = forms.DateField(label="Start date", widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))
    ended = forms.DateField(label="End date", required=False, widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))
    severity = forms.ChoiceField(
        label="Severity", choices=[(severity.value, adverse.WORDS[severity]) for severity in Severity]
    )
    serious = forms.ChoiceField(
        label="Seriousness", choices=[(criterion.value, adverse.WORDS[criterion]) for criterion in Serious]
    )
    cause = forms.ChoiceField(
        label="Causality: relationship to ketamine", choices=[(cause.value, adverse.WORDS[cause]) for cause in Cause]
    )
    action = forms.CharField(label="Action taken (or «none»)", max_length=300)
    became = forms.ChoiceField(label="Outcome", choices=[(outcome.value, adverse.WORDS[outcome]) for outcome in Became])

    def clean(self) -> dict[str, Any]:
        """An event that does not contradict itself."""
        if not self.errors:
            try:
                adverse.event_of(self.value())
            except UnwoundError as reason:
                raise forms.ValidationError(str(reason)) from None
        return self.cleaned_data

    def value(self) -> dict[str, Any]:
        """As it is kept."""
        value = {name: part for name, part in self.cleaned_data.items() if part not in ("", None)}
        return {name: part.isoformat() if name in ("began", "ended") else part for name, part in value.items()}
