"""Patients, the entries of their record, their personal links, open alarms and emergency access."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from unwound_clinic.models import searching
from unwound_clinic.models.people import Site, User


class Stage(models.TextChoices):
    """The stage of a patient's care; stored beside the record so that lists of thousands stay quick."""

    REGISTERED = "registered", "registered"
    INTAKE = "intake", "filling in the first form"
    CONSULTATION = "consultation", "waiting for consultation"
    DECISION = "decision", "waiting for a decision"
    FIRST_LINE = "first-line", "other treatments first"
    DECLINED = "declined", "ketamine not advised"
    CONSENT = "consent", "waiting for consent"
    PLAN = "plan", "waiting for a plan"
    SECOND_CHECK = "second-check", "waiting for the second check"
    READY = "ready", "ready for the infusion"
    TREATMENT = "treatment", "in treatment"
    FOLLOW_UP = "follow-up", "in follow-up"


JOIN_LETTERS = "\u200c\u200d\u200e\u200f"
"""Unseen signs that scripts need: they join letters, keep them apart, or say from which side a word is read."""
UNSEEN_IN_A_NAME = "This contains an invisible character or a line break: delete it, or type it again."


def _is_unseen(sign: str) -> bool:
    return unicodedata.category(sign) in ("Cc", "Cf", "Zl", "Zp") and sign not in JOIN_LETTERS


class Patient(models.Model):
    """The identity of one person at one site. What is known of their pain is in the entries."""

    site = models.ForeignKey(Site, models.PROTECT, related_name="patients")
    number = models.CharField("record number", max_length=40, blank=True)
    family_name = models.CharField(max_length=80)
    given_name = models.CharField(max_length=80, blank=True)
    """Empty for who has one name only."""
    birth_date = models.DateField(null=True, blank=True)
    sex = models.CharField("sex at birth", max_length=6, choices=[("female", "female"), ("male", "male")], blank=True)
    phone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    team = models.TextField("pain, neurology or family doctor", blank=True)
    stage = models.CharField(max_length=20, choices=Stage.choices, default=Stage.REGISTERED, db_index=True)
    due_on = models.DateField(null=True, blank=True)
    due_what = models.CharField(max_length=120, blank=True)
    search = models.CharField(max_length=searching.LONGEST, editable=False)
    registered_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True, blank=True)
    """When the record was erased: what is left is its number."""
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="merged")
    """The record of the same person that this one was merged into: everything is there, and this number leads on."""

    class Meta:
        """Lists are by site, in order of the due date."""

        constraints = (
            models.UniqueConstraint(fields=["site", "number"], condition=~Q(number=""), name="one_number_a_site"),
        )
        indexes = (
            models.Index(fields=["site", "due_on", "id"]),
            models.Index(fields=["site", "stage", "due_on"]),
            models.Index(fields=["site", "family_name", "given_name"]),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """Family name first, for lists."""
        return ", ".join(name for name in (self.family_name, self.given_name) if name)

    @property
    def full_name(self) -> str:
        """Given name first, for letters."""
        return " ".join(name for name in (self.given_name, self.family_name) if name)

    def leads_to(self) -> Patient:
        """The record that this number leads to: itself, or the one that it was merged into, however often."""
        return self.merged_into.leads_to() if self.merged_into else self

    @property
    def initials(self) -> str:
        """«T. O.», for what others can read: the title of a window, a locked screen."""
        return " ".join(f"{name[:1]}." for name in (self.family_name, self.given_name) if name)

    def clean(self) -> None:
        """ValidationError for a name or number in which something stands that nobody sees, or that begins a line."""
        fields = ("family_name", "given_name", "number", "phone")
        faults = {name: UNSEEN_IN_A_NAME for name in fields if any(map(_is_unseen, getattr(self, name)))}
        if faults:
            raise ValidationError(faults)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Saves it together with the text for searches."""
        self.search = searching.text_of(
            family=self.family_name,
            given=self.given_name,
            number=self.number,
            phone=self.phone,
            born=self.birth_date,
        )
        super().save(*args, **kwargs)


class Entry(models.Model):
    """One thing that was entered about a patient. Never changed: an amendment is a new row, and the old one stays."""

    KINDS: ClassVar = [
        ("fact", "fact"),
        ("trial", "treatment tried"),
        ("answers", "questionnaire"),
        ("medication", "medicine"),
        ("allergy", "allergy"),
        ("story", "in own words"),
        ("contact", "contact"),
        ("screened", "none of these"),
        ("pain", "pain"),
        ("elsewhere", "ketamine from elsewhere"),
        ("adverse", "adverse event"),
    ]
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=12, choices=KINDS)
    key = models.CharField(max_length=80)
    """What it is about: id of a fact or a group, line of a trial, instrument and day; its newest entry is current."""
    pain = models.CharField(max_length=40, blank=True, default="")
    """The key of the pain it is about, where several are on record; empty for what is about the person."""
    value = models.JSONField(null=True)
    """None retracts the earlier value: it is unknown again."""
    on = models.DateField(null=True, blank=True)
    current = models.BooleanField(default=True)
    at = models.DateTimeField()
    by_name = models.CharField(max_length=120)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    """The user who entered it; None when the patient did."""
    reason = models.CharField(max_length=300, blank=True)
    """Why an earlier value was amended."""
    origin = models.CharField(max_length=160, blank=True)
    """Where it was imported from: a resource of a FHIR record, a case file. Empty when it was typed."""
    imported = models.ForeignKey("Imported", models.PROTECT, null=True, related_name="entries")
    """The import that wrote it; None when it was typed, amended, or imported before imports were kept."""

    class Meta:
        """One value is current at a time."""

        constraints = (
            models.UniqueConstraint(
                fields=["patient", "kind", "key", "pain"], condition=Q(current=True), name="one_current_entry"
            ),
        )
        indexes = (models.Index(fields=["patient", "kind", "key", "at"]),)

    def __str__(self) -> str:
        return f"{self.kind} {self.key} of patient {self.patient_id}"

    @property
    def is_own(self) -> bool:
        """Whether the patient entered it, through a link and without an account."""
        return self.by_id is None


def link_token() -> str:
    """A token that cannot be guessed."""
    return secrets.token_urlsafe(24)


def hash_of(token: str) -> str:
    """The hash of a token, which is stored in its place."""
    return hashlib.sha256(token.encode()).hexdigest()


class IntakeLink(models.Model):
    """A patient's personal link to the first form, which expires. Only the hash of its token is stored."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="links")
    token_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    wrong_birth_dates = models.PositiveSmallIntegerField(default=0)
    place = models.CharField(max_length=40, blank=True)
    """The page the patient was on last: a browser that was closed comes back to it."""
    language = models.CharField(max_length=2, blank=True)
    """The language the patient chose on the first page; empty until then."""

    def __str__(self) -> str:
        return f"link of patient {self.patient_id}"


class Alarm(models.Model):
    """An urgent finding of the record: a red flag, item 9. It stays open until a named person has reviewed it."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="alarms")
    finding = models.CharField(max_length=80)
    text = models.TextField()
    raised_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)
    seen_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    seen_note = models.CharField(max_length=300, blank=True)

    class Meta:
        """Open alarms are queried on every home page."""

        indexes = (models.Index(fields=["patient", "finding"], condition=Q(seen_at=None), name="open_alarms"),)

    def __str__(self) -> str:
        return self.text


class BreakGlass(models.Model):
    """Emergency access to a patient of another site: with a reason and an end, and reviewed by the auditor."""

    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="+")
    reason = models.TextField()
    at = models.DateTimeField()
    until = models.DateTimeField()
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    review_note = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"{self.user} to patient {self.patient_id}"


class PatientMerge(models.Model):
    """Two records of one person made one, by two people; what was moved is kept, so that it can be taken apart."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="merges")
    duplicate = models.ForeignKey(Patient, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    second = models.ForeignKey(User, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    moved = models.JSONField()
    """Kind of row -> the numbers of those that were moved."""
    ended = models.JSONField(default=list)
    """Entries of the duplicate that said the same as the record's own, and stopped being the current ones."""
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    undone_second = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return f"patient {self.duplicate_id} into {self.patient_id}"
