"""What is typed for an estimate and for a superbill."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from unwound_clinic.core import money
from unwound_clinic.core.forms import SignForm
from unwound_clinic.core.numbers import WholeNumberField
from unwound_clinic.treatment import bills

AMOUNT = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})


class _Priced(SignForm):
    """A price of one infusion, its currency, and the signature."""

    each = forms.CharField(label="Price of one infusion", max_length=20, widget=AMOUNT)
    currency = forms.CharField(label="Currency, as USD or GBP", max_length=3, min_length=3)

    def clean_each(self) -> Decimal:
        """An amount."""
        return self._amount("each")

    def clean_currency(self) -> str:
        """In capitals."""
        return str(self.cleaned_data["currency"]).upper()

    def _amount(self, name: str) -> Decimal:
        try:
            return money.read(str(self.cleaned_data[name]))
        except ValueError as reason:
            raise forms.ValidationError(str(reason)) from None


class EstimateForm(_Priced):
    """Infusions by price, and what comes with them."""

    number = WholeNumberField(label="Infusions", lowest=1, highest=400)
    further = forms.CharField(
        label="Other items", required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Each on a line of its own: First visit; 150",
    )  # fmt: skip
    good_until = forms.DateField(label="Valid until", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    note = forms.CharField(
        label="What is not included", required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )
    field_order = ("number", "each", "currency", "further", "good_until", "note", "password")

    def clean_further(self) -> list[tuple[str, Decimal]]:
        """Lines with their amounts."""
        try:
            return bills.items(str(self.cleaned_data["further"]))
        except ValueError as reason:
            raise forms.ValidationError(str(reason)) from None


class SuperbillForm(_Priced):
    """Codes as the clinic uses them; the sessions are those that were given."""

    code = forms.CharField(label="Code of the service", max_length=20, help_text="As your coder assigns it.")
    what = forms.CharField(label="What it stands for", max_length=200)
    diagnoses = forms.CharField(
        label="Codes of the diagnoses", max_length=400, help_text="As on the record, with commas between them."
    )
    paid = forms.CharField(label="Paid so far", max_length=20, initial="0", widget=AMOUNT)
    provider = forms.CharField(label="Treating clinician", max_length=120)
    identifier = forms.CharField(
        label="Their number, and the clinic's", max_length=200, help_text="As NPI and tax number, where you have them."
    )
    field_order = ("code", "what", "diagnoses", "each", "currency", "paid", "provider", "identifier", "password")

    def clean_paid(self) -> Decimal:
        """An amount."""
        return self._amount("paid")

    def values(self) -> dict[str, Any]:
        """What the action takes."""
        data = self.cleaned_data
        return {
            "each": data["each"], "currency": data["currency"], "paid": data["paid"],
            "service": (data["code"].strip(), data["what"].strip()), "diagnoses": data["diagnoses"].split(","),
            "provider": {"provider": data["provider"].strip(), "identifier": data["identifier"].strip()},
        }  # fmt: skip
