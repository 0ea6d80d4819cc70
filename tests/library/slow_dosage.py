"""A second opinion on a dosage: slow and obvious, and only of the shapes that `test_fhir_dosage_laws` makes.

It counts the doses of twelve weeks one by one, and knows each sentence by heart. It shares no line with the library.
"""

from fractions import Fraction
from typing import Any

Json = dict[str, Any]
WEEKS = 12
DAYS = 7 * WEEKS
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
STRENGTH = Fraction(300)
PIECES = ("capsule", "{capsule}", "Kapsel", "stuk", "gélule", "cápsula")
HOURS_OF = {"h": 1, "d": 24, "wk": 168}
SENTENCES: dict[str, tuple[int, int] | str] = {}
"""A sentence -> how many capsules, and the hours between them; or «as needed», «range», «changes»."""
for count, english, german, dutch in ((1, "one", "1", "1"), (2, "two", "2", "2"), (3, "three", "3", "3")):
    for hours, times in ((24, 1), (12, 2), (8, 3), (6, 4)):
        SENTENCES[f"take {english} capsules {times} times a day"] = (count, hours)
        SENTENCES[f"{count} capsule every {hours} hours"] = (count, hours)
        SENTENCES[f"{german} Kapseln alle {hours} Stunden"] = (count, hours)
        SENTENCES[f"{times} x tgl. {german} Kapsel"] = (count, hours)
        SENTENCES[f"{times}x daags {dutch} capsule"] = (count, hours)
        SENTENCES[f"{count} gélules {times} fois par jour"] = (count, hours)
        SENTENCES[f"{count} cápsulas cada {hours} horas"] = (count, hours)
        SENTENCES[f"{count * 300} mg q{hours}h"] = (count, hours)
        SENTENCES[f"Nehmen Sie {times}x täglich {german} Kapseln ein."] = (count, hours)
        SENTENCES[f"{count} capsules {times} times a day, 30 minutes before meals"] = (count, hours)
        SENTENCES[f"{count} cap q{hours}h prn"] = "as needed"
        SENTENCES[f"{count}-{count + 1} capsules every {hours} hours"] = "range"
        SENTENCES[f"{count} capsule every {hours} hours, then stop"] = "changes"
    SENTENCES[f"{count} capsules every twenty-four hours"] = (count, 24)
for morning, noon, night in ((1, 0, 1), (1, 1, 1), (0, 0, 2), (2, 0, 3)):
    SENTENCES[f"{morning}-{noon}-{night}"] = (morning + noon + night, 24)


def doses(hours_between: Fraction) -> Fraction:
    """How many doses are taken in twelve weeks, counted hour by hour in small steps."""
    at, taken = Fraction(0), 0
    while at < DAYS * 24:
        at, taken = at + hours_between, taken + 1
    return Fraction(DAYS * 24) / hours_between if at == DAYS * 24 else Fraction(taken)


def by_words(written: str) -> Fraction | str | None:
    """mg a day by a sentence known by heart; None for one that says nothing of the dose."""
    meaning = SENTENCES.get(written)
    if meaning is None or isinstance(meaning, str):
        return meaning
    count, hours = meaning
    return count * STRENGTH * doses(Fraction(hours)) / DAYS


def by_coding(told: Json) -> Fraction | str | None:
    """mg a day by dose and timing, counted over twelve weeks."""
    if told.get("asNeededBoolean"):
        return "as needed"
    rates = told.get("doseAndRate")
    if not rates:
        return None
    quantity, repeat = rates[0].get("doseQuantity"), told["timing"]["repeat"]
    if quantity is None:
        return "range"
    value = Fraction(str(quantity["value"]))
    mg = value * STRENGTH if quantity["unit"] in PIECES else value * (1000 if quantity["unit"] == "g" else 1)
    slots = len(repeat.get("when", [])) or repeat["frequency"]
    if "dayOfWeek" in repeat:
        taken = sum(
            slots
            for day in range(DAYS)
            if ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[day % 7] in repeat["dayOfWeek"]
        )
        return mg * taken / DAYS
    between = Fraction(str(repeat["period"])) * HOURS_OF[repeat["periodUnit"]] / slots
    return mg * Fraction(DAYS * 24) / between / DAYS


def opinion(told: Json) -> Fraction | None:
    """mg a day where everything that is said agrees and is fixed; else None."""
    said = [by_coding(told), *(by_words(told.get(field, "")) for field in ("text", "patientInstruction"))]
    known = {entry for entry in said if entry is not None}
    if len(known) != 1 or isinstance(only := known.pop(), str):
        return None
    most = told.get("maxDosePerPeriod")
    return None if most and only > Fraction(str(most["numerator"]["value"])) else only
