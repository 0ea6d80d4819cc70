"""What a physician answers for in the clinic's own knowledge, and which files clinicians of the clinic reviewed."""

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


class FileReview(models.Model):
    """A clinician's signature under one knowledge file as it was: void for any other text of it."""

    kind = models.CharField(max_length=60)
    name = models.CharField(max_length=120)
    content = models.TextField()
    """The file that was reviewed, word for word."""
    digest = models.CharField(max_length=64)
    """Of what it says, see `catalogue.body_digest`."""
    reviewer = models.CharField(max_length=120)
    licence = models.CharField(max_length=120)
    reviewed_on = models.DateField()
    due = models.DateField()
    """When it is to be looked at again."""
    note = models.TextField(blank=True)
    site = models.ForeignKey("Site", models.PROTECT, related_name="+")
    signed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    withdrawn_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        """Looked up by file."""

        indexes = (models.Index(fields=["kind", "name"], name="reviews_of_a_file"),)

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}.toml, reviewed by {self.reviewer}"
