"""The fields of a place of care: its country, its time zone, and whom its patients can call.

Emergency number and crisis line are proposed from the country, as text that the clinic changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from unwound import telephones
from unwound_clinic.models import JURISDICTIONS, Site, check_number, zone_names

ELSEWHERE = ("", "another country: type its numbers below")
REGIONS = (
    "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific",
)  # fmt: skip
"""The parts of the world in whose names time zones are kept."""
PROPOSED = "Proposed from the country; call it once before you rely on it."


class WithNumbers(forms.Select):
    """A list of countries, each with the numbers that it proposes."""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The option, with the numbers beside it for the page."""
        option: dict[str, Any] = super().create_option(name, value, *args, **kwargs)
        proposed = propose(str(value))
        option["attrs"].update({f"data-{field}": text for field, text in proposed.items()})
        return option


def propose(country: str) -> Mapping[str, str]:
    """Field of a site -> the number that is proposed for the country; nothing for one that is not in the list."""
    known = telephones.countries().get(country)
    return {"emergency": known.emergency.text, "crisis_line": known.crisis.text} if known else {}


def country_field() -> forms.ChoiceField:
    """The countries whose numbers are known, and «another»."""
    listed = sorted(telephones.countries().items(), key=lambda entry: entry[1].name)
    choices = [ELSEWHERE, *((code, country.name) for code, country in listed)]
    return forms.ChoiceField(label="Country", choices=choices, required=False, widget=WithNumbers)


def zone_field(chosen: str = "") -> forms.ChoiceField:
    """The time zones by region and town, with the one chosen before; the browser proposes its own where none is."""
    others = [chosen] if chosen not in ("", "UTC") and chosen.partition("/")[0] not in REGIONS else []
    by_region = [(region, [(name, _town(name)) for name in names]) for region, names in _zones().items()]
    choices = [("", "choose"), *((name, name) for name in ("UTC", *others)), *by_region]
    widget = forms.Select(attrs={"data-own-zone": ""})
    return forms.ChoiceField(label="Time zone", choices=choices, widget=widget)


def _zones() -> Mapping[str, list[str]]:
    """Region -> its zones by town; the old names of countries and of clocks («Cuba», «EST5EDT») are left out."""
    places = sorted(zone_names(), key=_town)
    return {region: [name for name in places if name.startswith(f"{region}/")] for region in REGIONS}


def _town(name: str) -> str:
    """«New York», «Buenos Aires (Argentina)»."""
    *_, within, town = name.replace("_", " ").split("/") if name.count("/") > 1 else ("", "", name)
    return f"{town} ({within})" if within else town.partition("/")[2].replace("_", " ")


def number_fields() -> Iterable[tuple[str, forms.CharField]]:
    """Telephone, emergency number and crisis line of a place."""
    dialled = forms.TextInput(attrs={"autocomplete": "off"})
    yield (
        "phone",
        forms.CharField(
            label="Telephone that patients call",
            max_length=60,
            validators=[check_number],
            required=False,
            widget=dialled,
        ),
    )
    for name, label, longest in (("emergency", "Emergency number", 60), ("crisis_line", "Crisis line", 120)):
        yield name, forms.CharField(
            label=label, max_length=longest, validators=[check_number], required=False, help_text=PROPOSED,
            widget=forms.TextInput(attrs={"autocomplete": "off"}),
        )  # fmt: skip


class PlaceForm(forms.Form):
    """A place of care; what is empty and can be proposed from the country is."""

    name = forms.CharField(label="Name of the site", max_length=120)
    country = country_field()
    timezone = zone_field()
    phone, emergency, crisis_line = (field for _, field in number_fields())

    def clean_name(self) -> str:
        """Refuses the name of another site."""
        name = str(self.cleaned_data["name"])
        if Site.objects.filter(name__iexact=name).exists():
            raise forms.ValidationError("There is a site of this name already.")
        return name

    def clean(self) -> dict[str, Any]:
        """With the numbers of the country where none were typed."""
        return filled(super().clean() or {})

    def place(self) -> dict[str, str]:
        """The fields of the site."""
        return {name: self.cleaned_data[name] for name in PlaceForm.base_fields}


def filled(cleaned: dict[str, Any]) -> dict[str, Any]:
    """The fields, with what the country proposes in place of what is empty."""
    for name, text in propose(cleaned.get("country", "")).items():
        cleaned[name] = cleaned.get(name) or text
    return cleaned


def with_jurisdiction(fields: Mapping[str, str]) -> dict[str, str]:
    """The fields of a site with the jurisdiction that follows from the country, where one is named."""
    if "country" not in fields:
        return dict(fields)
    return {**fields, "jurisdiction": JURISDICTIONS.get(fields["country"], "")}
