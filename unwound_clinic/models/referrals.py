"""A referral that came in: the file as it arrived, a draft of who it is about, and what became of it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from unwound_clinic.models.people import Site, User
from unwound_clinic.models.record import Patient


class Referral(models.Model):
    """A letter, picture or request from outside: never changed or deleted; it waits until somebody answers for it."""

    KINDS: ClassVar = {
        "application/pdf": "PDF",
        "image/jpeg": "picture (JPEG)",
        "image/png": "picture (PNG)",
        "image/tiff": "picture or fax (TIFF)",
        "application/fhir+json": "FHIR request of another system",
    }
    site = models.ForeignKey(Site, models.PROTECT, related_name="referrals")
    content = models.BinaryField()
    digest = models.CharField(max_length=64)
    """SHA-256 of the file."""
    name = models.CharField(max_length=120)
    """What the file was called."""
    kind = models.CharField(max_length=40, choices=list(KINDS.items()))
    """What it is by its first bytes, whatever it was called."""
    sender = models.CharField("from whom", max_length=160)
    arrived_on = models.DateField()
    received_at = models.DateTimeField()
    received_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    """Who kept it; None where a system sent it."""
    system = models.CharField("system that sent it", max_length=120, blank=True)
    """The name of the system; empty where a person kept it."""
    family_name = models.CharField(max_length=80)
    given_name = models.CharField(max_length=80, blank=True)
    birth_date = models.DateField(null=True, blank=True)
    phone = models.CharField("telephone", max_length=40, blank=True)
    asks = models.CharField("what it asks for", max_length=300, blank=True)
    patient = models.ForeignKey(Patient, models.PROTECT, null=True, related_name="referrals")
    """Whose record it is part of, once somebody has said so."""
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    answer = models.CharField(max_length=300, blank=True)
    """What became of it: accepted, or declined and why."""

    class Meta:
        """The same file comes to a site once, by a person or a system; those that wait are on every home page."""

        constraints = (
            models.UniqueConstraint(fields=["site", "digest"], name="each_referral_once"),
            models.CheckConstraint(
                condition=models.Q(received_by__isnull=False, system="")
                | models.Q(received_by__isnull=True, system__gt=""),
                name="referral_of_a_person_or_a_system",
            ),
        )
        indexes = (models.Index(fields=["site"], condition=models.Q(answered_at=None), name="waiting_referrals"),)

    def __str__(self) -> str:
        return f"referral {self.pk} from {self.sender}"

    @property
    def draft_name(self) -> str:
        """Whom it is about, as it was typed or sent."""
        return ", ".join(name for name in (self.family_name, self.given_name) if name)
