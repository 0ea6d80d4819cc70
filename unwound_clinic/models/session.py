"""A monitored session: its state, its events, and every reading as it was received."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from unwound.session.states import SessionState
from unwound.terms import Word
from unwound_clinic.models.people import Site, User
from unwound_clinic.models.record import Patient
from unwound_clinic.models.signed import Plan


class ClinicEvent(Word):
    """Kinds of events that only the clinic stores; those that the library watches are an `EventKind`."""

    MOVED = "moved"
    IDENTITY = "identity"
    TODAY = "today"
    DRUG = "drug"
    HANDOVER = "handover"
    DISCREPANCY = "discrepancy"
    OVERRIDE = "override"
    LEAVING = "leaving"
    READING_IN_ERROR = "reading-in-error"
    ROUND = "round"


class InfusionSession(models.Model):
    """One day of a plan: the patient in a bed under a named provider. `state` follows the library's table of states."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="sessions")
    site = models.ForeignKey(Site, models.PROTECT, related_name="sessions")
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="sessions")
    day = models.PositiveSmallIntegerField(default=1)
    """Which day of the plan it is, from 1."""
    bed = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=12, default=SessionState.SCHEDULED)
    scheduled_at = models.DateTimeField()
    provider = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    """The named provider in charge."""
    ended_at = models.DateTimeField(null=True)
    missed_why = models.CharField(max_length=200, blank=True, default="")
    """Why the patient did not come, as far as it is known; empty for every other session."""
    changed = models.PositiveBigIntegerField(default=0)
    """Increases with every event and reading: a screen polls for news by it."""
    rewound = models.PositiveBigIntegerField(default=0)
    """Increases when rows that were stored before become readings of this session: what was settled is read again."""

    class Meta:
        """The board queries the beds of a site; a bed has one session at a time."""

        indexes = (models.Index(fields=["site", "state", "scheduled_at"]),)
        constraints = (
            models.UniqueConstraint(
                fields=["site", "bed"],
                condition=models.Q(
                    state__in=[SessionState.READY, SessionState.INFUSING, SessionState.PAUSED, SessionState.RECOVERING]
                )
                & ~models.Q(bed=""),
                name="one_session_a_bed",
            ),
        )

    def __str__(self) -> str:
        return f"session {self.pk} of patient {self.patient_id}"

    @property
    def in_state(self) -> dict[str, bool]:
        """Every state by its name, «checked_in», with whether the session is in it: for the conditions of templates."""
        return {state.name.lower(): state == self.state for state in SessionState}


class SessionEvent(models.Model):
    """One event of a session. Never changed: an amendment is a new row that names the event it corrects."""

    session = models.ForeignKey(InfusionSession, models.PROTECT, related_name="events")
    at = models.DateTimeField()
    """When it happened."""
    recorded_at = models.DateTimeField()
    """When it was recorded."""
    kind = models.CharField(max_length=24)
    content = models.JSONField(default=dict)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    by_name = models.CharField(max_length=120)
    amends = models.ForeignKey("self", models.PROTECT, null=True, related_name="amended_by")
    in_error = models.BooleanField(default=False)
    """Whether it only retracts the amended event."""
    reason = models.CharField(max_length=300, blank=True)
    charted_as: datetime | None = None
    """Not stored: the time that was stored, where the clinic's clock was wrong and `at` was put right."""

    class Meta:
        """Read in the order of time."""

        indexes = (models.Index(fields=["session", "at", "id"]),)

    def __str__(self) -> str:
        return f"{self.kind} in session {self.session_id}"


class Monitor(models.Model):
    """A device that may send readings: its name in messages, its bed, and the time zone of its clock."""

    site = models.ForeignKey(Site, models.PROTECT, related_name="monitors")
    name = models.CharField(max_length=120)
    """The name in its messages (application and facility), or the name that people use."""
    bed = models.CharField(max_length=40, blank=True)
    timezone = models.CharField(max_length=60, blank=True)
    """Empty: that of the site."""
    key_hash = models.CharField(max_length=64, blank=True)
    """Hash of the key with which it posts readings."""
    our_ids = models.BooleanField(default=False)
    """Whether a bare «Patient/7» that it posts is our own number, as somebody here has said; else it means nothing."""
    clock_ahead_s = models.FloatField(null=True)
    """By how much its clock is ahead, as somebody confirmed: its times are charted so much earlier; None: as sent."""
    clock_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    clock_at = models.DateTimeField(null=True)

    class Meta:
        """Names are unique within a site."""

        constraints = (models.UniqueConstraint(fields=["site", "name"], name="one_monitor_a_name"),)

    def __str__(self) -> str:
        return self.name


class WallKey(models.Model):
    """A screen on a wall that shows all beds of its site, by initials, with nobody logged in, until it is revoked."""

    site = models.ForeignKey(Site, models.PROTECT, related_name="walls")
    name = models.CharField(max_length=120)
    """Where it hangs."""
    key_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    looked_at = models.DateTimeField(null=True)
    """When its last event was left."""
    shown = models.JSONField(default=list)
    """The patients of that event: as long as it shows no other, the next is an hour later."""

    def __str__(self) -> str:
        return self.name


class Message(models.Model):
    """One message as it was received, complete and unprocessed; committed before it is acknowledged."""

    site = models.ForeignKey(Site, models.PROTECT, null=True, related_name="messages")
    monitor = models.ForeignKey(Monitor, models.PROTECT, null=True, related_name="messages")
    sender = models.CharField(max_length=200)
    control_id = models.CharField(max_length=200, blank=True)
    posted_key = models.CharField(max_length=200, blank=True, default="")
    """The Idempotency-Key with which it was posted: it stands for one content and no other."""
    digest = models.CharField(max_length=64)
    """SHA-256 of the content: monitors reuse control ids, but a repeat has the same content (a torn one is marked)."""
    received_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    clock_ahead_s = models.FloatField(null=True)
    """How many seconds the sender's clock is ahead of ours, negative where it is behind."""
    raw = models.BinaryField()
    answer = models.CharField(max_length=2)
    """AA, AE or AR; empty where there was no answer, as to a message that was cut off."""
    reason = models.TextField(blank=True)
    patient_ids = models.JSONField(default=list)
    bed = models.CharField(max_length=80, blank=True)
    doubt = models.CharField(max_length=300, blank=True, default="")
    """Why its readings wait although bed or number fit: what it says of the patient disagrees."""
    understood = models.PositiveIntegerField(default=0)
    """How many of its values are charted, or shown as a pump's."""
    unknown = models.PositiveIntegerField(default=0)
    """How many are not: their code is not known, or they are held for review."""
    session = models.ForeignKey(InfusionSession, models.PROTECT, null=True, related_name="messages")

    class Meta:
        """A repeat is stored once."""

        constraints = (
            models.UniqueConstraint(fields=["site", "sender", "control_id", "digest"], name="a_repeat_is_stored_once"),
            models.UniqueConstraint(
                fields=["site", "sender", "posted_key"],
                condition=~models.Q(posted_key=""),
                name="a_posted_key_has_one_content",
            ),
        )
        indexes = (
            models.Index(fields=["site", "received_at"]),
            models.Index(fields=["session", "received_at"]),
        )

    def __str__(self) -> str:
        return f"message {self.control_id} from {self.sender}"


class SetAside(models.Model):
    """Unassigned readings that a user dismissed, such as those of a monitor tested at an empty bed."""

    site = models.ForeignKey(Site, models.PROTECT, related_name="set_aside")
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)

    def __str__(self) -> str:
        return self.reason


class VitalReading(models.Model):
    """One reading, as the library's `Reading`: never changed, never averaged; an event voids one in error."""

    session = models.ForeignKey(InfusionSession, models.PROTECT, null=True, related_name="readings")
    """None while it is not assigned to a patient."""
    message = models.ForeignKey(Message, models.PROTECT, null=True, related_name="readings")
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    sign = models.CharField(max_length=40)
    value = models.FloatField(null=True)
    unit = models.CharField(max_length=20, blank=True)
    source = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=12, default="value")
    as_sent = models.CharField(max_length=200, blank=True)
    ref = models.CharField(max_length=80, blank=True, default="")
    """Its own id at the sender, by which a correction may name it."""
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    """Who typed it; None when a monitor sent it."""
    set_aside = models.ForeignKey(SetAside, models.PROTECT, null=True, related_name="readings", db_index=False)
    """The dismissal of an unassigned reading; it can still be assigned."""
    taken_back = models.ForeignKey(SessionEvent, models.PROTECT, null=True, related_name="took_back", db_index=False)
    """The event that voided it; while that event is valid, the reading does not count."""

    class Meta:
        """Read by session in the order of time; the unassigned, which are few, have indexes of their own."""

        indexes = (
            models.Index(fields=["session", "at"]),
            models.Index(fields=["message"], condition=models.Q(session=None, set_aside=None), name="waiting_readings"),
            models.Index(
                fields=["set_aside"],
                condition=models.Q(session=None, set_aside__isnull=False),
                name="readings_set_aside",
            ),
        )

    def __str__(self) -> str:
        return f"{self.sign} {self.value} at {self.at:%H:%M:%S}"


class StockCount(models.Model):
    """The controlled drugs in the cupboard, counted by two people: of one drug and strength, in whole units."""

    site = models.ForeignKey(Site, models.PROTECT, related_name="stock_counts")
    at = models.DateTimeField()
    drug = models.CharField(max_length=80)
    strength = models.CharField(max_length=60)
    """As on the label: «500 mg/10 mL»."""
    received = models.PositiveIntegerField()
    removed = models.PositiveIntegerField()
    """Since the count before."""
    counted = models.PositiveIntegerField()
    expected = models.IntegerField(null=True)
    """From the count before; None at the first one."""
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    witness = models.CharField(max_length=120)
    reason = models.CharField(max_length=300, blank=True)
    informed = models.CharField(max_length=120, blank=True)

    class Meta:
        """The last count of a drug and strength is looked for."""

        indexes = (models.Index(fields=["site", "drug", "strength", "id"], name="last_stock_count"),)

    def __str__(self) -> str:
        return f"{self.counted} of {self.drug} {self.strength}"


class SessionPast(models.Model):
    """The past of a session up to a time, as few numbers: made from the record, and made again where it does not hold.

    Episodes that are over, extremes by minute, and what goes on. It is no part of the record and is not sealed.
    """

    session = models.ForeignKey(InfusionSession, models.CASCADE, related_name="pasts")
    until = models.DateTimeField()
    readings = models.PositiveBigIntegerField()
    """How many rows it stands for."""
    last = models.PositiveBigIntegerField()
    """The last row that had been read: a later one that is of its time is late."""
    without = models.JSONField(default=list)
    """The events that void readings it does not count."""
    rewound = models.PositiveBigIntegerField()
    heard_last = models.PositiveBigIntegerField(default=0)
    """It stands for the events about alerts up to this one, but for some."""
    heard_at = models.DateTimeField(null=True)
    heard_but = models.JSONField(default=list)
    rests_on = models.CharField(max_length=64)
    """Digest of the limits and the version by which it was made."""
    content = models.BinaryField()

    class Meta:
        """The last one before a time is looked for."""

        constraints = (models.UniqueConstraint(fields=["session", "until"], name="one_past_a_moment"),)

    def __str__(self) -> str:
        return f"session {self.session_id} until {self.until:%H:%M:%S}"


class Quarantined(models.Model):
    """A part of a message that is held for review instead of charted, with the reason."""

    message = models.ForeignKey(Message, models.PROTECT, related_name="quarantined")
    why = models.CharField(max_length=20)
    text = models.TextField()
    what = models.CharField(max_length=300)
    seen_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    seen_at = models.DateTimeField(null=True)
    seen_note = models.CharField(max_length=300, blank=True)

    class Meta:
        """Those not yet reviewed are shown."""

        indexes = (models.Index(fields=["message"], condition=models.Q(seen_at=None), name="open_quarantined"),)

    def __str__(self) -> str:
        return self.text
