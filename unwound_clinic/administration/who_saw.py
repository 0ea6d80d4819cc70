"""«Who saw my record?», answered to a patient from the audit log: by role, and by name only where that was decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from unwound_clinic.models import AuditEvent, Membership, Patient, Role, role_title

LOOKED, WROTE, LISTED = "looked at the record", "wrote in the record", "saw the name in a list"
EMERGENCY = "looked at it in an emergency, from another site"
OWN, MACHINE = "you", "a monitor or this program"
SYSTEM = "another system that the clinic authorised"
FORMER = "somebody without a role here now"


@dataclass(frozen=True, slots=True)
class Line:
    """One day and role, or person: what they did, and how often."""

    on: date
    who: str
    what: str
    times: int


def lines(patient: Patient, *, names: bool) -> list[Line]:
    """Every access to the record, the newest day first; of several events of one kind and day one line."""
    zone = patient.site.zone
    counted: Counter[tuple[date, str, str]] = Counter()
    titles = _titles(patient)
    for event in _events(patient):
        who = _who(event, titles, names=names)
        counted[event.at.astimezone(zone).date(), who, _what(event)] += 1
    accesses = [Line(on, who, what, times) for (on, who, what), times in counted.items()]
    return sorted(accesses, key=lambda line: (-line.on.toordinal(), line.who, line.what))


def _events(patient: Patient) -> Iterator[AuditEvent]:
    """The events about the patient, also under the number of a merged record, and the lists that held the name."""
    numbers = _numbers(patient)
    about = Q(patient_id__in=numbers) | Q(action="view.list", site_id=patient.site_id)
    for event in AuditEvent.objects.filter(about).order_by("number").iterator(chunk_size=2000):
        if event.patient_id in numbers or numbers & _listed(event):
            yield event


def _numbers(patient: Patient) -> set[int]:
    """The patient's number, and those of records that were made one with it."""
    numbers, last = {patient.pk}, {patient.pk}
    while last:
        last = set(Patient.objects.filter(merged_into__in=last).values_list("pk", flat=True)) - numbers
        numbers |= last
    return numbers


def _listed(event: AuditEvent) -> set[int]:
    return {int(number) for number in str(event.detail.get("patients", "")).split() if number.isdecimal()}


def _titles(patient: Patient) -> dict[int, str]:
    """Account -> its roles at the site, in words."""
    titles: dict[int, list[str]] = {}
    rows = Membership.objects.filter(site=patient.site).values_list("user_id", "role")
    for user, role in sorted(rows, key=lambda row: list(Role.values).index(row[1])):
        titles.setdefault(user, []).append(role_title(role, patient.site.jurisdiction))
    return {user: " and ".join(roles) for user, roles in titles.items()}


def _who(event: AuditEvent, titles: dict[int, str], *, names: bool) -> str:
    """The role, or with `names` the name as well; what nobody did by an account is the patient's own or a machine's."""
    if event.user_id is None:
        if event.action.startswith("fhir."):
            return f"{SYSTEM}: {event.who}" if names else SYSTEM
        return OWN if event.who == "the patient" else MACHINE
    role = titles.get(event.user_id, FORMER)
    return f"{event.who} ({role})" if names else role


def _what(event: AuditEvent) -> str:
    if event.action == "view.list":
        return LISTED
    if event.action == "view.emergency":
        return EMERGENCY
    return LOOKED if event.action.startswith(("view", "fhir.", "letter.download", "referral.open", "audit.")) else WROTE


def total(lines: Iterable[Line]) -> int:
    """How many accesses they are together."""
    return sum(line.times for line in lines)
