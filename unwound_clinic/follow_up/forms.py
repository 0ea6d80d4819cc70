"""Forms of the staff: how a patient wants to be asked, what came of a call, who reads the answers."""

from __future__ import annotations

from django import forms

from unwound.follow_up import What
from unwound_clinic.models import FollowUp, Reading


class AgreementForm(forms.Form):
    """What the patient answered when asked whether the clinic may ask again."""

    channel = forms.ChoiceField(
        label="The patient wants to be asked", choices=FollowUp.CHANNELS, widget=forms.RadioSelect
    )


class CallForm(forms.Form):
    """What came of a call, where the patient did not answer the questions."""

    RESULTS = (
        (What.NOT_REACHED.value, "nobody was reached: call again tomorrow"),
        (What.DECLINED.value, "reached; does not want to answer this time"),
        (What.WITHDRAWN.value, "reached; wants no more messages and calls"),
        (What.DIED.value, "the patient has died"),
    )
    result = forms.ChoiceField(label="What came of the call", choices=RESULTS, widget=forms.RadioSelect)
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
