"""What is stored: facts as they were entered, and what people signed. Nothing that could be computed again.

Medical content is one kind of row, `Entry`: a fact, a trial, an answered form, a medicine, an allergy. An entry is
never changed; a newer one with the same `key` takes its place and both stay. Knows no medicine: values are checked at
`translate.py`, which alone turns these rows into the library's records.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import Q


class Role(models.TextChoices):
    """Who someone is at a site."""

    PHYSICIAN = "physician", "physician"
    ANAESTHESIA = "anaesthesia-provider", "anaesthesia provider (CRNA)"
    NURSE = "nurse", "nurse"
    COORDINATOR = "coordinator", "coordinator"
    ADMINISTRATOR = "administrator", "administrator"
    AUDITOR = "auditor", "auditor"


class Site(models.Model):
    """One place of care; no site sees another's patients."""

    name = models.CharField(max_length=120, unique=True)
    timezone = models.CharField(max_length=60, default="UTC")
    letterhead = models.TextField(blank=True)
    phone = models.CharField(max_length=60, blank=True)
    jurisdiction = models.CharField(
        max_length=2, choices=[("US", "United States"), ("UK", "United Kingdom")], blank=True
    )

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which this site reads its clocks."""
        return ZoneInfo(self.timezone)


class Users(BaseUserManager["User"]):
    """Makes accounts."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """One account; without a password nobody can log in with it."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """A member of staff. What they may do follows from their role at a site, see `access.py`."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects = Users()

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        """The name as it is shown."""
        return self.name

    get_short_name = get_full_name


class Membership(models.Model):
    """One role of one person at one site."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    site = models.ForeignKey(Site, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=30, choices=Role.choices)

    class Meta:
        """One role a site."""

        constraints = (models.UniqueConstraint(fields=["user", "site"], name="one_role_a_site"),)

    def __str__(self) -> str:
        return f"{self.user}, {self.get_role_display()} at {self.site}"


class Stage(models.TextChoices):
    """How far a patient has come; kept beside the record so that lists of thousands stay quick."""

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
    FOLLOW_UP = "follow-up", "followed up"


class Patient(models.Model):
    """One person at one site: who they are. What is known of their pain are entries."""

    site = models.ForeignKey(Site, models.PROTECT, related_name="patients")
    number = models.CharField("record number", max_length=40, blank=True)
    family_name = models.CharField(max_length=80)
    given_name = models.CharField(max_length=80)
    birth_date = models.DateField(null=True, blank=True)
    sex = models.CharField("sex at birth", max_length=6, choices=[("female", "female"), ("male", "male")], blank=True)
    phone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    team = models.TextField("pain, neurology or family doctor", blank=True)
    stage = models.CharField(max_length=20, choices=Stage.choices, default=Stage.REGISTERED, db_index=True)
    due_on = models.DateField(null=True, blank=True)
    due_what = models.CharField(max_length=120, blank=True)
    search = models.CharField(max_length=300, editable=False)
    registered_at = models.DateTimeField()

    class Meta:
        """Lists are by site, in order of what is due."""

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
        """Family name first, as lists want it."""
        return f"{self.family_name}, {self.given_name}"

    @property
    def full_name(self) -> str:
        """As a letter wants it."""
        return f"{self.given_name} {self.family_name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keeps the text that searches look through."""
        born = self.birth_date.isoformat() if self.birth_date else ""
        self.search = f"{self.family_name} {self.given_name} {self.family_name} {self.number} {born}".casefold()
        super().save(*args, **kwargs)


class Entry(models.Model):
    """One thing somebody entered about a patient. Never changed: an amendment is a new row, the old one stays."""

    KINDS: ClassVar = [
        ("fact", "fact"),
        ("trial", "treatment tried"),
        ("answers", "questionnaire"),
        ("medication", "medicine"),
        ("allergy", "allergy"),
        ("story", "in own words"),
        ("contact", "contact"),
    ]
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="entries")
    kind = models.CharField(max_length=12, choices=KINDS)
    key = models.CharField(max_length=80)
    """What it is about: the fact's id, the line of a trial, instrument and day; the newest with a key holds."""
    value = models.JSONField(null=True)
    """None takes the earlier value back: it is unknown again."""
    on = models.DateField(null=True, blank=True)
    current = models.BooleanField(default=True)
    at = models.DateTimeField()
    by_name = models.CharField(max_length=120)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    """Who entered it; nobody's account when the patient did."""
    reason = models.CharField(max_length=300, blank=True)
    """Why an earlier value was amended."""
    origin = models.CharField(max_length=160, blank=True)
    """Where it came from when nobody typed it: a resource of a FHIR record, a case file."""

    class Meta:
        """One value holds at a time."""

        constraints = (
            models.UniqueConstraint(
                fields=["patient", "kind", "key"], condition=Q(current=True), name="one_current_entry"
            ),
        )
        indexes = (models.Index(fields=["patient", "kind", "key", "at"]),)

    def __str__(self) -> str:
        return f"{self.kind} {self.key} of patient {self.patient_id}"


def link_token() -> str:
    """A token nobody guesses."""
    return secrets.token_urlsafe(24)


class IntakeLink(models.Model):
    """A patient's own way in: a link that expires. Only the hash of its token is kept."""

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
    """The page the patient was on last: a killed browser comes back to it."""

    def __str__(self) -> str:
        return f"link of patient {self.patient_id}"


class Alarm(models.Model):
    """Something the clinic has to look at now: a red flag, item 9. Stays until a named person has seen it."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="alarms")
    finding = models.CharField(max_length=80)
    text = models.TextField()
    raised_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)
    seen_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    seen_note = models.CharField(max_length=300, blank=True)

    class Meta:
        """Open ones are asked for on every home page."""

        indexes = (models.Index(fields=["patient", "finding"], condition=Q(seen_at=None), name="open_alarms"),)

    def __str__(self) -> str:
        return self.text


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


class BreakGlass(models.Model):
    """Emergency access to a patient of another site: a reason, an end, and the auditor's eye."""

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


class AuditEvent(models.Model):
    """One link of the chain: who did or saw what, when; `digest` seals it together with the one before."""

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
        """The auditor looks by patient and by person."""

        indexes = (
            models.Index(fields=["patient_id", "number"]),
            models.Index(fields=["site_id", "number"]),
            models.Index(fields=["user_id", "number"]),
        )

    def __str__(self) -> str:
        return f"{self.number} {self.action}"


class AuditHead(models.Model):
    """How long the chain is and how it ends, sealed with the key: a tail that was cut off is missed."""

    number = models.PositiveBigIntegerField()
    digest = models.CharField(max_length=64)
    seal = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"head at {self.number}"
