"""How many answers a decision costs, from letters as they are written: run `.venv/bin/python benchmarks/effort.py`.

Each letter of `tests/letters` is reviewed as a secretary types it. Then the first open question is answered, and the
patient reviewed again, until there is a decision: a verdict that is not provisional, so that no red flag which concerns
the patient is unasked, unless an emergency stands alone. An answer that the letter's author did not write down counts
as asked and answered «no» or normal; how many were, stands in the table.

The first five questions are right where at least four are about a subject of the five that a pain physician would put
(written before the rules were known to their author) and none is about what cannot apply to this patient. Where and
since when it hurts is one subject, what is dangerous and what forbids another; after an emergency nothing is asked.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median

from unwound import vocabulary
from unwound.candidacy import Verdict
from unwound.pathway import Review
from unwound.terms import Sex

sys.path.append(str(Path(__file__).parents[1] / "tests/library"))

from letters import NAMES, Letter, decided, questions, read, walk

FIRST, RIGHT, MOST = 5, 4, 12
ALIKE = {"onset": "site", "red-flag": "forbids"}
"""Subjects of the letters that are one subject in the order of the questions."""
CHILD_BEARING_UP_TO = 55
"""Years; above, a question about pregnancy cannot apply. For this table only, no rule of the product."""

OF_A_FILE = {
    "circumstances": "forbids",
    "crps": "signs",
    "examination": "signs",
    "head_and_face": "signs",
    "lesions": "onset",
    "measurements": "values",
    "medicines": "forbids",
    "mood": "mood",
    "named_neuropathies": "onset",
    "other_causes": "onset",
    "pelvis": "signs",
    "pain": "site",
    "red_flags": "red-flag",
    "tests": "signs",
}
"""What the questions of a file of the vocabulary are about, where `OF_A_FACT` does not say otherwise."""
OF_A_FACT = {
    **dict.fromkeys(("crps_after_limb_event", "pain_duration_days", "pain_began_in_plausible_time"), "onset"),
    **dict.fromkeys(("pain_average_nrs", "pain_interferes_much", "ecg_done", "liver_tests_done"), "values"),
    **dict.fromkeys(("trials_confirmed", "trials_complete", "opioid_dose_raised_pain_worse"), "trials"),
    **dict.fromkeys(("pain_descriptors", "pain_paroxysms_triggered", "pain_mechanical"), "signs"),
    **dict.fromkeys(("hypersensitivity_history", "nociplastic_comorbidity", "tissue_damage_explains_pain"), "signs"),
    **dict.fromkeys(("suicidal_thoughts_now", "suicidal_thoughts_today", "suicidal_plan_or_intent"), "mood"),
    **dict.fromkeys(("suicidal_behaviour_3_months",), "mood"),
    **dict.fromkeys(("escort_available", "fasting_followed", "medication_list_complete"), "other"),
    "back_or_leg_pain": "site",
    "cancer": "red-flag",
}

PREGNANCY = {
    *("pregnant", "gestation_weeks", "breastfeeding", "pregnancy_possible", "pregnancy_planned"),
    *("pregnancy_test_done", "pregnancy_test_result", "takes_hormonal_contraceptive"),
}
SPINE = {
    *("saddle_numbness_new", "bladder_or_bowel_change_new", "leg_weakness_both_or_worsening"),
    *("sexual_function_change_new", "spinal_pain_band_or_night", "fever_or_infection_risk_with_spinal_pain"),
}
FACE = {
    *("temporal_headache_with_vision_or_jaw", "face_pain_both_sides", "trigger_zone_found", "trigeminal_history"),
    "test_trigeminal_reflex",
}
LIMB = set(vocabulary.groups()["crps"].facts)
OUT_OF_PLACE = {
    "face": SPINE | LIMB,
    "head": SPINE | LIMB,
    "arm": SPINE | FACE,
    "leg": FACE,
    "trunk": FACE | LIMB,
}
"""What is not asked about a pain of this region and no other; nothing is out of place in «body» and «both»."""


@dataclass(frozen=True)
class Effort:
    """What one letter cost."""

    letter: Letter
    open: int
    deciding: int
    answers: int
    """Put until there was a decision."""
    assumed: int
    """Of these, answered «no» or normal because nothing was written down."""
    first_verdict: int
    """Put until a verdict was first said, provisional or not."""
    at_decision: Review
    last: Review
    wrong_of_five: tuple[str, ...]
    right: bool


def effort(letter: Letter) -> Effort:
    """The letter, reviewed and asked about to the end."""
    steps = list(walk(letter))
    first, last = steps[0].review, steps[-1].review
    answers = next((place for place, step in enumerate(steps) if decided(step.review)), len(steps) - 1)
    return Effort(
        letter=letter,
        open=len(first.asks),
        deciding=len(first.candidacy.ask),
        answers=answers,
        assumed=sum(bool(step.assumed) for step in steps[: answers + 1]),
        first_verdict=next((place for place, step in enumerate(steps) if _says_something(step.review)), len(steps) - 1),
        at_decision=steps[answers].review,
        last=last,
        wrong_of_five=tuple(_wrong(letter, first)),
        right=_is_right(letter, first),
    )


def _says_something(review: Review) -> bool:
    return review.candidacy.verdict != Verdict.CANNOT_TELL


def _wrong(letter: Letter, review: Review) -> Iterator[str]:
    """Of the first five questions, those a pain physician would not put, and why."""
    for asked in islice(questions(review), FIRST):
        if out_of_place := _cannot_apply(letter).intersection(asked):
            yield f"{', '.join(sorted(out_of_place))} cannot apply"
        elif {ALIKE.get(name, name) for name in letter.subjects}.isdisjoint(subject(fact) for fact in asked):
            yield ", ".join(f"{fact} ({subject(fact)})" for fact in asked)


def _is_right(letter: Letter, review: Review) -> bool:
    if review.candidacy.urgent:
        return True  # after an emergency comes the action and no question
    put = [frozenset(asked) for asked in islice(questions(review), FIRST)]
    if any(_cannot_apply(letter).intersection(asked) for asked in put):
        return False
    return len(put) - len(tuple(_wrong(letter, review))) >= min(RIGHT, len(put))


def subject(fact: str) -> str:
    """What a question is about, in the words of the letters."""
    if "." in fact:
        return "trials"
    file = next(name for name, group in vocabulary.groups().items() if fact in group.facts)
    name = OF_A_FACT.get(fact) or OF_A_FILE[file]
    return ALIKE.get(name, name)


def _cannot_apply(letter: Letter) -> set[str]:
    patient = letter.case.patient
    assert patient.birth_date
    years = (patient.as_of - patient.birth_date).days / 365.25
    never_pregnant = patient.sex == Sex.MALE or years > CHILD_BEARING_UP_TO
    return OUT_OF_PLACE.get(letter.region, set()) | (PREGNANCY if never_pregnant else set())


HEAD = (
    f"{'letter':31}{'quality':9}{'open':>5}{'deciding':>9}{'said':>6}{'answers':>8}{'assumed':>8}{'flags':>6}"
    f"  {'decision':16} five after all answers"
)
MEANING = """
open, deciding: questions at the start, and how many of them could change the verdict
said: put until there was a verdict, provisional or not; answers: put until there was a decision
assumed: of these, taken as «no» or normal since nothing was written down
flags: relevant red flags unasked at the decision; five: whether the first five questions are right
"""


def _row(done: Effort) -> str:
    now, final = done.at_decision.candidacy, done.last.candidacy.verdict
    counts = (
        f"{done.open:5}{done.deciding:9}{done.first_verdict:6}{done.answers:8}{done.assumed:8}{len(now.not_asked):6}"
    )
    agrees = "agrees" if final == done.letter.expected else f"{final}; expected: {done.letter.expected}"
    five = "yes" if done.right else "no"
    return f"{done.letter.name:31}{done.letter.quality:9}{counts}  {now.verdict:16} {five:5}{agrees}"


def main() -> None:
    """Print the table and what it comes to."""
    all_done = [effort(read(name)) for name in NAMES]
    print(HEAD)
    for done in all_done:
        print(_row(done))
    print(MEANING)
    _summary("good letters", [done for done in all_done if done.letter.quality == "good"])
    _summary("all letters", all_done)
    _first_five(all_done)
    _red_flags(all_done)


def _summary(which: str, some: list[Effort]) -> None:
    answers = [done.answers for done in some]
    print(f"{which} ({len(some)}):")
    print(f"  answers to a decision: median {median(answers):g}, most {max(answers)}; wanted: at most {MOST}")
    print(f"  never decided: {sum(done.at_decision.candidacy.verdict == Verdict.CANNOT_TELL for done in some)}")
    print(f"  agreeing after all answers: {sum(done.last.candidacy.verdict == done.letter.expected for done in some)}")


def _first_five(all_done: list[Effort]) -> None:
    right = [done for done in all_done if done.right]
    print(f"\nfirst five questions right: {len(right)} of {len(all_done)}; of the others, what is not right:")
    for done in all_done:
        if not done.right:
            print(f"  {done.letter.name}: {'; '.join(done.wrong_of_five)}")


def _red_flags(all_done: list[Effort]) -> None:
    early = [done for done in all_done if done.at_decision.candidacy.not_asked]
    emergencies = sum(done.at_decision.candidacy.urgent for done in early)
    print(f"\ndecided with a relevant red flag not asked: {len(early) - emergencies}", end="")
    print(f" (and {emergencies} where an emergency was found, which stands alone)")
    for done in early:
        if not done.at_decision.candidacy.urgent:
            print(f"  {done.letter.name}: {len(done.at_decision.candidacy.not_asked)}")


if __name__ == "__main__":
    main()
