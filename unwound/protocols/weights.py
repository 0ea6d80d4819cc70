"""Four weights of one person side by side, and which of them a named clinician doses by."""

from __future__ import annotations

from dataclasses import dataclass

from unwound import facts
from unwound.catalogue import Checked, Cited, Frozen, Head, load_rule
from unwound.patient import Patient
from unwound.record import UnwoundError
from unwound.terms import Sex, Word


class WeightKind(Word):
    """Which weight a dose by the kilogram is calculated with."""

    ACTUAL = "actual"
    IDEAL = "ideal"
    ADJUSTED = "adjusted"
    LEAN = "lean"


class WeightExample(Frozen):
    """A person and the weights that must come out, kg."""

    name: str
    weight_kg: float
    height_cm: float
    sex: Sex
    lean: float
    ideal: float


class Formulas(Head):
    """The file `rules/body_weights.toml`."""

    ideal_male: Cited
    ideal_female: Cited
    ideal_per_inch: Cited
    ideal_inches: Cited
    adjusted_share: Cited
    lean_factor: Cited
    lean_constant_male: Cited
    lean_slope_male: Cited
    lean_constant_female: Cited
    lean_slope_female: Cited
    examples: tuple[WeightExample, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyWeights:
    """One person's weights in kg; None where height or sex at birth is not known, or the formula is not for them."""

    actual: float
    ideal: float | None = None
    adjusted: float | None = None
    lean: float | None = None
    lacks: tuple[str, ...] = ()
    """What would have to be known for the missing ones."""
    sources: tuple[str, ...] = ()
    checked: Checked = Checked.SECONDARY

    def of(self, kind: WeightKind) -> float | None:
        """The weight of that kind."""
        known: float | None = getattr(self, kind.value)
        return known


@dataclass(frozen=True, slots=True)
class Basis:
    """Which weight to dose by, and the name of who decided so."""

    kind: WeightKind
    by: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", WeightKind(self.kind))
        if self.kind != WeightKind.ACTUAL and not self.by.strip():
            raise UnwoundError(f"a dose by {self.kind} weight is a named clinician's decision: say whose")


def formulas() -> Formulas:
    """The formulas."""
    return load_rule("body_weights", Formulas)


def ideal(height_cm: float, sex: Sex) -> float | None:
    """Ideal weight after Devine, kg; None below the height that it begins at."""
    known = formulas()
    inches = height_cm / 2.54 - known.ideal_inches.value
    base = known.ideal_male if sex == Sex.MALE else known.ideal_female
    return None if inches < 0 else base.value + known.ideal_per_inch.value * inches


def lean(weight_kg: float, height_cm: float, sex: Sex) -> float:
    """Lean weight after Janmahasatian, kg."""
    known, bmi = formulas(), weight_kg / (height_cm / 100) ** 2
    constant, slope = (
        (known.lean_constant_male, known.lean_slope_male)
        if sex == Sex.MALE
        else (known.lean_constant_female, known.lean_slope_female)
    )
    return known.lean_factor.value * weight_kg / (constant.value + slope.value * bmi)


def body_weights(patient: Patient) -> BodyWeights | None:
    """The four weights; None without a weight. What is not known is named and never assumed."""
    actual, height, sex = facts.number(patient, "weight_kg"), facts.number(patient, "height_cm"), patient.sex
    if actual is None:
        return None
    lacks = (*(("height",) if height is None else ()), *(("sex at birth",) if sex is None else ()))
    if height is None or sex is None:
        return BodyWeights(actual=actual, lacks=lacks)
    best = ideal(height, sex)
    share = formulas().adjusted_share.value
    return BodyWeights(
        actual=actual,
        ideal=best,
        adjusted=None if best is None or actual <= best else best + share * (actual - best),
        lean=lean(actual, height, sex),
        lacks=() if best is not None else (f"a height of {formulas().ideal_inches.value:g} inches and more",),
        sources=("devine_1974", "janmahasatian_2005"),
    )


def chosen(weights: BodyWeights, basis: Basis | None) -> float:
    """The weight to dose by, kg. UnwoundError where the chosen one is not known."""
    if basis is None:
        return weights.actual
    weight = weights.of(basis.kind)
    if weight is None:
        lacks = ", ".join(weights.lacks) or "more weight than the ideal one"
        raise UnwoundError(f"{basis.kind} weight is not known for this patient; it needs {lacks}")
    if weight > weights.actual:
        raise UnwoundError(
            f"{basis.kind} weight is {weight:.1f} kg, more than the actual {weights.actual:g} kg: no dose is by that"
        )
    return weight
