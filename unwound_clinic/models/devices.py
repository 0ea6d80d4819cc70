"""What people decided about devices, and what devices say of each other: codes, corrections, moves, pumps."""

from __future__ import annotations

from django.db import models

from unwound_clinic.models.people import User
from unwound_clinic.models.record import Patient
from unwound_clinic.models.session import InfusionSession, Message, Monitor, SessionEvent


class MonitorCode(models.Model):
    """What a code of one monitor means, as one person said and another confirmed; without the second it does nothing.

    Never changed: it is ended, and a new one is made.
    """

    monitor = models.ForeignKey(Monitor, models.PROTECT, related_name="codes")
    code = models.CharField(max_length=200)
    """The whole code as it is sent, «HR^Heart Rate^MDC»."""
    sign = models.CharField(max_length=40)
    unit = models.CharField(max_length=20, blank=True)
    """That of its values where they are sent without one."""
    seen_value = models.CharField(max_length=60, blank=True)
    """The value that the first person had before them."""
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """A code of a monitor has one meaning at a time."""

        constraints = (
            models.UniqueConstraint(
                fields=["monitor", "code"], condition=models.Q(ended_at=None), name="a_code_has_one_meaning"
            ),
        )

    def __str__(self) -> str:
        return f"{self.code}: {self.sign}"


class Correction(models.Model):
    """A device took back or replaced a value it had sent: kept, so that it also meets what is assigned later.

    `event` voids the earlier value; None while nothing that it is about is in a session.
    """

    message = models.ForeignKey(Message, models.PROTECT, related_name="corrections")
    sign = models.CharField(max_length=40)
    source = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(null=True)
    ref = models.CharField(max_length=80, blank=True)
    replaces = models.BooleanField(default=False)
    """Whether it sends another value in place of the earlier one; else the earlier one is only taken back."""
    value = models.CharField(max_length=60, blank=True)
    event = models.ForeignKey(SessionEvent, models.PROTECT, null=True, related_name="+")

    class Meta:
        """Looked up by time, for the few that there are."""

        indexes = (models.Index(fields=["at"], name="corrections_by_time"),)

    def __str__(self) -> str:
        return f"correction of {self.sign}"


class BedMove(models.Model):
    """Where a hospital's message says that a patient of a session is: nothing moves until a person confirms it."""

    message = models.ForeignKey(Message, models.PROTECT, related_name="moves")
    trigger = models.CharField(max_length=3)
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="+")
    session = models.ForeignKey(InfusionSession, models.PROTECT, related_name="bed_moves")
    bed = models.CharField(max_length=40, blank=True)
    """The bed from now on; empty where the patient has none."""
    doubt = models.CharField(max_length=300, blank=True)
    """What in the message disagrees with the patient of that number."""
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    accepted = models.BooleanField(null=True)

    class Meta:
        """Those that wait are shown."""

        indexes = (models.Index(fields=["message"], condition=models.Q(decided_at=None), name="open_bed_moves"),)

    def __str__(self) -> str:
        return f"{self.trigger} to {self.bed or 'no bed'}"


class PumpReported(models.Model):
    """What an infusion pump said at one time; shown beside the chart, never charted as given by itself."""

    message = models.ForeignKey(Message, models.PROTECT, related_name="pumps")
    session = models.ForeignKey(InfusionSession, models.PROTECT, null=True, related_name="pump_reports")
    at = models.DateTimeField()
    pump = models.CharField(max_length=200, blank=True)
    ml_per_h = models.FloatField(null=True)
    is_running_rate = models.BooleanField(default=False)
    delivered_ml = models.FloatField(null=True)
    mg_per_ml = models.FloatField(null=True)
    drug = models.CharField(max_length=80, blank=True)
    status = models.CharField(max_length=80, blank=True)

    class Meta:
        """The latest of each pump of a session is shown."""

        indexes = (models.Index(fields=["session", "at"], name="pumps_of_a_session"),)

    def __str__(self) -> str:
        return f"{self.pump} at {self.at:%H:%M:%S}"
