"""Who was there beside the patient and the team: guardian, interpreter, chaperone."""

from __future__ import annotations

from django.db import models

from unwound_clinic.models.people import User
from unwound_clinic.models.record import Patient


class CompanionRole(models.TextChoices):
    """What somebody was there for."""

    GUARDIAN = "guardian", "guardian or other person who decides for the patient"
    INTERPRETER = "interpreter", "interpreter"
    CHAPERONE = "chaperone", "chaperone"


class Presence(models.TextChoices):
    """How somebody took part."""

    IN_PERSON = "in-person", "in person"
    TELEPHONE = "telephone", "by telephone"
    VIDEO = "video", "by video"
    DECLINED = "declined", "offered, and declined by the patient"


class Ground(models.TextChoices):
    """On what ground somebody signs in the patient's place."""

    PARENT = "parent", "parent of a minor, with parental responsibility"
    GUARDIAN = "guardian", "guardian appointed by a court"
    ATTORNEY = "attorney", "power of attorney or proxy for health, made by the patient"
    COURT = "court", "order of a court"


class Assent(models.TextChoices):
    """What the patient said when asked, in words they understand."""

    AGREES = "agrees", "agrees"
    CANNOT = "cannot", "cannot express a will now"
    REFUSES = "refuses", "says no, or shows it"


class Companion(models.Model):
    """One person at one visit. Never changed: an error is struck out with a reason, and stays readable."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="companions")
    on = models.DateField()
    role = models.CharField(max_length=12, choices=CompanionRole)
    name = models.CharField(max_length=120, blank=True)
    """Empty only for a chaperone who was offered and declined."""
    relation = models.CharField(max_length=80, blank=True)
    language = models.CharField(max_length=60, blank=True)
    """What an interpreter interpreted from and to."""
    presence = models.CharField(max_length=12, choices=Presence, default=Presence.IN_PERSON)
    licence = models.CharField(max_length=60, blank=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    struck_at = models.DateTimeField(null=True)
    struck_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    struck_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        """Read by visit."""

        indexes = (models.Index(fields=["patient", "on"]),)

    def __str__(self) -> str:
        return self.line

    @property
    def line(self) -> str:
        """«Interpreter: Ana Testcase, Spanish, by telephone, licence 12»."""
        what = CompanionRole(self.role).value.capitalize()
        licence = f"licence {self.licence}" if self.licence else ""
        parts = (self.name, self.relation, self.language, self.get_presence_display(), licence)
        return f"{what}: {', '.join(part for part in parts if part)}"
