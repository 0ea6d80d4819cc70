"""The controlled drug lot by lot: drawn up, given, wasted, returned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from unwound.session import Lot
from unwound.session.giving import DrugStep
from unwound_clinic.models import SessionEvent
from unwound_clinic.models.session import ClinicEvent
from unwound_clinic.session.translate import Json, counting


def lots(rows: Iterable[SessionEvent]) -> tuple[Lot, ...]:
    """The controlled drug lot by lot; what was not written once something was drawn up is not known."""
    found: dict[tuple[str, str], dict[str, Json]] = {}
    for row in counting(rows):
        if row.kind == ClinicEvent.DRUG:
            told = row.content
            part, lot = f"{told['what']}_mg", found.setdefault((told["lot"], told["drug"]), {})
            lot[part] = lot.get(part, Decimal(0)) + Decimal(told["mg"])
            if told["what"] == DrugStep.WASTED:
                lot["wasted_by"], lot["witness"] = told.get("wasted_by", row.by_name), told.get("witness", "")
    return tuple(Lot(lot=lot, drug=drug, **told) for (lot, drug), told in found.items())


def closed_lots(rows: Iterable[SessionEvent]) -> tuple[Lot, ...]:
    """The same for the balance: nothing written of waste or return is none, once something was given or wasted."""
    return tuple(
        replace(
            one,
            given_mg=one.given_mg if one.given_mg is not None else Decimal(0),
            wasted_mg=one.wasted_mg or Decimal(0),
            returned_mg=one.returned_mg or Decimal(0),
        )
        for one in lots(rows)
    )
