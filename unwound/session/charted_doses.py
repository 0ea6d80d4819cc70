"""A dose about to be charted that is larger than its source gives: asked again, or refused as a slipped point."""

from __future__ import annotations

import re
from functools import lru_cache

from unwound import evidence, numerals, units
from unwound.catalogue import Cited, Head, load_rule, plain
from unwound.record import UnwoundError
from unwound.session.pick_lists import pick_list


class ChartedDoses(Head):
    """The file of limits: of a bolus by weight, and from how many times a limit a dose is a slip."""

    bolus: Cited
    second_times: Cited
    impossible_times: Cited


class ImpossibleDose(UnwoundError):
    """A dose so far above its limit that a point must have slipped, or one whose amount cannot be read."""


_AMOUNT = re.compile(r"(?P<number>[\d.,' ]*\d)\s*(?P<unit>[^\W\d_]+)?")


@lru_cache(maxsize=1)
def charted_doses() -> ChartedDoses:
    """The limits."""
    return load_rule("charted_doses", ChartedDoses)


def bolus_doubt(amount_mg: float, weight_kg: float) -> str:
    """Why a bolus of ketamine is asked for again; empty where it is not. ImpossibleDose for a slipped point."""
    limit = charted_doses().bolus
    most = limit.value * weight_kg
    of = f"{plain(limit.value)} {limit.unit} at {plain(weight_kg)} kg ({evidence.short(limit.source)})"
    return _doubt("a bolus", amount_mg, most, f"{most:.3g} mg, {of}")


def rate_doubt(rate_mg_per_h: float, ordered_mg_per_h: float) -> str:
    """Why a rate is asked for again: it is above the order. ImpossibleDose for a slipped point."""
    return _doubt("a rate", rate_mg_per_h, ordered_mg_per_h, f"{ordered_mg_per_h:.4g} mg/h of the order", "mg/h")


def needs_second(rate_mg_per_h: float, ordered_mg_per_h: float) -> bool:
    """Whether a rate is so far above the order that a second person must confirm it."""
    return rate_mg_per_h >= ordered_mg_per_h * charted_doses().second_times.value * (1 - 1e-9)


_WORD = re.compile(r"[^\W\d_]+")
_LETTERS, _DIFFERENT = 4, 3


def is_reason(text: str) -> bool:
    """Whether a text may be a reason at all: some letters, not all the same; «x» and «...» are none."""
    letters = "".join(_WORD.findall(text)).casefold()
    return len(letters) >= _LETTERS and len(set(letters)) >= _DIFFERENT


def rescue_doubt(drug: str, amount: str) -> str:
    """Why a dose of a rescue drug («4 mg IV») is asked for again. ImpossibleDose where it cannot be read, or a slip."""
    choice = next((choice for choice in pick_list("rescue_drugs").choices if choice.says == drug.strip().lower()), None)
    if choice is None or choice.most is None or not re.search(r"\d", amount):
        return ""
    most = choice.most
    limit = f"{plain(most.value)} {most.unit} ({evidence.short(most.source)})"
    return _doubt(drug, _in(amount, most.unit), most.value, limit)


def _in(amount: str, unit: str) -> float:
    """The amount in the unit of its limit."""
    match = _AMOUNT.search(amount)
    meanings = numerals.meanings(match["number"]) if match else ()
    if match is None or not meanings:
        raise ImpossibleDose(f"«{amount.strip()[:40]}»: the dose cannot be read; type it as «4 {unit} IV»")
    if len(meanings) > 1:
        either = " or ".join(plain(value) for value in meanings)
        raise ImpossibleDose(f"«{amount.strip()[:40]}» may mean {either} {unit}: type it again as one of the two")
    per = units.MG_PER.get((match["unit"] or "").lower())
    if per is None or unit != "mg":
        raise ImpossibleDose(f"«{amount.strip()[:40]}»: type the dose with its unit, as «4 {unit} IV»")
    return meanings[0] * per


def _doubt(what: str, amount: float, most: float, limit: str, unit: str = "mg") -> str:
    times = charted_doses().impossible_times.value
    if amount > most * times * (1 + 1e-9):
        raise ImpossibleDose(
            f"{plain(amount)} {unit} is more than {plain(times)} times the limit ({limit}): a slipped point? "
            "Type it again, or chart what happened as a note"
        )
    return f"{what} of {plain(amount)} {unit} is above {limit}" if amount > most * (1 + 1e-9) else ""
