"""The form by which an administrator enters a hospital's system."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.db.models import QuerySet
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from unwound_clinic.models import Site

MOST_KEYS = 20


class SystemForm(forms.Form):
    """One hospital's record: who signs its calls, from where its pages call, from which server it launches."""

    site = forms.ModelChoiceField(queryset=Site.objects.none(), empty_label=None)
    name = forms.CharField(label="Name of the system", max_length=120)
    issuer = forms.CharField(
        label="Issuer of its calls",
        max_length=300,
        required=False,
        help_text="«iss» of the JWT with which it signs calls of CDS Hooks.",
    )
    keys = forms.CharField(
        label="Its public keys",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text="A JSON Web Key Set, as the hospital publishes it; no private key.",
    )
    unsigned = forms.BooleanField(
        label="Calls may come unsigned (for a test)",
        required=False,
        help_text="Whoever reaches this address is then answered; nothing of this clinic's patients is looked at.",
    )
    origins = forms.CharField(
        label="Where its pages lie",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text="Only for calls from a browser: https://record.example.org, one a line.",
    )
    fhir_address = forms.CharField(
        label="FHIR server it launches from",
        max_length=300,
        required=False,
        help_text="For SMART App Launch: the base address, as it stands in «iss» of the launch.",
    )
    client_id = forms.CharField(label="Client id that the hospital gave us", max_length=200, required=False)

    def __init__(self, sites: QuerySet[Site], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["site"].queryset = sites  # type: ignore[attr-defined]

    def clean_keys(self) -> dict[str, Any]:
        """The keys; ValidationError for what is no set of public keys."""
        written = self.cleaned_data["keys"].strip()
        if not written:
            return {}
        try:
            keys = json.loads(written)
            listed = keys["keys"]
            if not listed or len(listed) > MOST_KEYS:
                raise forms.ValidationError(f"There have to be 1 to {MOST_KEYS} keys.")
            if any(key.get("kty") not in ("RSA", "EC", "OKP") for key in listed):
                raise forms.ValidationError("Only public keys sign calls: RSA, EC or OKP.")
            if any("d" in key for key in listed):
                raise forms.ValidationError("This is a private key. It was not kept; the hospital has to replace it.")
            KeySet.import_key_set(keys)
        except (JoseError, ValueError, TypeError, KeyError, AttributeError):
            raise forms.ValidationError('This is no JSON Web Key Set: {"keys": [...]}.') from None
        return {"keys": listed}

    def clean_origins(self) -> str:
        """The origins, one a line; ValidationError for one that is more or less than an origin."""
        origins = self.cleaned_data["origins"].split()
        for origin in origins:
            parts = _parts(origin)
            if parts is None or origin != f"{parts.scheme}://{parts.netloc}":
                raise forms.ValidationError(f"The form is https://record.example.org, not «{origin[:80]}».")
        return "\n".join(origins)

    def clean_fhir_address(self) -> str:
        """The base address without its last slash; https, or this machine for a test."""
        address: str = self.cleaned_data["fhir_address"].strip().rstrip("/")
        parts = _parts(address)
        if address and (parts is None or parts.query or parts.fragment or "@" in parts.netloc):
            raise forms.ValidationError("The form is https://fhir.example.org/r4.")
        if address and parts and parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise forms.ValidationError("A record travels over https only.")
        return address

    def clean(self) -> dict[str, Any]:
        """What belongs together comes together."""
        fields: dict[str, Any] = super().clean() or {}
        if bool(fields.get("issuer")) != bool(fields.get("keys")) and not self.errors:
            raise forms.ValidationError("An issuer needs its keys, and keys need their issuer.")
        if bool(fields.get("fhir_address")) != bool(fields.get("client_id")) and not self.errors:
            raise forms.ValidationError("A FHIR server needs the client id that it knows this clinic by.")
        asks = fields.get("issuer") or fields.get("unsigned") or fields.get("fhir_address")
        if not asks and not self.errors:
            raise forms.ValidationError("Enter who signs its calls, or the FHIR server it launches from.")
        return fields


def _parts(address: str) -> Any:
    """The parts of an address of the web; None for anything else."""
    try:
        parts = urlsplit(address)
        return parts if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 else None
    except ValueError:
        return None
