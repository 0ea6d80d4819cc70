"""In which direction a change of a knowledge file is tighter: the stated rules by which an overlay is judged.

A path is the keys to a value, `*` for any one of them. What no rule names is looser: a change that cannot be judged
is never taken for a safe one.
"""

from __future__ import annotations

from collections.abc import Mapping

LOWER, HIGHER = "lower", "higher"
"""Which number is the tighter one: a lower maximum dose, a higher saturation that calls."""
Paths = Mapping[str, str]

NEUTRAL = ("updated", "version", "examples")
"""Decides nothing: when it was written, and examples, which are worked through anyway."""
OF_A_CITATION = ("source", "where", "note")
"""Decides nothing beside a number or text: where it is from."""

ADDED_FILES = ("cautions", "contradictions", "emergencies", "evidence")
"""Kinds of which a further file only adds a check, a question or a source."""

_CITED = ("value", "low", "high")


def _all(path: str, tighter: str) -> Paths:
    """A cited number with its bounds."""
    return {f"{path}.{name}": tighter for name in _CITED}


NUMBERS: Mapping[str, Paths] = {
    "ceilings": {
        **_all("limits.*.limit", LOWER), "weight_kg.low": HIGHER, "weight_kg.high": LOWER,
        **_all("bmi", LOWER), **_all("strongest", LOWER),
    },
    "protocols": {
        **_all("steps.*.rate", LOWER), **_all("steps.*.amount", LOWER), **_all("steps.*.cap", LOWER),
        **_all("steps.*.share", LOWER),
    },
    "settings": {
        **_all("after", HIGHER), **_all("watches.*.every", LOWER),
    },
    "vital_signs": {**_all("gap", LOWER), **_all("worsening.step", LOWER)},
    "consent": _all("start_within", LOWER),
    "cautions": {
        **{f"{at}.{name}.{part}": tighter
           for at in ("when", "when.any.*", "when.all.*") for part in _CITED
           for name, tighter in (("above", LOWER), ("at_least", LOWER), ("below", HIGHER), ("at_most", HIGHER))},
    },
    "session_gates/start": {
        **_all("requirements.identity.limit", HIGHER), **_all("requirements.weight.limit", LOWER),
        **_all("requirements.weight.second_limit", LOWER), **_all("requirements.fasting.limit", HIGHER),
        **_all("requirements.fasting.second_limit", HIGHER), **_all("requirements.pregnancy.limit", LOWER),
        **_all("requirements.baseline.limit", LOWER),
    },
    "session_gates/leave": {
        **_all("requirements.watched.limit", HIGHER), **_all("requirements.vitals.limit", LOWER),
        **_all("requirements.limits.limit", LOWER), **_all("requirements.next_call.limit", LOWER),
    },
    "rules/monitoring": {
        **_all("rejoin", LOWER), **_all("grace", LOWER), **_all("after", HIGHER), **_all("given", LOWER),
        **_all("off", LOWER), **_all("answering.*", LOWER),
        **_all("limits.*.below", HIGHER), **_all("limits.*.above", LOWER),
        **_all("trends.*.beyond", LOWER), **_all("trends.*.rise", LOWER), **_all("trends.*.fall", LOWER),
        **_all("checks.*.every", LOWER), **_all("checks.*.grace", LOWER), **_all("side_effects.*.least", LOWER),
    },
    "rules/retreatment": {
        **_all("limits.failures", LOWER), **_all("limits.window", HIGHER), **_all("limits.together", LOWER),
        **_all("limits.short", LOWER), **_all("limits.yearly", LOWER), **_all("limits.year", HIGHER),
        **_all("limits.liver_raised", LOWER), **_all("surveillance.liver_after_repeat", LOWER),
        **_all("surveillance.bladder_after", LOWER),
    },
    "rules/published_outcomes": _all("smallest", HIGHER),
    "rules/registry": _all("shift", HIGHER),
}  # fmt: skip
"""Kind, or kind and file -> the numbers whose direction is known."""

ORDERED: Mapping[str, Mapping[str, tuple[object, ...]]] = {
    "ceilings": {"limits.*.binds": (False, True)},
    "cautions": {
        "level": ("note", "ask", "stop"),
        "relative": (True, False),
        "ask_when_unknown": (False, True),
    },
    "consent": {"statements.*.needed": (False, True)},
    "session_gates": {"requirements.*.override": (True, False)},
    "rules/monitoring": {
        "limits.*.does": ("review", "pause", "stop"),
        "trends.*.does": ("review", "pause", "stop"),
        "side_effects.*.does": ("review", "pause", "stop"),
        "checks.*.once_seen": (True, False),
        "checks.*.again_after_rise": (False, True),
    },
}
"""The same for words and yes or no: from the loosest to the tightest."""

GROWS: Mapping[str, tuple[str, ...]] = {
    "ceilings": ("limits",),
    "cautions": ("when.any", "needs", "lay_phrases"),
    "conditions": ("lay_phrases",),
    "emergencies": ("signs", "certain"),
    "instruments": ("lay_phrases",),
    "protocols": ("liver_tests", "lay_phrases"),
    "session_gates": ("requirements.*.one_of",),
    "rules/monitoring": ("limits", "trends", "checks", "side_effects"),
    "therapies": ("lay_phrases",),
}
"""Where something added only adds a stop or a check; whatever is taken away is looser, and so is any added text."""


def of(kind: str, id: str, table: Mapping[str, object]) -> list[object]:
    """What a table holds for a file: under its kind, and under its kind and name."""
    return [table[key] for key in (kind, f"{kind}/{id}") if key in table]


def matches(path: str, pattern: str) -> bool:
    """Whether a dotted path is of the pattern: `*` stands for one key."""
    keys, wanted = path.split("."), pattern.split(".")
    return len(keys) == len(wanted) and all(want in ("*", key) for key, want in zip(keys, wanted, strict=True))
