"""Who has died, as far as the record says: by the end of an asking, or as the outcome of an adverse event."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from unwound.follow_up import What
from unwound.outcomes.adverse import Became
from unwound_clinic.follow_up.adverse import KIND
from unwound_clinic.models import Entry, FollowUp, Patient


def patients() -> QuerySet[Patient]:
    """Not one who agreed to be asked again after an end that was entered in error."""
    ended = FollowUp.objects.filter(ended_why=What.DIED).values("patient")
    asked_again = FollowUp.objects.filter(ended_at=None).values("patient")
    by_asking = Q(pk__in=ended) & ~Q(pk__in=asked_again)
    return Patient.objects.filter(by_asking | Q(pk__in=by_event().values("patient")))


def by_event() -> QuerySet[Entry]:
    """Adverse events of which somebody died, as they stand now."""
    return Entry.objects.filter(kind=KIND, current=True, value__became=Became.DIED.value)


def still_asked() -> QuerySet[FollowUp]:
    """Askings that go on although an adverse event says that the patient died."""
    return FollowUp.objects.filter(ended_at=None, patient__in=by_event().values("patient"))
