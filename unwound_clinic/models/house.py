"""What a site says of itself to the public, and what it asks of a patient in money."""

from __future__ import annotations

from django.db import models

from unwound_clinic.models.people import Site, User
from unwound_clinic.models.record import Patient
from unwound_clinic.models.signed import Plan


class ClinicPage(models.Model):
    """The public page of a site: what people ask of any clinic, in its own words."""

    site = models.OneToOneField(Site, models.PROTECT, related_name="page")
    shown = models.BooleanField(default=False)
    fields = models.JSONField(default=dict)
    """What was typed, by field."""
    prices = models.JSONField(default=dict)
    """Id of a course -> the price of one of its infusions, as typed; a course that is not there is not offered."""
    currency = models.CharField(max_length=3, blank=True)
    changed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"the public page of {self.site}"


class Bill(models.Model):
    """A good-faith estimate before a course, or a superbill after it; signed, and never changed."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="bills")
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="bills")
    kind = models.CharField(max_length=10, choices=[("estimate", "good-faith estimate"), ("superbill", "superbill")])
    content = models.JSONField()
    """Everything that stands on it: lines, codes as the clinic typed them, amounts as text, who signed."""
    signed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
