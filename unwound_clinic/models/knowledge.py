"""What a physician answers for in the clinic's own knowledge."""

from __future__ import annotations

from django.db import models

from unwound_clinic.models.people import User


class KnowledgeSignature(models.Model):
    """A physician's signature under one own file that is looser than ours: these very bytes beside these of ours."""

    kind = models.CharField(max_length=60)
    name = models.CharField(max_length=120)
    content = models.TextField()
    """The file that was signed, word for word."""
    digest = models.CharField(max_length=64)
    against = models.CharField(max_length=64, blank=True)
    """Digest of the built-in file that it was compared with; empty where there is none."""
    changes = models.JSONField()
    """What was shown: every change with how it stands in both, and whether it is looser."""
    reason = models.TextField()
    signed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    withdrawn_reason = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}.toml, signed by {self.signed_by}"
