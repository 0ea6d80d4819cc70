"""How often something helps, in numbers of people: both groups of a trial where they are printed, else in words.

A number needed to treat alone says nothing of how many are helped without it: it is never drawn.
"""

from __future__ import annotations

import math

from unwound import therapies
from unwound.catalogue import Cited
from unwound.reading.knowledge import Arm, Comparison, words
from unwound.reading.pages import Group, Line, Picture, cited, resting_on
from unwound.therapies import knowledge as therapy_knowledge

Z_95 = 1.959963984540054
HUNDRED = 100


def picture(comparison: Comparison) -> Picture:
    """Both groups of a comparison as people, with the bounds, and the same in words."""
    treated, compared = comparison.treated, comparison.compared
    of = _out_of(treated)
    groups = (_group(comparison.with_words, treated, of), _group(comparison.without_words, compared, of))
    rests_on = [*_numbers(treated), *_numbers(compared)] + ([comparison.difference] if comparison.difference else [])
    return Picture(
        title=comparison.title,
        of=of,
        harm=comparison.harm,
        groups=groups,
        line=resting_on(_in_words(comparison, groups, of), *rests_on),
        note=cited(comparison.note),
    )


def _in_words(comparison: Comparison, groups: tuple[Group, Group], of: int) -> str:
    numbers, (treated, compared) = words().numbers, groups
    text = numbers["both"].format(
        with_n=treated.n,
        without_n=compared.n,
        of=of,
        outcome=comparison.outcome,
        with_words=comparison.with_words,
        without_words=comparison.without_words,
    )
    if treated.low is not None and compared.low is not None:
        bounds = {"with_low": treated.low, "with_high": treated.high, "without_low": compared.low}
        return f"{text} {numbers['range'].format(**bounds, without_high=compared.high, of=of)}"
    difference = comparison.difference
    if difference is None or difference.low is None or difference.high is None:
        return text
    return f"{text} {numbers['difference'].format(low=round(difference.low), high=round(difference.high))}"


def _out_of(arm: Arm) -> int:
    return int(arm.of.value) if arm.count and arm.of else HUNDRED


def _numbers(arm: Arm) -> list[Cited]:
    return [number for number in (arm.share, arm.count, arm.of, arm.standard_error) if number is not None]


def _group(named: str, arm: Arm, of: int) -> Group:
    share = arm.count.value / arm.of.value if arm.count and arm.of else arm.share.value / HUNDRED if arm.share else 0.0
    low, high = interval(arm, share)
    bounds = (None, None) if low is None or high is None else (round(low * of), round(high * of))
    return Group(words=named, n=round(share * of), low=bounds[0], high=bounds[1])


def interval(arm: Arm, share: float) -> tuple[float, float] | tuple[None, None]:
    """The bounds of 95 % of a share (0 to 1): by the printed standard error, else by Wilson's score; None without."""
    if arm.standard_error:
        half = Z_95 * arm.standard_error.value / HUNDRED
        return max(0.0, share - half), min(1.0, share + half)
    if arm.of:
        return wilson(share, int(arm.of.value))
    return None, None


def wilson(share: float, people: int) -> tuple[float, float]:
    """The bounds of 95 % by Wilson's score of a share (0 to 1) among so many people. Source: Wilson 1927."""
    spread = Z_95**2 / people
    middle = (share + spread / 2) / (1 + spread)
    half = Z_95 / (1 + spread) * math.sqrt(share * (1 - share) / people + spread / (4 * people))
    return max(0.0, middle - half), min(1.0, middle + half)


def of_therapy(id: str) -> tuple[Line, ...]:
    """How many have to use a therapy for one more to be helped, and to stop for harm: the newest edition, in words."""
    editions = therapy_knowledge.effects(id)
    newest = next((effect for effect in editions.values() if effect.nnt), None)
    if newest is None or newest.nnt is None:
        return ()
    whose = "" if newest in therapies.therapies()[id].effects.values() else words().numbers["of_a_group"]
    clinical = "; ".join(f"{edition}: NNT {effect.nnt}" for edition, effect in editions.items() if effect.nnt)
    helps = resting_on(f"{_said('helps', newest.nnt)} {whose}".strip(), newest.nnt, clinician=clinical)
    return (helps, resting_on(_said("harms", newest.nnh), newest.nnh)) if newest.nnh else (helps,)


def briefly(id: str) -> tuple[str, Cited | None]:
    """The same as one sentence for a list, and the number it says; an empty one where there is no number."""
    number = next((effect.nnt for effect in therapy_knowledge.effects(id).values() if effect.nnt), None)
    return (_said("helps_briefly", number), number) if number else ("", None)


def _said(key: str, number: Cited) -> str:
    """A number needed in a sentence of its own where its upper bound has no end."""
    if number.low is None or number.high is None:
        return words().numbers[key].partition(". ")[0].format(n=_whole(number.value)) + "."
    if math.isinf(number.high):
        return words().numbers[f"{key}_perhaps"].format(n=_whole(number.value), low=_whole(number.low))
    bounds = {"low": _whole(number.low), "high": _whole(number.high)}
    return words().numbers[key].format(n=_whole(number.value), **bounds)


def _whole(number: float) -> str:
    return f"{round(number):,}"
