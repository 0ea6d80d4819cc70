"""Messages on their way into the record of the small clinic, without a listener."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from devices import bedside
from django.utils import timezone
from small_clinic import House

from unwound.exchange import hl7v2
from unwound_clinic.core import access
from unwound_clinic.models import InfusionSession, Message, Patient
from unwound_clinic.monitors import actions as monitors_actions
from unwound_clinic.monitors import arrivals
from unwound_clinic.monitors.arrivals import Arrival


def session(
    house: House, *, bed: str = "B1", state: str = "infusing", patient: Patient | None = None
) -> InfusionSession:
    """A session under way in a bed."""
    return bedside(patient or house.patient, house.users["physician"], bed, state)


def arrival(raw: bytes, zone: Any = UTC) -> Arrival:
    """A message as the listener hands it on."""
    now = timezone.now()
    return arrivals.from_hl7(raw, hl7v2.read(raw, received_at=now, zone=zone), now)


def receive(house: House, *raw: bytes, site: Any = None) -> list[Message]:
    """Messages stored, as the listener does it."""
    where = site or house.site
    device = access.Device("listener", where.pk)
    return monitors_actions.receive(by=device, site=where, arrived=[arrival(one) for one in raw])


def second_patient(house: House) -> Patient:
    """Another patient of the site, with the record number N-2."""
    return Patient.objects.create(
        site=house.site, number="N-2", family_name="Second", given_name="Two", registered_at=timezone.now()
    )
