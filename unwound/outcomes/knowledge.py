"""What the outcomes rest on: thresholds, the limits of a further course and the priors of a forecast, each cited."""

from __future__ import annotations

from pydantic import model_validator

from unwound.catalogue import Cited, CitedText, Frozen, Head, load_rule
from unwound.terms import Word


class Level(Word):
    """How much less pain, by IMMPACT; `none` is less than minimal, and `worse` as much more as minimal is less."""

    WORSE = "worse"
    NONE = "none"
    MINIMAL = "minimal"
    MODERATE = "moderate"
    SUBSTANTIAL = "substantial"
    CANNOT_TELL = "cannot-tell"


class Importance(Frozen):
    """One level of change: in percent of the pain before, and in points."""

    id: Level
    percent: Cited
    points: Cited


class MoodRule(Frozen):
    """Response and remission on one scale of depression."""

    instrument: str
    before_at_least: Cited
    response: Cited
    remission_below: Cited | None = None
    remission_at_most: Cited | None = None

    @model_validator(mode="after")
    def _has_one_remission(self) -> MoodRule:
        if (self.remission_below is None) == (self.remission_at_most is None):
            raise ValueError("remission is either below a score or at most a score")
        return self


class Success(Frozen):
    """The consensus's rule for a course that helped: relief, or function, for long enough."""

    relief: Cited
    after_one: Cited
    after_several: Cited
    text: CitedText


class Fools(Frozen):
    """What is said beside a figure that would fool."""

    few_scores: Cited
    single: CitedText
    chosen: CitedText
    unasked: CitedText
    no_control: CitedText


class Windows(Frozen):
    """How old a score may be, in days, that counts as of before the course or of the day that is judged."""

    pain_before: Cited
    forms_before: Cited
    pain_after: Cited
    forms_after: Cited


class Thresholds(Head):
    """`data/rules/outcomes.toml`."""

    baseline_at_least: Cited
    windows: Windows
    levels: tuple[Importance, ...]
    mood: tuple[MoodRule, ...]
    success: Success
    fools: Fools

    @model_validator(mode="after")
    def _levels_rise(self) -> Thresholds:
        shares = [level.percent.value for level in self.levels]
        if shares != sorted(set(shares)):
            raise ValueError("levels must rise")
        return self


def thresholds() -> Thresholds:
    """When a course helped."""
    return load_rule("outcomes", Thresholds)


class Reasons(Frozen):
    """What each rule of a further course rests on."""

    response: CitedText
    failures: CitedText
    relief: CitedText
    liver: CitedText
    yearly: CitedText
    liver_tests: CitedText
    watch: CitedText
    elsewhere: CitedText


class Limits(Frozen):
    """The limits of a further course."""

    failures: Cited
    window: Cited
    injured_after: Cited
    together: Cited
    short: Cited
    yearly: Cited
    year: Cited
    liver_raised: Cited


class Surveillance(Frozen):
    """When something is due after a course."""

    liver_after_repeat: Cited
    """Days after a course without tests of its own, given soon after another."""
    bladder_after: Cited
    """Days after a course by which the bladder is asked about."""


class TotalsText(Frozen):
    """What is said beside the totals of a year."""

    text: CitedText


class Retreatment(Head):
    """`data/rules/retreatment.toml`."""

    rules: Reasons
    limits: Limits
    surveillance: Surveillance
    totals: TotalsText


def retreatment() -> Retreatment:
    """Whether there may be another course."""
    return load_rule("retreatment", Retreatment)


class ReliefPriors(Head):
    """`data/rules/relief_forecast.toml`."""

    baseline: Cited
    baseline_sd: Cited
    amplitude: Cited
    amplitude_sd: Cited
    noise_sd: tuple[Cited, ...]
    noise_rho: tuple[Cited, ...]
    trial_ng_per_ml: Cited
    loss: Cited
    least_before: Cited
    silence: Cited
    rule: CitedText
    amplitude_text: CitedText
    not_validated: CitedText
    low_baseline: CitedText
    drift_weeks: Cited
    drift_sure: Cited
    drift_text: CitedText

    @model_validator(mode="after")
    def _can_be_calculated(self) -> ReliefPriors:
        if not all(number.value > 0 for number in (self.baseline_sd, self.amplitude_sd, *self.noise_sd)):
            raise ValueError("spreads are above zero")
        if not all(0 <= rho.value < 1 for rho in self.noise_rho) or not 0 < self.loss.value < 1:
            raise ValueError("correlations are from 0 to below 1, the share of relief between 0 and 1")
        return self


def relief_priors() -> ReliefPriors:
    """What is believed of one patient's relief before the diary is read."""
    return load_rule("relief_forecast", ReliefPriors)


class Publishing(Head):
    """`data/rules/published_outcomes.toml`."""

    smallest: Cited
    interval: Cited
    funnel: tuple[Cited, ...]
    at_risk_every: Cited
    funnel_text: CitedText
    new_course_text: CitedText


def publishing() -> Publishing:
    """How a clinic's outcomes are published."""
    return load_rule("published_outcomes", Publishing)
