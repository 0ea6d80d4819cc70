"""What nearly went wrong, as whoever saw it wrote it down, and what was done about it."""

from __future__ import annotations

from django.db import models

from unwound_clinic.models.people import Site, User


class NearMiss(models.Model):
    """One report; what was reported is never changed, and it is answered once."""

    site = models.ForeignKey(Site, models.PROTECT, related_name="near_misses")
    what = models.TextField()
    """What happened, without a patient's name."""
    could = models.TextField(blank=True)
    """What it could have done to somebody."""
    page = models.CharField(max_length=200, blank=True)
    """The address that was open before the report, without what stands after «?»."""
    reported_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    reported_at = models.DateTimeField()
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"near miss {self.pk} at {self.site}"
