"""The controlled drug of a session: drawn up, given, wasted before a witness, returned."""

from __future__ import annotations

from decimal import Decimal

from unwound.session.giving import DrugStep
from unwound_clinic.core import numbers
from unwound_clinic.core.access import Confirmed, Staff
from unwound_clinic.core.action import Conflict, action, audit_event, typed_number
from unwound_clinic.models import InfusionSession, Patient, SessionEvent
from unwound_clinic.models.session import ClinicEvent
from unwound_clinic.session import translate
from unwound_clinic.session.actions.events import ENDED, UNDER_WAY, add_event, locked, second_person

WHAT = tuple(DrugStep)

MOST_MG = 100_000
"""Far above any amount; what is smaller has at most 15 digits and is added exactly."""


@action("run-session")
def account(
    *,
    by: Staff,
    patient: Patient,
    session: InfusionSession,
    what: DrugStep,
    lot: str,
    drug: str,
    mg: str,
    witness: Confirmed | None = None,
) -> SessionEvent:
    """Charts one amount of one lot; also after the end, to reconcile a discontinued session.

    Waste needs a `witness`: another person who confirmed with their own password.
    """
    row = locked(patient, session, *UNDER_WAY, *ENDED)
    amount = _amount(mg)
    if what not in WHAT or not lot.strip() or not drug.strip():
        raise Conflict("lot, drug and action (drawn up, given, wasted or returned) are required")
    content = {"what": what, "lot": lot.strip(), "drug": drug.strip(), "mg": str(amount)}
    if what != DrugStep.DRAWN and not _was_drawn(row, content):
        raise Conflict(f"no {content['drug']} of lot {content['lot']} was drawn up in this session")
    if what == DrugStep.WASTED:
        content |= {"wasted_by": by.name, "witness": second_person(by, patient, witness)}
    event = add_event(row, ClinicEvent.DRUG, by, content)
    audit_event(by, f"session.drug-{what}", patient=patient, session=row.pk, told=content)
    return event


def _amount(mg: str) -> Decimal:
    amount = Decimal(numbers.written(typed_number(mg, 0, MOST_MG, "mg")))
    if not amount:
        raise Conflict("the amount must be above zero")
    return amount


def _was_drawn(session: InfusionSession, content: dict[str, str]) -> bool:
    wanted = (DrugStep.DRAWN, content["lot"], content["drug"])
    amounts = translate.valid_events(session.events.filter(kind=ClinicEvent.DRUG))
    return any(tuple(row.content[name] for name in ("what", "lot", "drug")) == wanted for row in amounts)
