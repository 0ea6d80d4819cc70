"""The form of the clinic's public page: what people ask of any clinic, and a price for each course that is offered."""

from __future__ import annotations

from typing import Any

from django import forms

from unwound.protocols import protocols
from unwound_clinic.core import money
from unwound_clinic.models import ClinicPage


def _text(label: str, help_text: str, *, required: bool = False) -> forms.CharField:
    lines = forms.Textarea(attrs={"rows": 3})
    return forms.CharField(label=label, help_text=help_text, required=required, max_length=2000, widget=lines)


class ClinicPageForm(forms.Form):
    """Each field is a question that a patient would ask; what is left empty is not shown."""

    overseer = forms.CharField(label="Who oversees the infusions", required=False, max_length=120)
    licence = forms.CharField(
        label="Their licence", required=False, max_length=120,
        help_text="As patients can look it up: the register and the number.",
    )  # fmt: skip
    team = _text("Who else is there", "One person a line: name, what they are, licence.")
    watching = _text("Who watches during an infusion", "Who is in the room, and whether all the time.")
    rescue = _text("If something goes wrong", "What is in the room, who can use it, which hospital.")
    room = _text("The room", "Private or shared, light, a bed or a chair, who may stay with you.")
    escort = _text("Going home", "Who has to come along, and until when nobody drives.")
    animals = _text("Animals in the house", "Which, and what you do for who is allergic or afraid. Or: none.")
    access = _text("Getting in", "Steps, lift, width of doors, toilet, parking, wheelchair.")
    interpreter = _text("Interpreter", "Which languages, who pays, how to ask for one.")
    currency = forms.CharField(label="Currency, as USD or GBP", required=False, max_length=20)
    included = _text("What a price includes, and what it does not", "Tests, medicines, the first visit, the watching.")
    insurers = _text("What insurers usually say", "As they told you, and how to ask one before the first infusion.")
    booking = _text("How to ask for a visit", "The telephone, the hours, the address.", required=True)
    shown = forms.BooleanField(label="Show this page to the public", required=False)

    def __init__(self, page: ClinicPage | None, *args: Any, **kwargs: Any) -> None:
        if page is not None:
            prices = {f"price-{id}": amount for id, amount in page.prices.items()}
            kwargs["initial"] = {**page.fields, **prices, "currency": page.currency, "shown": page.shown}
        super().__init__(*args, **kwargs)
        for id, course in protocols().items():
            self.fields[f"price-{id}"] = forms.CharField(
                label=f"One infusion of: {course.title}", required=False, max_length=20,
                widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
                help_text="Its price. Empty: you do not offer this course.",
            )  # fmt: skip
        last = ("included", "insurers", "booking", "shown")
        self.order_fields([name for name in self.fields if name not in last] + list(last))

    def clean_currency(self) -> str:
        """Three letters, or nothing."""
        typed = str(self.cleaned_data["currency"]).strip().upper()
        if typed and not (len(typed) == 3 and typed.isascii() and typed.isalpha()):
            raise forms.ValidationError("Three letters, as USD or GBP.")
        return typed

    def clean(self) -> dict[str, Any]:
        """Prices as amounts; a name needs its licence, and a price its currency."""
        data = super().clean() or {}
        for name in [name for name in self.fields if name.startswith("price-")]:
            try:
                data[name] = str(money.read(data[name])) if data.get(name, "").strip() else ""
            except ValueError as reason:
                self.add_error(name, str(reason))
        if data.get("overseer", "").strip() and not data.get("licence", "").strip():
            self.add_error("licence", "A name without a licence tells a patient nothing: enter it.")
        if data.get("shown") and not data.get("overseer", "").strip():
            self.add_error("overseer", "The page is shown once it says who oversees.")
        if any(data.get(name) for name in self.fields if name.startswith("price-")) and not data.get("currency"):
            self.add_error("currency", "In which currency are the prices?")
        return data

    def values(self) -> dict[str, Any]:
        """What the action takes."""
        data = self.cleaned_data
        apart = ("currency", "shown")
        prices = {name.removeprefix("price-"): data[name] for name in data if name.startswith("price-") and data[name]}
        fields = {name: data[name].strip() for name in self.base_fields if name not in apart and data[name].strip()}
        return {"fields": fields, "prices": prices, "currency": data["currency"], "shown": data["shown"]}
