"""The controlled drug of a session: drawn up, given, wasted before a witness, returned."""

from __future__ import annotations

from decimal import Decimal

from django.utils import timezone

from unwound.session import charted_doses
from unwound.session.giving import DrugStep, doses_given
from unwound_clinic.core import numbers
from unwound_clinic.core.access import Confirmed, Staff
from unwound_clinic.core.action import Conflict, action, audit_event, typed_number
from unwound_clinic.models import InfusionSession, Patient, SessionEvent
from unwound_clinic.models.session import ClinicEvent
from unwound_clinic.session import drug_balance, order, translate, vials, watching
from unwound_clinic.session.actions.events import ENDED, UNDER_WAY, add_event, locked, second_person
from unwound_clinic.session.vials import Vial

WHAT = tuple(DrugStep)
WITNESSED = (DrugStep.WASTED, DrugStep.RETURNED)
"""Steps that nobody charts alone."""

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
    mg: str = "",
    ml: str = "",
    vial: Vial | None = None,
    witness: Confirmed | None = None,
    alone: str = "",
) -> SessionEvent:
    """Charts one amount of one lot, in mg, or in mL of a known strength; also after the end, to reconcile a session.

    Waste and return need a `witness`: another person who confirmed with their own password. A draw-up has one, or says
    in words why it was done `alone`. Conflict without.
    """
    row = locked(patient, session, *UNDER_WAY, *ENDED)
    if what not in WHAT or not drug.strip():
        raise Conflict("lot, drug and action (drawn up, given, wasted or returned) are required")
    known = vials.content_of(row, vial or Vial(), lot, drug, timezone.now()) if what == DrugStep.DRAWN else {}
    content = {"what": what, "drug": drug.strip(), "lot": lot.strip(), **known}
    if not content["lot"]:
        raise Conflict("lot, drug and action (drawn up, given, wasted or returned) are required")
    drawn = content if what == DrugStep.DRAWN else _drawn_of(row, content)
    if drawn is None:
        raise Conflict(f"no {content['drug']} of lot {content['lot']} was drawn up in this session")
    content["mg"] = str(_amount(mg, ml, drawn.get("mg_per_ml", "")))
    if what == DrugStep.DRAWN:
        _check_drug(row, content)
        vials.check_left(row, content)
    if what in WITNESSED or witness is not None:
        content |= {"witness": second_person(by, patient, witness)}
    elif what == DrugStep.DRAWN:
        if not charted_doses.is_reason(alone):
            raise Conflict(
                "a second person confirms the drawing up with their own password; without a witness, enter the reason"
            )
        content |= {"unwitnessed": alone.strip()}
    if what == DrugStep.WASTED:
        content |= {"wasted_by": by.name}
    event = add_event(row, ClinicEvent.DRUG, by, content)
    audit_event(by, f"session.drug-{what}", patient=patient, session=row.pk, told=content)
    return event


@action("run-session")
def hand_over(
    *, by: Staff, patient: Patient, session: InfusionSession, taker: Confirmed, left_ml: str, reason: str = ""
) -> SessionEvent:
    """Hands the running syringe and the care over to `taker`: both read how much is in it.

    Where that is not what the drawn amount and the charted rates leave, a reason is needed.
    """
    row = locked(patient, session, *UNDER_WAY)
    taken_by = second_person(by, patient, taker)
    ml = Decimal(numbers.written(typed_number(left_ml, 0, MOST_MG, "mL")))
    left_mg = ml * Decimal(str(row.plan.concentration_mg_per_ml))
    expected = _expected_mg(row)
    far = expected is not None and abs(left_mg - expected[0]) * 100 > expected[1]
    if far and len(reason.split()) < 2:
        assert expected is not None
        left = (
            f"{left_mg.normalize():f} mg are in the syringe, {expected[0]:.4g} mg are expected from the charted rates"
        )
        raise Conflict(f"{left}: give the reason")
    content = {"from": by.name, "to": taken_by, "left_ml": f"{ml:f}", "left_mg": f"{left_mg.normalize():f}"}
    content |= {"reason": reason.strip()} if reason.strip() else {}
    event = add_event(row, ClinicEvent.HANDOVER, by, content)
    audit_event(by, "session.handover", patient=patient, session=row.pk, to=taken_by, left_mg=content["left_mg"])
    return event


@action("run-session")
def explain(*, by: Staff, patient: Patient, session: InfusionSession, reason: str, informed: str) -> SessionEvent:
    """The reason of a discrepancy, and who was informed; the balance stays as it is."""
    row = locked(patient, session, *UNDER_WAY, *ENDED)
    if len(reason.split()) < 2 or not informed.strip():
        raise Conflict("enter the reason for the discrepancy, and who was informed")
    content = {"reason": reason.strip(), "informed": informed.strip()}
    event = add_event(row, ClinicEvent.DISCREPANCY, by, content)
    audit_event(by, "session.drug-discrepancy", patient=patient, session=row.pk, told=content)
    return event


def _expected_mg(row: InfusionSession) -> tuple[Decimal, Decimal] | None:
    """What should be in the syringe, and by how many hundredths of a mg it may differ; None where it is not known."""
    live = watching.live(row)
    drug = order.drug(row).casefold()
    lots = [lot for lot in drug_balance.lots(live.rows) if lot.drug.strip().casefold() == drug]
    drawn = sum((lot.drawn_mg or Decimal(0) for lot in lots), Decimal(0))
    if not drawn:
        return None
    spent = sum(((lot.wasted_mg or Decimal(0)) + (lot.returned_mg or Decimal(0)) for lot in lots), Decimal(0))
    events = translate.watched_events(live.rows)
    ran = sum(dose.amount_mg for dose in doses_given(events, live.watched.at) if dose.rate_mg_per_h)
    return drawn - spent - Decimal(str(ran)), drawn * Decimal(str(live.limits.given_percent))


def _check_drug(row: InfusionSession, content: dict[str, str]) -> None:
    """Of the ordered drug only vials that are it: racemic ketamine and esketamine are never one."""
    ordered, drawn = order.drug(row).casefold(), content["drug"].casefold()
    esketamine = [any(word in name for word in ("esketamine", "s-ketamine")) for name in (ordered, drawn)]
    if all("ketamine" in name for name in (ordered, drawn)) and esketamine[0] != esketamine[1]:
        raise Conflict(f"the order is {order.drug(row)}, this vial is {content['drug']}: take the right one")


def _amount(mg: str, ml: str, strength: str) -> Decimal:
    typed = [
        Decimal(numbers.written(typed_number(number, 0, MOST_MG, unit))) if number.strip() else None
        for number, unit in ((mg, "mg"), (ml, "mL"))
    ]
    amount = vials.mg_of(typed[0], typed[1], Decimal(strength) if strength else None)
    if not amount:
        raise Conflict("the amount must be above zero")
    return amount


def _drawn_of(session: InfusionSession, content: dict[str, str]) -> dict[str, str] | None:
    """What was charted when this lot was drawn up; None where it was not."""
    wanted = (DrugStep.DRAWN, content["lot"], content["drug"])
    amounts = translate.valid_events(session.events.filter(kind=ClinicEvent.DRUG))
    return next(
        (row.content for row in amounts if tuple(row.content[name] for name in ("what", "lot", "drug")) == wanted), None
    )
