"""The controlled drug lot by lot: drawn up, given, wasted, returned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from unwound.session import Lot
from unwound.session.giving import DrugStep
from unwound_clinic.models import SessionEvent
from unwound_clinic.models.session import ClinicEvent
from unwound_clinic.session.translate import Json, valid_events


def lots(rows: Iterable[SessionEvent]) -> tuple[Lot, ...]:
    """The controlled drug lot by lot; what was not written once something was drawn up is not known."""
    amounts: dict[tuple[str, str], dict[str, Json]] = {}
    for row in valid_events(rows):
        if row.kind == ClinicEvent.DRUG:
            content = row.content
            part, lot = f"{content['what']}_mg", amounts.setdefault((content["lot"], content["drug"]), {})
            lot[part] = lot.get(part, Decimal(0)) + Decimal(content["mg"])
            if content["what"] == DrugStep.WASTED:
                lot["wasted_by"], lot["witness"] = content.get("wasted_by", row.by_name), content.get("witness", "")
    return tuple(Lot(lot=lot, drug=drug, **content) for (lot, drug), content in amounts.items())


def closed_lots(rows: Iterable[SessionEvent]) -> tuple[Lot, ...]:
    """The same for the balance: nothing written of waste or return is none, once something was given or wasted."""
    return tuple(
        replace(
            lot,
            given_mg=lot.given_mg if lot.given_mg is not None else Decimal(0),
            wasted_mg=lot.wasted_mg or Decimal(0),
            returned_mg=lot.returned_mg or Decimal(0),
        )
        for lot in lots(rows)
    )
