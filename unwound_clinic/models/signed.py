"""What people signed: decisions, orders, consents, letters, each with all that was shown."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models

from unwound_clinic.models.people import User
from unwound_clinic.models.record import Patient


class Decision(models.Model):
    """What a named person decided, with all they were shown; it can be computed again."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="decisions")
    known = models.JSONField()
    """The library's patient, as it was."""
    shown = models.JSONField()
    """The review, as it was shown."""
    version = models.CharField(max_length=40)
    data_fingerprint = models.CharField(max_length=80)
    advised = models.CharField(max_length=30)
    decided = models.CharField(max_length=30)
    indication = models.CharField(max_length=80, blank=True)
    override_reason = models.TextField(blank=True)
    note = models.TextField(blank=True)
    signed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.decided} for patient {self.patient_id}"

    @property
    def overridden(self) -> bool:
        """Whether the person decided otherwise than advised."""
        return self.advised != self.decided


class Plan(models.Model):
    """An order: the protocol with its doses for one patient, and the independent second check."""

    STATES: ClassVar = [
        ("ordered", "waiting for the second check"),
        ("checked", "checked by a second person"),
        ("refused", "refused at the second check"),
        ("replaced", "replaced by a newer order"),
        ("cancelled", "cancelled"),
        ("done", "given"),
    ]
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="plans")
    decision = models.ForeignKey(Decision, models.PROTECT, related_name="plans")
    protocol = models.CharField(max_length=80)
    weight_kg = models.FloatField()
    concentration_mg_per_ml = models.FloatField()
    shown = models.JSONField()
    """The plan as it was shown: doses, ceilings, checks, stop rules."""
    version = models.CharField(max_length=40)
    data_fingerprint = models.CharField(max_length=80)
    state = models.CharField(max_length=12, choices=STATES, default="ordered")
    note = models.TextField(blank=True)
    ordered_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    ordered_at = models.DateTimeField()
    checked_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    checked_at = models.DateTimeField(null=True)
    check_note = models.TextField(blank=True)
    replaces = models.ForeignKey("self", models.PROTECT, null=True, related_name="replaced_by")
    change_reason = models.CharField(max_length=300, blank=True)
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    start_on = models.DateField(null=True, blank=True)
    despite = models.JSONField(default=list)
    """Ids of relative stops on which whoever ordered it decided otherwise; why stands in `note`."""
    checked_weight_kg = models.FloatField(null=True)
    checked_total_mg = models.FloatField(null=True)
    """What the second person weighed and reckoned."""

    def __str__(self) -> str:
        return f"plan {self.protocol} for patient {self.patient_id}"


class Consent(models.Model):
    """One consent to one versioned text, signed by drawing or typing; ends with its series."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="consents")
    protocol = models.CharField(max_length=80)
    text_version = models.CharField(max_length=40)
    text = models.TextField()
    """The words that were signed."""
    text_hash = models.CharField(max_length=64)
    signed_name = models.CharField(max_length=120)
    signature = models.JSONField(null=True)
    """Strokes of a drawn signature, each a list of [x, y] from 0 to 1; none when it was typed."""
    signed_at = models.DateTimeField()
    expires_on = models.DateField()
    taken_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_reason = models.CharField(max_length=300, blank=True)
    withdrawn_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    """Who took it down; the wish is the patient's."""
    ended_at = models.DateTimeField(null=True)
    ended_reason = models.CharField(max_length=300, blank=True)
    choices = models.JSONField(default=dict)
    """Every statement of the text, by id: whether it was agreed to."""

    def __str__(self) -> str:
        return f"consent {self.text_version} of patient {self.patient_id}"

    def valid_on(self, moment: datetime, protocol: str) -> bool:
        """Whether it covers this protocol at this moment."""
        today = moment.astimezone(self.patient.site.zone).date()
        return (
            self.withdrawn_at is None
            and self.ended_at is None
            and today <= self.expires_on
            and self.protocol == protocol
        )


class ConsentOffer(models.Model):
    """A text laid before a patient to sign, on their own screen or the clinic's: a link that expires, opened once.

    What was ticked so far is kept; a signature never is, before it is whole. Only the hash of the token is kept.
    """

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="consent_offers")
    protocol = models.CharField(max_length=80)
    text_version = models.CharField(max_length=40)
    text = models.TextField()
    statements = models.JSONField()
    """What is agreed to: id, words and whether it is needed, in order."""
    covers_days = models.PositiveSmallIntegerField()
    """Days from the signature until the consent ends with its series."""
    token_hash = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    """Who talked it through with the patient."""
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    wrong_birth_dates = models.PositiveSmallIntegerField(default=0)
    choices = models.JSONField(default=dict)
    consent = models.OneToOneField(Consent, models.PROTECT, null=True, related_name="offer")

    def __str__(self) -> str:
        return f"consent offered to patient {self.patient_id}"


class LetterDraft(models.Model):
    """What somebody has written of a letter so far; it goes when the letter is written."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="letter_drafts")
    kind = models.CharField(max_length=20)
    by = models.ForeignKey(User, models.CASCADE, related_name="+")
    content = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        """One a kind and person."""

        constraints = (models.UniqueConstraint(fields=["patient", "kind", "by"], name="one_letter_draft"),)

    def __str__(self) -> str:
        return f"draft of a {self.kind} letter about patient {self.patient_id}"


class Letter(models.Model):
    """A letter as it was sent: its content and the PDF made from it."""

    KINDS: ClassVar = [
        ("referral", "referral"),
        ("reply", "reply to the referrer"),
        ("medical-necessity", "medical necessity"),
        ("summary", "summary to the existing team"),
        ("plain", "plain words for the patient"),
    ]
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="letters")
    decision = models.ForeignKey(Decision, models.PROTECT, null=True, related_name="letters")
    kind = models.CharField(max_length=20, choices=KINDS)
    addressee = models.TextField()
    content = models.JSONField()
    pdf = models.BinaryField()
    written_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.get_kind_display()} about patient {self.patient_id}"
