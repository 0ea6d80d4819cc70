"""CDS Hooks 2.0: a request -> the patient and the orders in it; feedback -> what was done with a card.

Only what was fetched before the request is read: no address in it is ever followed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from unwound.cds import Hook, Order
from unwound.exchange.cds_answers import ASKED, RESULTS, SYSTEM
from unwound.exchange.fhir import Identity, read_bundle
from unwound.exchange.fhir.parse import BundleError, as_utf8, thoroughly
from unwound.exchange.fhir.shapes import Object, obj, objects, text
from unwound.patient import Patient
from unwound.record import UnwoundError
from unwound.terms import Jurisdiction

_MEDICINE = frozenset(("MedicationRequest", "MedicationStatement"))
_DONE = frozenset(("accepted", "overridden"))
_WORD = re.compile(r"[A-Za-z0-9-]{1,64}")
MOST_ORDERS = 50
"""Orders of one call that are looked at: a basket has a few."""
_NEVER_ORDERED = frozenset(("cancelled", "entered-in-error", "stopped", "completed", "on-hold"))


class RequestError(UnwoundError):
    """A request that is none of CDS Hooks 2.0: the message says what is missing."""


class NotFetchedError(UnwoundError):
    """A request without the record that the service asks to be fetched before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """One call of a service, read."""

    hook: Hook
    instance: str
    patient: Patient
    identity: Identity
    orders: tuple[Order, ...]
    missing: tuple[str, ...]
    """Parts of the record that did not come."""
    results_missing: bool
    """Whether results of the laboratory are among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What was done with one card."""

    card: str
    outcome: Literal["accepted", "overridden"]
    reason: str = ""
    """The code of the reason, one of ours; empty where none was given."""
    comment: str = ""
    """What was written beside it."""
    at: str = ""
    """When, as the hospital's system writes it."""


def opened(raw: bytes) -> Object:
    """The JSON object of a request. RequestError, naming what is wrong, for anything else."""
    try:
        table = thoroughly(as_utf8(raw, "request"), "request")
    except BundleError as reason:
        raise RequestError(str(reason)) from None
    if not isinstance(table, dict):
        raise RequestError("request: a JSON object is needed")
    return table


def read(raw: bytes, service: Hook, *, as_of: date, jurisdiction: Jurisdiction | None = None) -> Called:
    """One call as known on the day `as_of`; `jurisdiction` is the clinic's, where the record names none.

    RequestError where the request itself is not whole, NotFetchedError where the patient did not come with it.
    """
    table = opened(raw)
    context, instance = table.get("context"), text(table.get("hookInstance"))
    if table.get("hook") != service:
        raise RequestError(f"request.hook: this service answers «{service}»")
    if not instance:
        raise RequestError("request.hookInstance: a UUID of the call is needed")
    if not isinstance(context, dict) or not text(context.get("patientId")):
        raise RequestError("request.context.patientId: the id of the patient is needed")
    if not isinstance(table.get("prefetch", {}), dict):
        raise RequestError("request.prefetch: an object is needed, a name for each part of the record")
    drafts = tuple(_drafts(context, service))
    record = {
        "hook": service,
        "context": {"patientId": text(context.get("patientId")).removeprefix("Patient/")},
        "prefetch": obj(table.get("prefetch")),
    }
    try:
        read_ = read_bundle(json.dumps(record), "prefetch", as_of=as_of)
    except BundleError as reason:
        raise NotFetchedError(str(reason)) from None
    patient = read_.patient
    if patient.jurisdiction is None and jurisdiction is not None:
        patient = patient.model_copy(update={"jurisdiction": jurisdiction})
    orders = tuple(
        order for draft in drafts[:MOST_ORDERS] for order in _orders(draft, obj(table.get("prefetch")), as_of)
    )
    absent = ", ".join(key for key in ASKED if key not in obj(table.get("prefetch")))
    left: tuple[str, ...] = (f"not sent with the call: {absent}",) if absent else ()
    left += (f"{len(drafts) - MOST_ORDERS} further orders of this call",) if len(drafts) > MOST_ORDERS else ()
    return Called(
        hook=service,
        instance=instance,
        patient=patient,
        identity=read_.identity,
        orders=orders,
        missing=(*read_.missing, *left),
        results_missing=not _is_whole(obj(table.get("prefetch")).get(RESULTS)),
    )


def _is_whole(searched: object) -> bool:
    """Whether the answer to a search came, with all its pages."""
    answer = obj(searched)
    more = any(link.get("relation") == "next" for link in objects(answer.get("link")))
    return answer.get("resourceType") == "Bundle" and not more


def _drafts(context: Object, service: Hook) -> Iterator[Object]:
    """The orders in the making: of a selection those that were just chosen, of a signature all of them."""
    chosen = {text(selection).removeprefix("urn:uuid:") for selection in _list(context.get("selections"))}
    for entry in objects(obj(context.get("draftOrders")).get("entry")):
        order = obj(entry.get("resource"))
        if order.get("resourceType") not in _MEDICINE or text(order.get("status")) in _NEVER_ORDERED:
            continue
        named = {_reference(order), text(entry.get("fullUrl")).removeprefix("urn:uuid:")}
        if service == Hook.ORDER_SELECT and chosen and named.isdisjoint(chosen):
            continue
        yield order


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()


def _reference(order: Object) -> str:
    return f"{text(order.get('resourceType'))}/{text(order.get('id'))}"


def _orders(draft: Object, prefetch: Object, as_of: date) -> Iterator[Order]:
    """An order as the library reads medicines: as if it were in force today, alone beside an unnamed patient."""
    in_force = {key: value for key, value in draft.items() if key not in ("subject", "encounter", "patient")}
    in_force |= {"status": "active", "intent": "order", "authoredOn": as_of.isoformat(), "id": "order"}
    medicines = _resources(prefetch, "Medication")
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"resource": resource} for resource in ({"resourceType": "Patient", "id": "x"}, in_force, *medicines)
        ],
    }
    try:
        patient = read_bundle(json.dumps(bundle), "order", as_of=as_of).patient
    except (UnwoundError, TypeError):
        return
    reasons = {trial.therapy: trial.prescribed_for for trial in patient.trials}
    for taken in patient.medications:
        yield Order(
            drug=taken.drug,
            dose_mg_per_day=taken.dose_mg_per_day,
            ref=_reference(draft),
            elsewhere=reasons.get(taken.drug, ""),
        )


def _resources(prefetch: Object, type: str) -> Iterator[Object]:
    for value in prefetch.values():
        for entry in objects(obj(value).get("entry")):
            if obj(entry.get("resource")).get("resourceType") == type:
                yield obj(entry.get("resource"))


def feedback(raw: bytes) -> tuple[Feedback, ...]:
    """What was done with which card. RequestError, with the place, where it cannot be read."""
    listed = opened(raw).get("feedback")
    if not isinstance(listed, list) or not listed:
        raise RequestError("feedback: a list with at least one entry is needed")
    return tuple(_feedback(obj(entry), number) for number, entry in enumerate(listed, 1))


def _feedback(entry: Object, number: int) -> Feedback:
    card, outcome = text(entry.get("card")), text(entry.get("outcome"))
    if not _WORD.fullmatch(card):
        raise RequestError(f"feedback[{number}].card: the UUID of a card is needed")
    if outcome not in _DONE:
        raise RequestError(f"feedback[{number}].outcome: «accepted» or «overridden» is needed")
    reason = obj(entry.get("overrideReason"))
    coding = obj(reason.get("reason"))
    ours = coding.get("system") in (None, SYSTEM)
    return Feedback(
        card=card,
        outcome="accepted" if outcome == "accepted" else "overridden",
        reason=text(coding.get("code"))[:64] if ours else "other",
        comment=text(reason.get("userComment"))[:300],
        at=text(entry.get("outcomeTimestamp"))[:40],
    )
