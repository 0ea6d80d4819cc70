"""A round at the bedside: what is found now, and what was observed and left without a number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from django.utils import timezone

from unwound.session.rounds import COUNTED, SEDATION
from unwound.session.rounds import How as Left
from unwound_clinic.core.access import Staff
from unwound_clinic.core.action import Conflict, action, audit_event
from unwound_clinic.models import InfusionSession, Patient, SessionEvent
from unwound_clinic.models.session import ClinicEvent
from unwound_clinic.session import rounds, watching
from unwound_clinic.session.actions import alerts, readings
from unwound_clinic.session.actions.charting import IN_CARE
from unwound_clinic.session.actions.events import chart_at, locked
from unwound_clinic.session.moments import How, Moment


@action("run-session")
def chart_round(
    *,
    by: Staff,
    patient: Patient,
    session: InfusionSession,
    values: Mapping[str, float],
    asleep: bool = False,
    at: datetime | None = None,
    how: How = How.LATER,
) -> SessionEvent:
    """Charts a round: `values` as found now; what they leave out of its checks is observed, unchanged or asleep.

    Nothing measured is taken over from before. Conflict where a sign has to be asked for, or where nothing shows that
    a patient who is not woken breathes.
    """
    row, now = locked(patient, session, *IN_CARE), timezone.now()
    moment = at or now
    readings.check_read_at(row, moment, now)
    round_ = rounds.of(row, watching.live(row, now), moment)
    observed = dict(_observed(round_, values, asleep))
    if asleep and not round_.breathes and COUNTED not in values:
        raise Conflict(
            "a patient who is left asleep needs a counted respiratory rate: count the breaths and enter them"
        )
    if values:
        readings.chart_by_hand(row, by, values, moment, how)
    content = {"values": dict(values), "observed": observed}
    event = chart_at(row, ClinicEvent.ROUND, by, content, Moment(at, how))
    alerts.raise_new(row)
    audit_event(by, "session.round", patient=patient, session=row.pk, event=event.pk)
    return event


def _observed(round_: rounds.Round, values: Mapping[str, float], asleep: bool) -> Iterator[tuple[str, str]]:
    """Each judged sign without a value, with how it was left; Conflict, naming all, for those that must be asked."""
    left = Left.ASLEEP if asleep else Left.UNCHANGED
    if asleep and SEDATION in values:
        raise Conflict("chart either a sedation score or «asleep, not woken», not both")
    open_signs = [judged for judged in round_.judged if judged.sign not in values]
    why = [reason for judged in open_signs if (reason := judged.why_not(left))]
    if why:
        raise Conflict("; ".join(why))
    yield from ((judged.sign, left.value) for judged in open_signs)
