"""Hospitals' systems that ask the clinic something, open it or read it, and what they say of an answer."""

from __future__ import annotations

from typing import Any

from django.db import models

from unwound_clinic.models.people import Site, User


class HospitalSystem(models.Model):
    """A hospital's electronic record as the administrator entered it. It is ended, and a new one is made."""

    site = models.ForeignKey(Site, models.PROTECT, related_name="systems")
    name = models.CharField(max_length=120)
    issuer = models.CharField(max_length=300, blank=True)
    """Who signs its calls of CDS Hooks (`iss` of the JWT); empty: it signs none."""
    keys = models.JSONField(default=dict, blank=True)
    """The public keys (JWKS) with which its calls are signed."""
    unsigned = models.BooleanField(default=False)
    """Whether calls may come unsigned, as from a test: then nothing of our own patients is looked at."""
    origins = models.TextField(blank=True)
    """Where pages that call from a browser lie (CORS), one a line."""
    fhir_address = models.CharField(max_length=300, blank=True)
    """The FHIR server from which the clinic can be launched (SMART); empty: it cannot."""
    client_id = models.CharField(max_length=200, blank=True)
    """Under which name the clinic is registered there."""
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        """Whoever signs, and a server that launches, belong to one system."""

        constraints = (
            models.UniqueConstraint(
                fields=["issuer"],
                condition=models.Q(ended_at=None) & ~models.Q(issuer=""),
                name="one_system_an_issuer",
            ),
            models.UniqueConstraint(
                fields=["fhir_address"],
                condition=models.Q(ended_at=None) & ~models.Q(fhir_address=""),
                name="one_system_a_fhir_server",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def origin_list(self) -> tuple[str, ...]:
        """Each origin."""
        return tuple(self.origins.split())


class CardFeedback(models.Model):
    """What was done with one card, as the hospital's system reports it. It names no patient."""

    system = models.ForeignKey(HospitalSystem, models.PROTECT, related_name="feedback")
    service = models.CharField(max_length=60)
    card = models.CharField(max_length=64)
    finding = models.CharField(max_length=80, blank=True)
    """What the card was about; empty for a card that is not known (any more)."""
    outcome = models.CharField(max_length=10)
    reason = models.CharField(max_length=64, blank=True)
    comment = models.CharField(max_length=300, blank=True)
    said_at = models.CharField(max_length=40, blank=True)
    """When it was done, as the hospital's system writes it."""
    at = models.DateTimeField()

    class Meta:
        """A card is accepted or overridden once; reported by time."""

        constraints = (models.UniqueConstraint(fields=["system", "card"], name="one_feedback_a_card"),)
        indexes = (models.Index(fields=["system", "at"], name="feedback_by_time"),)

    def __str__(self) -> str:
        return f"{self.outcome}: {self.finding}"


class ReadingSystem(models.Model):
    """A system that an administrator let in at a site: its public keys and what it may see."""

    site = models.ForeignKey(Site, models.PROTECT, related_name="reading_systems")
    name = models.CharField(max_length=120)
    client_id = models.CharField(max_length=60, unique=True)
    keys: Any = models.JSONField()
    """A JWK Set of public keys; the private ones never leave the other system."""
    scopes = models.TextField()
    """SMART v2, separated by blanks: `system/Observation.rs?category=...`."""
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return self.name


class Export(models.Model):
    """An export that a system ordered: how far it has come, so that it goes on after a restart.

    What was written so far lies in a file for each type of resource in the clinic's folder.
    """

    system = models.ForeignKey(ReadingSystem, models.PROTECT, related_name="exports")
    asked_at = models.DateTimeField()
    """Everything is as it is when it is written, and no older than this."""
    request = models.TextField()
    scope = models.TextField()
    types: Any = models.JSONField(default=list)
    since = models.DateTimeField(null=True)
    stage = models.CharField(max_length=20, blank=True)
    """The stage of care whose patients are exported; empty for all."""
    last = models.BigIntegerField(default=0)
    """The last patient who was written."""
    written: Any = models.JSONField(default=dict)
    """Type of resource -> bytes and resources of its file that count; what is behind them was cut short."""
    finished_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"export {self.pk}"
