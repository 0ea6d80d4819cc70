"""The months after a course: what a patient agreed to, each asking, and what happened to it."""

from __future__ import annotations

from django.db import models

from unwound.follow_up import Channel, Event, Standing, What, standing
from unwound_clinic.models.people import Site, User
from unwound_clinic.models.record import Patient
from unwound_clinic.models.signed import Plan


class Reading(models.Model):
    """Who of a site reads the answers, and when: patients are told so before they answer."""

    site = models.OneToOneField(Site, models.PROTECT, related_name="reading")
    read_when = models.CharField("when answers are read", max_length=200)
    acts = models.CharField("who acts on them", max_length=200)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"answers of site {self.site_id}"


class FollowUp(models.Model):
    """That a patient agreed to be asked after one course, how, and until when; also that they did not."""

    ENDS = (
        ("withdrawn", "the patient wants no more"),
        ("died", "the patient has died"),
        ("new-course", "another course began"),
        ("asked-anew", "agreed anew, in another way"),
    )
    CHANNELS = (
        (Channel.EMAIL.value, "by e-mail"),
        (Channel.SMS.value, "by text message"),
        (Channel.TELEPHONE.value, "by telephone"),
        (Channel.NONE.value, "not at all"),
    )
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="follow_ups")
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="follow_ups")
    channel = models.CharField(max_length=12, choices=CHANNELS)
    agreed_at = models.DateTimeField()
    agreed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    """Who asked the patient and recorded the answer."""
    nonce = models.CharField(max_length=40)
    """Makes the token of the link, together with the clinic's own key: the link itself is stored nowhere."""
    token_hash = models.CharField(max_length=64, unique=True)
    wrong_birth_dates = models.PositiveSmallIntegerField(default=0)
    closed_at = models.DateTimeField(null=True)
    """When the link was closed after several wrong dates of birth."""
    unreachable = models.CharField(max_length=254, blank=True)
    """The address from which messages came back; empty where none did."""
    ended_at = models.DateTimeField(null=True)
    ended_why = models.CharField(max_length=12, choices=ENDS, blank=True)
    ended_by = models.CharField(max_length=120, blank=True)

    class Meta:
        """One is under way for a patient at a time."""

        constraints = (
            models.UniqueConstraint(
                fields=["patient"], condition=models.Q(ended_at=None), name="one_follow_up_of_a_patient"
            ),
        )

    def __str__(self) -> str:
        return f"follow-up of patient {self.patient_id}"


class Asking(models.Model):
    """One day of asking. What happened to it are its events; `open` only says that it is not over yet."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="askings")
    follow_up = models.ForeignKey(FollowUp, models.PROTECT, related_name="askings")
    day = models.PositiveSmallIntegerField()
    """Days after the last infusion."""
    on = models.DateField()
    open = models.BooleanField(default=True)
    look_at = models.CharField(max_length=300, blank=True)
    """Questions of which an answer is to be read, by id."""
    seen_at = models.DateTimeField(null=True)
    seen_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    seen_note = models.CharField(max_length=300, blank=True)

    class Meta:
        """A day is asked once."""

        constraints = (models.UniqueConstraint(fields=["follow_up", "day"], name="a_day_is_asked_once"),)
        indexes = (models.Index(fields=["on"], condition=models.Q(open=True), name="open_askings"),)

    def __str__(self) -> str:
        return f"day {self.day} of follow-up {self.follow_up_id}"

    @property
    def standing(self) -> Standing:
        """How it stands, from its events."""
        return standing(Event(What(row.what), row.at) for row in self.events.all())

    @property
    def key(self) -> str:
        """The key under which its answers are kept in the record."""
        return f"diary-{self.follow_up_id}-{self.day:03d}"


class AskingEvent(models.Model):
    """Something that happened to an asking. A message is written here before it is sent, so that none is sent twice."""

    asking = models.ForeignKey(Asking, models.PROTECT, related_name="events")
    what = models.CharField(max_length=12, choices=[(what.value, what.value) for what in What])
    number = models.PositiveSmallIntegerField(default=0)
    """Which of its kind it is: the first reminder is 0."""
    at = models.DateTimeField()
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    by_name = models.CharField(max_length=120)
    to = models.CharField(max_length=254, blank=True)
    message_id = models.CharField(max_length=120, blank=True, db_index=True)
    sent_at = models.DateTimeField(null=True)
    """When the server took the message; None where that is not known."""
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        """Each happens once."""

        constraints = (models.UniqueConstraint(fields=["asking", "what", "number"], name="an_event_happens_once"),)

    def __str__(self) -> str:
        return f"{self.what} of asking {self.asking_id}"


class CourseEnd(models.Model):
    """What came of one course, as calculated on a day: beside the record, so that thousands are counted at once.

    It can be calculated again from the record at any time, and is by the timer.
    """

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="course_ends")
    plan = models.OneToOneField(Plan, models.PROTECT, related_name="end")
    protocol = models.CharField(max_length=80)
    condition = models.CharField(max_length=80, blank=True)
    """The condition that was decided about; empty where it is not known."""
    ended_on = models.DateField()
    """The day of the last infusion."""
    failed = models.PositiveSmallIntegerField(null=True)
    """Treatments that had failed in an adequate trial before, by the review that was signed."""
    responder = models.BooleanField(null=True)
    success = models.BooleanField(null=True)
    kind = models.CharField(max_length=20, blank=True)
    """How relief ended; empty where nothing can be told."""
    days = models.FloatField(null=True)
    calculated_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"end of plan {self.plan_id}"
