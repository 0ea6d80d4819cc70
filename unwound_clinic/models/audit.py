"""The chain of audit events: who did and viewed what."""

from __future__ import annotations

from django.db import models


class AuditEvent(models.Model):
    """One link of the chain: who did or viewed what, when; `digest` seals it together with the event before it."""

    number = models.PositiveBigIntegerField(unique=True)
    at = models.DateTimeField()
    who = models.CharField(max_length=160)
    user_id = models.BigIntegerField(null=True)
    action = models.CharField(max_length=60)
    patient_id = models.BigIntegerField(null=True)
    site_id = models.BigIntegerField(null=True)
    detail = models.JSONField(default=dict)
    before = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    class Meta:
        """The auditor searches by patient and by user."""

        indexes = (
            models.Index(fields=["patient_id", "number"]),
            models.Index(fields=["site_id", "number"]),
            models.Index(fields=["user_id", "number"]),
        )

    def __str__(self) -> str:
        return f"{self.number} {self.action}"


class AuditHead(models.Model):
    """The length and last digest of the chain, sealed with the key: a chain cut short is detected."""

    number = models.PositiveBigIntegerField()
    digest = models.CharField(max_length=64)
    seal = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"head at {self.number}"
