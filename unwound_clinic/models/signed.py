"""What people signed: decisions, orders, consents, letters, each with all that was shown."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models

from unwound_clinic.models.people import User
from unwound_clinic.models.record import Patient


class Decision(models.Model):
    """The decision of a named person, with everything they were shown; it can be recomputed."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="decisions")
    aim = models.CharField(max_length=20, default="pain")
    """What ketamine would treat, `pain` or `depression`: two decisions, never mixed."""
    known = models.JSONField()
    """The library's patient record at that time."""
    shown = models.JSONField()
    """The review that was shown."""
    version = models.CharField(max_length=40)
    data_fingerprint = models.CharField(max_length=80)
    own_fingerprint = models.CharField(max_length=80, blank=True)
    """Of the clinic's own folder of knowledge; empty where none was used."""
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
        """Whether the advice was overridden."""
        return self.advised != self.decided


class OrderState(models.TextChoices):
    """Where an order stands, from its signature to the end of its course."""

    ORDERED = "ordered", "waiting for the second check"
    CHECKED = "checked", "checked by a second person"
    REFUSED = "refused", "returned at the second check"
    REPLACED = "replaced", "replaced by a newer order"
    CANCELLED = "cancelled", "cancelled"
    DONE = "done", "given"


class Plan(models.Model):
    """An order: the protocol with its doses for one patient, and the independent second check."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="plans")
    decision = models.ForeignKey(Decision, models.PROTECT, related_name="plans")
    protocol = models.CharField(max_length=80)
    weight_kg = models.FloatField()
    concentration_mg_per_ml = models.FloatField()
    shown = models.JSONField()
    """The plan that was shown: doses, ceilings, checks, stop rules."""
    version = models.CharField(max_length=40)
    data_fingerprint = models.CharField(max_length=80)
    own_fingerprint = models.CharField(max_length=80, blank=True)
    """Of the clinic's own folder of knowledge; empty where none was used."""
    state = models.CharField(max_length=12, choices=OrderState, default=OrderState.ORDERED)
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
    """Ids of the relative contraindications that the ordering physician overrode; the reason is in `note`."""
    checked_weight_kg = models.FloatField(null=True)
    checked_total_mg = models.FloatField(null=True)
    """What the second person weighed and calculated."""

    def __str__(self) -> str:
        return f"plan {self.protocol} for patient {self.patient_id}"


class Consent(models.Model):
    """One consent to one versioned text, signed by drawing or typing; it ends with its series of infusions."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="consents")
    protocol = models.CharField(max_length=80)
    text_version = models.CharField(max_length=120)
    text = models.TextField()
    """The text that was signed."""
    text_hash = models.CharField(max_length=64)
    signed_name = models.CharField(max_length=120)
    signature = models.JSONField(null=True)
    """Strokes of a drawn signature, each a list of [x, y] from 0 to 1; None when the name was typed."""
    signed_at = models.DateTimeField()
    expires_on = models.DateField()
    taken_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_reason = models.CharField(max_length=300, blank=True)
    withdrawn_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    """Who recorded it; the wish is the patient's."""
    ended_at = models.DateTimeField(null=True)
    ended_reason = models.CharField(max_length=300, blank=True)
    choices = models.JSONField(default=dict)
    """Every statement of the text, by id: whether the patient agreed."""
    beside = models.JSONField(default=dict)
    """Who signed in the patient's place, on what ground, the patient's own word, and the help with the language."""
    rests_on = models.JSONField(default=dict)
    """Version and fingerprints of the knowledge at the signature; empty in consents from before this was kept."""

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
    """A text offered to a patient for signature, on their own device or the clinic's: a link that expires, used once.

    What was ticked so far is stored; a signature only when it is complete. Only the hash of the token is stored.
    """

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="consent_offers")
    protocol = models.CharField(max_length=80)
    text_version = models.CharField(max_length=120)
    text = models.TextField()
    statements = models.JSONField()
    """What the patient agrees to: id, text and whether it is needed, in order."""
    covers_days = models.PositiveSmallIntegerField()
    """Days from the signature until the consent ends with its series of infusions."""
    token_hash = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    """Who discussed it with the patient."""
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    wrong_birth_dates = models.PositiveSmallIntegerField(default=0)
    choices = models.JSONField(default=dict)
    beside = models.JSONField(default=dict)
    """As in the consent; its words stand at the head of `text`."""
    language = models.CharField(max_length=2, blank=True)
    """The language the patient reads the page in; the text that is signed is `text`, whatever stands beside it."""
    consent = models.OneToOneField(Consent, models.PROTECT, null=True, related_name="offer")

    def __str__(self) -> str:
        return f"consent offered to patient {self.patient_id}"


class Letter(models.Model):
    """A finished letter: its content and the PDF made from it."""

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
