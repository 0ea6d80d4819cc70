"""The corridor of concentrations that a clinician wants held; there is no default, because no source gives one."""

from __future__ import annotations

from typing import Any

from django import forms

from unwound.pharmacology import models
from unwound_clinic.core.numbers import NumberField

SITES = [
    ("plasma", "plasma"),
    ("acute_analgesia", "effect site of acute analgesia"),
    ("chronic_relief", "effect site of lasting relief"),
]
MOST_NG_PER_ML = 10_000.0


class TargetForm(forms.Form):
    """At least this, at most that, for so long, in such steps."""

    model = forms.ChoiceField(label="Model to plan with", choices=())
    at_least = NumberField(label="At least (ng/mL)", lowest=0.1, highest=MOST_NG_PER_ML, unit="ng/mL")
    at_least_site = forms.ChoiceField(label="Target site", choices=SITES)
    high_at_most = NumberField(
        label="At most where people feel high (ng/mL)", lowest=0.1, highest=MOST_NG_PER_ML, unit="ng/mL", required=False
    )
    plasma_at_most = NumberField(
        label="At most in plasma (ng/mL)", lowest=0.1, highest=MOST_NG_PER_ML, unit="ng/mL", required=False
    )
    hours = NumberField(label="For how long (hours)", lowest=0.05, highest=240, unit="h")
    step_min = NumberField(label="The rate may change every (minutes)", lowest=1, highest=1440, unit="min")
    concentration_mg_per_ml = NumberField(
        label="Concentration in the pump (mg/mL)", lowest=0.001, highest=100, unit="mg/mL"
    )
    below = NumberField(
        label="Show when plasma falls below (ng/mL)", lowest=0.1, highest=MOST_NG_PER_ML, unit="ng/mL", required=False
    )
    given = forms.CharField(
        label="Rates already given, if any",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="One line each: start hour, mg/h, hours. For example: 0, 20, 1.5",
    )
    from_h = NumberField(label="Plan from hour", lowest=0, highest=1000, unit="h", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["model"].choices = [  # type: ignore[attr-defined]
            ("", "Choose"),
            *(
                (id, f"{model.title} ({model.sampling})")
                for id, model in models.models().items()
                if not model.valid.children
            ),
        ]
