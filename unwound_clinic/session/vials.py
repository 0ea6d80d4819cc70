"""A vial as it is scanned and typed at drawing up: which product, which strength, until when, how much was in it.

What a product number stands for is learnt from the first draw-up that was charted with it at the site; after that a
code that is typed as another drug or strength is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from unwound import record
from unwound.exchange import gs1
from unwound.session.giving import DrugStep
from unwound_clinic.core.action import Conflict
from unwound_clinic.models import InfusionSession, SessionEvent
from unwound_clinic.models.session import ClinicEvent
from unwound_clinic.session import translate

Content = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vial:
    """What is known of a vial beside its lot; what is not known is empty or None."""

    scanned: str = ""
    mg_per_ml: Decimal | None = None
    holds_ml: Decimal | None = None
    expires_on: date | None = None
    opened_at: datetime | None = None
    """When a vial for several doses was opened first."""


def content_of(session: InfusionSession, vial: Vial, lot: str, drug: str, now: datetime) -> Content:
    """What is charted of a vial with its draw-up. Conflict for another drug or strength, and for one that expired."""
    today = now.astimezone(session.site.zone).date()
    try:
        scan = gs1.read(vial.scanned, today) if vial.scanned.strip() else None
    except gs1.Gs1Error as refused:
        raise Conflict(f"barcode: {refused}") from None
    content = {"lot": _same("lot", lot.strip(), scan.lot if scan else "")}
    expires = _same("expiry", _day(vial.expires_on), _day(scan.expires_on) if scan else "")
    if expires and date.fromisoformat(expires) < today:
        raise Conflict(f"this vial expired on {record.day(date.fromisoformat(expires))}: take another one")
    if vial.opened_at is not None and vial.opened_at > now:
        raise Conflict("the vial cannot have been opened in the future")
    content |= {"expires_on": expires, "opened_at": vial.opened_at.isoformat() if vial.opened_at else ""}
    content |= {"mg_per_ml": _number(vial.mg_per_ml), "holds_ml": _number(vial.holds_ml)}
    if scan is not None:
        content |= {"gtin": scan.gtin, "serial": scan.serial}
        _check_product(session, content, drug)
    return {name: value for name, value in content.items() if value}


def mg_of(mg: Decimal | None, ml: Decimal | None, mg_per_ml: Decimal | None) -> Decimal:
    """The amount, from mg, or mL and the strength; Conflict where both are given and do not agree, or neither."""
    calculated = ml * mg_per_ml if ml is not None and mg_per_ml is not None else None
    if mg is not None and calculated is not None and mg != calculated:
        raise Conflict(f"{ml} mL of {mg_per_ml} mg/mL are {calculated.normalize():f} mg, not {mg} mg: check both")
    amount = mg if mg is not None or calculated is None else Decimal(f"{calculated.normalize():f}")
    if amount is None:
        raise Conflict("the amount is needed: in mg, or in mL with the strength in mg/mL")
    return amount


def check_left(session: InfusionSession, content: Mapping[str, str]) -> None:
    """Conflict where more would have been drawn from one vial than it holds, over all sessions of the site."""
    serial, holds, strength = (content.get(name, "") for name in ("serial", "holds_ml", "mg_per_ml"))
    if not (serial and holds and strength):
        return
    drawn = sum(
        (Decimal(row.content["mg"]) for row in _drawn(session, gtin=content["gtin"], serial=serial)), Decimal(0)
    )
    whole = Decimal(holds) * Decimal(strength)
    if drawn + Decimal(content["mg"]) > whole:
        left = max(whole - drawn, Decimal(0)).normalize()
        raise Conflict(f"this vial held {whole.normalize():f} mg, and {left:f} mg are left of it: take another one")


def _check_product(session: InfusionSession, content: Content, drug: str) -> None:
    """What was charted of this product before at the site says what it is."""
    for row in _drawn(session, gtin=content["gtin"]):
        known = row.content
        if known["drug"].casefold() != drug.strip().casefold():
            raise Conflict(f"this product is {known['drug']}, not {drug.strip()}: the wrong vial, or the wrong name")
        strength = known.get("mg_per_ml", "")
        if content["mg_per_ml"] and strength and Decimal(strength) != Decimal(content["mg_per_ml"]):
            raise Conflict(f"this product has {strength} mg/mL, not {content['mg_per_ml']}: read the label again")
        content["mg_per_ml"] = content["mg_per_ml"] or strength
        content["holds_ml"] = content["holds_ml"] or known.get("holds_ml", "")


def _drawn(session: InfusionSession, **wanted: str) -> Iterator[SessionEvent]:
    """Draw-ups of the site that still count, with these words in their content."""
    rows = SessionEvent.objects.filter(
        session__site=session.site_id,
        kind=ClinicEvent.DRUG,
        **{f"content__{name}": word for name, word in wanted.items()},
    ).order_by("id")
    amended = set(SessionEvent.objects.filter(amends__in=rows).values_list("amends", flat=True))
    valid = translate.valid_events(row for row in rows if row.pk not in amended)
    return (row for row in valid if row.content["what"] == DrugStep.DRAWN)


def _same(name: str, typed: str, scanned: str) -> str:
    if typed and scanned and typed != scanned:
        raise Conflict(f"{name}: {typed} was typed, the barcode says {scanned}: check the vial")
    return typed or scanned


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _number(number: Decimal | None) -> str:
    return "" if number is None else f"{number:f}"
