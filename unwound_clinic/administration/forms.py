"""People and sites: an account with its role, help with a lost password, the details of a site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.db.models import QuerySet
from django.http import HttpRequest

from unwound_clinic.administration import places
from unwound_clinic.core import access, dates, locking, opening, passwords
from unwound_clinic.core.forms import SignForm
from unwound_clinic.core.numbers import WholeNumberField
from unwound_clinic.models import Membership, Role, Site, User

PROOFS = (
    "they stood before me and I know them",
    "they stood before me with an identity document",
    "a video call in which they showed an identity document",
)
"""How an administrator knows whom they help; a call or a mail is none (ASVS 6.4.4)."""
TYPED_PIN = forms.PasswordInput(attrs={"autocomplete": "off", "inputmode": "numeric", "maxlength": 8})


class HelpForm(forms.Form):
    """A new first password for a user who lost theirs; with a second administrator where the account needs two."""

    password = forms.CharField(
        label="New first password",
        help_text="At least 12 characters; the user has to change it after logging in.",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    without_second_factor = forms.BooleanField(
        required=False, label="Remove the second factor as well: the device is lost"
    )
    proof = forms.ChoiceField(
        choices=[("", "–"), *((way, way) for way in PROOFS)], required=False,
        label="How you confirmed their identity (required if the second factor is removed)",
    )  # fmt: skip
    second = forms.ModelChoiceField(User.objects.none(), label="Second administrator", empty_label="choose")
    seconds_password = forms.CharField(
        label="Their own password", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, request: HttpRequest, person: User, left: set[int], *args: Any, **kwargs: Any) -> None:
        """`left` are the sites of the person that the user does not administer."""
        super().__init__(*args, **kwargs)
        self.request, self.person = request, person
        if left:
            rows = Membership.objects.filter(site__in=left, role__in=access.PERMISSIONS["manage-people"])
            others = User.objects.filter(pk__in=rows.values("user"), is_active=True).exclude(pk=person.pk)
            self.fields["second"].queryset = others  # type: ignore[attr-defined]
        else:
            del self.fields["second"], self.fields["seconds_password"]

    def clean_password(self) -> str:
        """The password, checked by the same rules as every password."""
        validate_password(self.cleaned_data["password"], self.person)
        return str(self.cleaned_data["password"])

    def clean(self) -> dict[str, Any]:
        """With `second` as `Confirmed`, or None where one administrator is enough."""
        cleaned = super().clean() or {}
        if cleaned.get("without_second_factor") and not cleaned.get("proof"):
            self.add_error("proof", "Say how you confirmed their identity: a password alone then opens the account.")
        person, typed = cleaned.get("second"), cleaned.pop("seconds_password", None)
        cleaned["second"] = None
        if person and typed:
            confirmed = passwords.second_person(self.request, person, typed)
            if isinstance(confirmed, str):
                self.add_error("seconds_password", confirmed)
            else:
                cleaned["second"] = confirmed
        return cleaned


class SiteForm(forms.ModelForm):  # type: ignore[type-arg]
    """The details of a site."""

    class Meta:
        """All fields of a site."""

        model = Site
        fields = ("name", "country", "timezone", "phone", "emergency", "crisis_line", "letterhead", "keep_years",
                  "keep_until_age")  # fmt: skip
        labels: Mapping[str, str] = {"phone": "Telephone that patients call"}
        help_texts: Mapping[str, str] = {
            "emergency": places.PROPOSED,
            "crisis_line": places.PROPOSED,
            "letterhead": "Address as it stands at the head of letters.",
        }

    country = places.country_field()
    timezone = places.zone_field()
    keep_years = WholeNumberField(
        label="Years a record is kept after the last contact",
        required=False,
        highest=200,
        help_text="As the law of the place asks. Empty: no record is ever listed as due to be erased.",
    )
    keep_until_age = WholeNumberField(
        label="Age until which a record is kept in any case",
        required=False,
        highest=120,
        help_text="For who was a minor, where the law names an age.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["timezone"] = places.zone_field(self.instance.timezone)

    def clean(self) -> dict[str, Any]:
        """With the numbers of the country where none were typed."""
        return places.filled(super().clean() or {})


class OpeningForm(forms.Form):
    """When a site gives infusions, and how many at one time."""

    chairs = WholeNumberField(
        label="Beds and chairs for infusions",
        required=False,
        lowest=1,
        highest=200,
        help_text="No more sessions are scheduled at one time. Empty: nobody counts them.",
    )
    open_on = forms.MultipleChoiceField(
        label="Weekdays with infusions",
        choices=[(str(number), name) for number, name in enumerate(opening.WEEKDAYS)],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None ticked: every day.",
    )
    closed_days = forms.CharField(
        label="Days on which the site is closed",
        required=False,
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text="Public holidays and others, each on a line of its own: 25 Dec 2026 Christmas.",
    )

    def __init__(self, site: Site, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {
            "chairs": site.chairs,
            "open_on": list(site.open_on),
            "closed_days": "\n".join(opening.written(site)),
        }
        super().__init__(*args, **kwargs)
        self.order = dates.order_of(site.jurisdiction)

    def clean_open_on(self) -> str:
        """The numbers of the weekdays, in order."""
        return "".join(sorted(self.cleaned_data["open_on"]))

    def clean_closed_days(self) -> list[list[str]]:
        """Each day with its name; ValidationError, naming the line, for one that is no day."""
        try:
            return opening.closed_days(self.cleaned_data["closed_days"], self.order)
        except ValueError as why:
            raise forms.ValidationError(str(why)) from None


class PersonForm(forms.Form):
    """A person who is assigned a role at a site."""

    name = forms.CharField(max_length=120)
    email = forms.EmailField()
    role = forms.ChoiceField(choices=Role.choices, help_text="Beside the roles that the person has here already.")
    password = forms.CharField(
        required=False,
        label="First password",
        help_text="At least 12 characters; only for a new account. The user has to change it after the first login.",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        """The password, held to the same rules as every password, also against the name and address."""
        cleaned = super().clean() or {}
        if cleaned.get("password"):
            try:
                validate_password(
                    cleaned["password"], User(email=cleaned.get("email", ""), name=cleaned.get("name", ""))
                )
            except forms.ValidationError as reason:
                self.add_error("password", reason)
        return cleaned


class NearMissForm(forms.Form):
    """What nearly went wrong, in the words of whoever saw it."""

    site = forms.ModelChoiceField(Site.objects.none(), empty_label=None)
    what = forms.CharField(
        label="What happened, without a patient's name", max_length=4000, widget=forms.Textarea(attrs={"rows": 4})
    )
    could = forms.CharField(
        label="What harm could it have caused? (optional)", required=False, max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    page = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)

    def __init__(self, sites: QuerySet[Site], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ModelChoiceField[Site]", self.fields["site"])
        field.queryset = sites
        if len(sites) == 1:
            field.widget = forms.HiddenInput()


class NearMissAnswerForm(forms.Form):
    """What the safety owner did about it."""

    text = forms.CharField(label="Decision and action taken", max_length=4000, widget=forms.Textarea(attrs={"rows": 4}))


class SafetyOwnerForm(forms.Form):
    """Who answers for safety: somebody with a role at the site."""

    owner = forms.ModelChoiceField(User.objects.none(), label="Safety owner", required=False, empty_label="nobody yet")

    def __init__(self, site: Site, data: Any = None) -> None:
        super().__init__(data, initial={"owner": site.safety_owner})
        field = cast("forms.ModelChoiceField[User]", self.fields["owner"])
        field.queryset = User.objects.filter(memberships__site=site, is_active=True).distinct().order_by("name")


class LoosenForm(SignForm):
    """A physician answers for a file that is looser than ours, with a reason."""

    reason = forms.CharField(
        label="Why this clinic may be looser here", max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )
    digest = forms.CharField(widget=forms.HiddenInput)
    field_order = ("reason", "password", "digest")


class ReviewForm(SignForm):
    """A clinician signs that a file was reviewed as it reads now."""

    licence = forms.CharField(
        label="Your licence", max_length=120, help_text="As patients can look it up: the register and your number."
    )
    due = forms.DateField(
        label="To be looked at again by", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    note = forms.CharField(
        label="What you found (optional)", required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )
    digest = forms.CharField(widget=forms.HiddenInput)
    field_order = ("licence", "due", "note", "password", "digest")


class UnsignForm(SignForm):
    """The signature under such a file is withdrawn, with a reason."""

    reason = forms.CharField(label="Why it is withdrawn", max_length=300)
    field_order = ("reason", "password")


class PinForm(SignForm):
    """A new PIN, typed twice, with the password."""

    pin = forms.CharField(label="New PIN (4 to 8 digits; empty removes it)", required=False, widget=TYPED_PIN)
    again = forms.CharField(label="The PIN again", required=False, widget=TYPED_PIN)
    field_order = ("pin", "again", "password")

    def clean(self) -> dict[str, Any]:
        """Refuses two that differ, and one that is easily guessed."""
        cleaned = super().clean() or {}
        try:
            locking.check_pin(cleaned.get("pin", ""))
        except ValueError as why:
            self.add_error("pin", str(why))
        if cleaned.get("pin", "") != cleaned.get("again", ""):
            self.add_error("again", "The two PINs do not match.")
        return cleaned
