"""The forms of a session: appointment, check-in, the assessment of the day, and what is entered at the bedside."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django import forms
from django.http import HttpRequest

from unwound import instruments, session, units
from unwound.catalogue import plain
from unwound.exchange import device_words
from unwound.exchange.device_codes import Coding
from unwound.session import charted_doses
from unwound.terms import Fasting
from unwound_clinic.core import access, opening, passwords
from unwound_clinic.core.dates import BirthDateField
from unwound_clinic.core.numbers import NumberField, WholeNumberField, ends_in_words, written
from unwound_clinic.models import InfusionSession, Membership, Patient, Site, User
from unwound_clinic.session import order
from unwound_clinic.session.actions import preparation
from unwound_clinic.session.vials import Vial

ASA_CLASSES = ("I", "II", "III", "IV", "V")
YES_NO = [("yes", "Yes"), ("no", "No")]


def number(label: str, low: float, high: float, unit: str = "", *, required: bool = False) -> NumberField:
    """A number within the plausible range."""
    ends = ends_in_words(low, high)
    help_text = f"{unit}, {ends}" if unit else ends
    return NumberField(label=label, required=required, lowest=low, highest=high, unit=unit, help_text=help_text)


def _measured(sign: str, value: float, unit: str) -> float | None:
    """A value in the unit of the sign, from any unit that a monitor may send it in; None where it is none of these."""
    ours = device_words.converted(sign, value, Coding(code=unit))
    return ours if isinstance(ours, float) else units.convert(value, unit, session.sign(sign).unit)


class SignsForm(forms.Form):
    """Values of vital signs, each only where something was entered; an implausible one has to be re-entered."""

    def __init__(self, ids: tuple[str, ...], *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", f"{kwargs.get('prefix') or 'now'}_%s")
        super().__init__(*args, **kwargs)
        for id in ids:
            sign = session.sign(id)
            field = number(sign.short, sign.lowest.value, sign.highest.value, sign.unit)
            field.in_unit = partial(_measured, id)
            self.fields[id] = field
            if sign.scale is not None:
                self.fields[id].help_text = sign.scale.text

    def clean(self) -> dict[str, Any]:
        """Refuses a pair in the wrong order."""
        cleaned = super().clean() or {}
        for id, wrong in session.out_of_order(self.values()).items():
            self.add_error(id, wrong)
        return cleaned

    def values(self) -> dict[str, float]:
        """Sign -> value."""
        return {id: value for id, value in self.cleaned_data.items() if value is not None}


class AppointmentForm(forms.Form):
    """Time, bed and supervising clinician."""

    at = forms.DateTimeField(
        label="Date and time of the session",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M"],
    )
    bed = forms.CharField(max_length=40, required=False, help_text="As its monitor names it; can be chosen later.")
    provider = forms.ModelChoiceField(
        User.objects.none(), label="Supervised by", required=False, empty_label="to be named"
    )
    although_closed = forms.BooleanField(label="Also on days when the site is closed", required=False)

    def __init__(self, site: Site, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.site = site
        if not opening.is_said(site):
            del self.fields["although_closed"]
        who = Membership.objects.filter(site=site, role__in=session.states.PRESCRIBERS).values("user")
        self.fields["provider"].queryset = User.objects.filter(pk__in=who, is_active=True)  # type: ignore[attr-defined]

    def clean_at(self) -> datetime:
        """The time typed is local time at the site."""
        typed: datetime = self.cleaned_data["at"]
        return typed.replace(tzinfo=self.site.zone)


class CheckInForm(forms.Form):
    """Two identifiers, stated by the patient and compared by the form where possible."""

    name = forms.BooleanField(required=False)
    birth_date = BirthDateField(label="Date of birth, as stated by the patient", required=False)
    number = forms.CharField(label="Record number, from wristband or card", required=False, max_length=40)
    photograph = forms.BooleanField(label="Photo ID compared", required=False)
    bed = forms.CharField(max_length=40, help_text="Exactly as its monitor names it: readings are matched by bed.")

    def __init__(self, patient: Patient, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = f"The patient stated their full name: {patient.full_name}"
        self.fields["birth_date"].typed_at(patient.site.jurisdiction)  # type: ignore[attr-defined]

    def identifiers(self) -> dict[str, str]:
        """The identifiers that were compared."""
        answers = self.cleaned_data
        compared = {"name": "said" if answers["name"] else "", "photograph": "seen" if answers["photograph"] else ""}
        compared["birth-date"] = answers["birth_date"].isoformat() if answers["birth_date"] else ""
        compared["record-number"] = answers["number"].strip()
        return {name: value for name, value in compared.items() if value}


def _filled(form: forms.Form) -> dict[str, Any]:
    """The fields filled in; a box counts as open until it is ticked, and as no where it was ticked before."""
    answers = {name: value for name, value in form.cleaned_data.items() if value is not None and value != ""}
    return {name: value for name, value in answers.items() if value is not False or form.initial.get(name)}


def _not_asked(row: InfusionSession) -> Iterator[str]:
    """The fields that do not apply to the patient or to the setting of the order."""
    setting = order.setting_of(row)
    by = setting.fasting_by if setting else Fasting.HOURS
    if row.patient.sex == "male":
        yield from ("pregnancy_possible", "pregnancy_test", "tested_on")
    if by != Fasting.HOURS:
        yield from ("hours_without_food", "hours_without_drink")
    if by != Fasting.OWN:
        yield "fasting_rule_kept"
    if setting and setting.stays:
        yield "driver"


class TodayForm(forms.Form):
    """The assessment of the day; every field may be left open and filled later."""

    weight_kg = number("Weight today", 20, 300, "kg")
    hours_without_food = number("Hours since the last food", 0, 72)
    hours_without_drink = number("Hours since the last clear fluid", 0, 72)
    fasting_rule_kept = forms.ChoiceField(
        label="Has the patient fasted according to your unit's policy?",
        required=False,
        choices=YES_NO,
        widget=forms.RadioSelect,
    )
    driver = forms.CharField(label="Escort home (name)", required=False, max_length=120)
    pregnancy_possible = forms.ChoiceField(
        label="Could the patient be pregnant?", required=False, choices=YES_NO, widget=forms.RadioSelect
    )
    pregnancy_test = forms.ChoiceField(
        label="Pregnancy test",
        required=False,
        choices=[("negative", "Negative"), ("positive", "Positive")],
        widget=forms.RadioSelect,
    )
    tested_on = forms.DateField(label="Tested on", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    rescue_checked = forms.BooleanField(label="Rescue drugs available and in date", required=False)
    suction_checked = forms.BooleanField(label="Suction tested today", required=False)
    asa_class = forms.ChoiceField(
        label="ASA physical status", required=False, choices=[("", ""), *((word, word) for word in ASA_CLASSES)]
    )
    airway = forms.CharField(
        label="Airway", required=False, max_length=80, help_text="As examined: «Mallampati 2, opens 4 cm, no dentures»."
    )
    iv_access = forms.CharField(
        label="IV access", required=False, max_length=60, help_text="Site and gauge: «left forearm, 20 G»."
    )
    oxygen_by = forms.CharField(
        label="Oxygen", required=False, max_length=60, help_text="«room air», or device and flow: «nasal 2 L/min»."
    )
    carrier_ml_per_h = number("Carrier fluid beside the pump, where there is one", 0, 1000, "mL/h")

    def __init__(self, row: InfusionSession, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in _not_asked(row):
            del self.fields[name]

    def answers(self) -> dict[str, Any]:
        """The answers filled in."""
        answers = _filled(self)
        for name in ("fasting_rule_kept", "pregnancy_possible"):
            if name in answers:
                answers[name] = answers[name] == "yes"
        if "tested_on" in answers:
            answers["tested_on"] = answers["tested_on"].isoformat()
        return answers


class VialForm(forms.Form):
    """A vial at drawing up, each field only where it is known; a scan answers most of them."""

    scanned = forms.CharField(
        label="Scan of the vial", required=False, max_length=200, strip=False,
        help_text="GS1 barcode, scanned or typed: «(01)…(17)…(10)…».",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    ml = number("Volume drawn up", 0.01, 1000, "mL")
    mg_per_ml = number("Strength on the label", 0.01, 1000, "mg/mL")
    holds_ml = number("Volume of the full vial", 0.1, 1000, "mL")
    expires_on = forms.DateField(label="Expiry", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    opened_at = forms.DateTimeField(
        label="First opened (vial for several doses)", required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}), input_formats=["%Y-%m-%dT%H:%M"],
    )  # fmt: skip

    def __init__(self, site: Site, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.site = site

    def clean_opened_at(self) -> datetime | None:
        """The time typed is local time at the site."""
        typed: datetime | None = self.cleaned_data["opened_at"]
        return typed.replace(tzinfo=self.site.zone) if typed else None

    def vial(self) -> Vial:
        """What was filled in."""
        known = self.cleaned_data
        strength, holds = (
            None if known[name] is None else Decimal(written(known[name])) for name in ("mg_per_ml", "holds_ml")
        )
        return Vial(
            scanned=known["scanned"], mg_per_ml=strength, holds_ml=holds, expires_on=known["expires_on"],
            opened_at=known["opened_at"],
        )  # fmt: skip


class SecondPersonForm(forms.Form):
    """Another member of the team, with their own password: `confirmed` once it is correct."""

    person = forms.ModelChoiceField(User.objects.none(), label="Second person", empty_label="choose")
    password = forms.CharField(
        label="Their own password", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, request: HttpRequest, site: Site, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        roles = access.PERMISSIONS["run-session"]
        team = Membership.objects.filter(site=site, role__in=roles).exclude(user=request.user.pk).values("user")
        self.fields["person"].queryset = User.objects.filter(pk__in=team, is_active=True)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """`Confirmed`; ValidationError unless the password is that person's."""
        cleaned = super().clean() or {}
        person, password = cleaned.get("person"), cleaned.get("password")
        if person and password:
            confirmed = passwords.second_person(self.request, person, password)
            wrong = f"Incorrect password for {person.name}; nothing was signed."
            if isinstance(confirmed, str):
                self.add_error("password", confirmed if confirmed == passwords.LOCKED else wrong)
            else:
                cleaned["confirmed"] = confirmed
        return cleaned


class DrawingWitnessForm(SecondPersonForm):
    """Who watched a controlled drug being drawn up, or why nobody did."""

    alone = forms.CharField(label="If there was no witness: the reason", required=False, max_length=300)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].label = "Witness to the drawing up"
        for name in ("person", "password"):
            self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        """Somebody with their own password, or a reason."""
        cleaned = super().clean()
        if not self.errors and not cleaned.get("confirmed") and not charted_doses.is_reason(cleaned.get("alone", "")):
            self.add_error(
                "person",
                "The witness, somebody else, confirms with their own password; without a witness, enter the reason.",
            )
        return cleaned


class StockForm(SecondPersonForm):
    """What two people counted of one drug and strength."""

    drug = forms.CharField(label="Drug", max_length=80)
    strength = forms.CharField(label="Strength and size", max_length=60, help_text="As on the label: «500 mg/10 mL».")
    received = WholeNumberField(label="Received since the last count", highest=100_000, initial=0)
    removed = WholeNumberField(label="Removed since the last count", highest=100_000, initial=0)
    counted = WholeNumberField(label="Counted now", highest=100_000)
    reason = forms.CharField(label="Reason, if this is not the expected count", max_length=300, required=False)
    informed = forms.CharField(label="Who was informed", max_length=120, required=False)
    field_order = ("drug", "strength", "received", "removed", "counted", "reason", "informed", "person", "password")

    def counted_now(self) -> dict[str, Any]:
        """The count, with the second person."""
        names = ("drug", "strength", "received", "removed", "counted", "reason", "informed")
        return {"witness": self.cleaned_data["confirmed"], **{name: self.cleaned_data[name] for name in names}}


class PrepareForm(SecondPersonForm):
    """What the second person reads and works out, and who they are."""

    weight = number("Weight you read on the scale today", 20, 300, "kg", required=True)
    concentration = number("Concentration on the label of the syringe", 0.001, 100, "mg/mL", required=True)
    first_rate = number("First rate of the pump that you calculated", 0, 2000, "mL/h", required=True)
    field_order = ("weight", "concentration", "first_rate", "person", "password")

    def syringe(self) -> preparation.Syringe:
        """The numbers, to be compared with the order."""
        return preparation.Syringe(
            weight_kg=self.cleaned_data["weight"],
            concentration_mg_per_ml=self.cleaned_data["concentration"],
            first_rate_ml_per_h=self.cleaned_data["first_rate"],
        )


class LeavingForm(forms.Form):
    """The assessment before the patient leaves."""

    aldrete = number("Aldrete score", 0, 10)
    padss = number("PADSS (discharge score)", 0, 10)
    escort_present = forms.BooleanField(label="Escort present", required=False)
    when_to_call_given = forms.BooleanField(label="«When to call» page given", required=False)
    told_not_to_drive = forms.BooleanField(label="Advised not to drive, for as long as that page says", required=False)
    next_call = forms.DateField(
        label="Follow-up call on", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, escort: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if escort:
            self.fields["escort_present"].label = f"Escort present: {escort}"
        for id in ("aldrete", "padss"):
            ready = next(band for band in instruments.instrument(id).bands if band.id == "ready")
            self.fields[id].help_text = f"0 to 10; {plain(ready.at_least.value)} or more: {ready.title}"

    def answers(self) -> dict[str, Any]:
        """The answers filled in."""
        answers = _filled(self)
        if "next_call" in answers:
            answers["next_call"] = answers["next_call"].isoformat()
        return answers
