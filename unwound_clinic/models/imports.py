"""Outside records: what waits to be looked at, and what was brought in, so that it can be undone in one act."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from unwound_clinic.models.people import User
from unwound_clinic.models.record import Patient


class Incoming(models.Model):
    """A record that was read and waits for a person to look at it: one for each person and patient, for minutes.

    It holds what was understood, not the file. Nothing of it is the patient's record.
    """

    patient = models.ForeignKey(Patient, models.CASCADE, related_name="+")
    by = models.ForeignKey(User, models.CASCADE, related_name="+")
    at = models.DateTimeField(db_index=True)
    content = models.JSONField()
    agreed = models.BooleanField(default=False)
    """Whether a person said that it is the same person's, where spelling or missing values left that open."""

    class Meta:
        """A newer one takes the place of the one before."""

        constraints = (models.UniqueConstraint(fields=["patient", "by"], name="one_incoming_record"),)

    def __str__(self) -> str:
        return f"incoming record of patient {self.patient_id}"


class Imported(models.Model):
    """One import: which file, what its source kept back, what was not read, and whether it was undone."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="imports")
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    """Of the content of its files, whatever they are called."""
    source = models.CharField(max_length=300, blank=True)
    """The patient's address in the system it came from; a newer export of the same one replaces what changed."""
    newest = models.DateField(null=True)
    """The newest day in it: an export with an earlier one is older, and replaces nothing."""
    account = models.JSONField(default=dict)
    """What is missing, what is to be checked, what was not used, and what differed: as lines."""
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    undone_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        """The same content once, until it is undone."""

        constraints = (
            models.UniqueConstraint(
                fields=["patient", "digest"], condition=Q(undone_at=None), name="each_content_imported_once"
            ),
        )

    def __str__(self) -> str:
        return f"import {self.pk} of patient {self.patient_id}"
