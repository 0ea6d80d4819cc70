"""One word beside somebody else's record, or silence: `cards(hook, patient, orders)` is pure, like `pathway.review`.

`viewing.py` decides what is said when a record is opened, `ordering.py` when something is ordered, `card.py` is what is
said. Nothing is said of what is not known; but where something is said, what could not be checked stands on it.
"""

from __future__ import annotations

from unwound.cds.card import Card, Indicator, Order, Override, together
from unwound.cds.ordering import of_orders
from unwound.cds.viewing import of_record
from unwound.patient import Patient
from unwound.terms import Word

__all__ = ["Card", "Hook", "Indicator", "Order", "Override", "cards"]


class Hook(Word):
    """When the word is asked for: a record is opened, an order is chosen, an order is signed."""

    PATIENT_VIEW = "patient-view"
    ORDER_SELECT = "order-select"
    ORDER_SIGN = "order-sign"


def cards(
    hook: Hook,
    patient: Patient,
    orders: tuple[Order, ...] = (),
    *,
    course_planned: bool = False,
    missing: tuple[str, ...] = (),
    results_missing: bool = False,
) -> tuple[Card, ...]:
    """What is said: at most one card, the gravest finding first and the others below it; none is the usual answer.

    `missing` names parts of the record that did not come, `results_missing` whether results of the laboratory are among
    them; `course_planned` is whether an infusion of ketamine is due.
    """
    findings = (
        of_record(patient) if hook == Hook.PATIENT_VIEW else of_orders(patient, orders, course_planned, results_missing)
    )
    return together(tuple(findings), missing)
