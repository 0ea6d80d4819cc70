"""Invented patients in any number: each of the stories' people, with facts, trials and forms drawn from everything."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from random import Random
from typing import Any

from whole_patients import STORIES

from unwound.exchange import case_file
from unwound.instruments import instruments
from unwound.patient import Answers, Fact, Medication, Patient, Screened, Trial
from unwound.screens import screens
from unwound.terms import Jurisdiction, Purpose, TrialEffect, WhyStopped
from unwound.therapies import therapies
from unwound.vocabulary import Question, belongs_to_one_pain, vocabulary

WORDS = ("«odd» words", "two\nlines", "ümlaut – 痛み", "a, b; c: d", "plain")


@cache
def _people() -> tuple[Patient, ...]:
    return tuple(case_file.read_case(path.read_text(encoding="utf-8"), id).patient for id, path in STORIES.items())


def synthetic(number: int) -> Iterator[Patient]:
    """So many of them, always the same."""
    people = _people()
    for place in range(number):
        yield _made(people[place % len(people)], Random(place), place)


def _made(base: Patient, random: Random, place: int) -> Patient:
    day = base.as_of

    def then() -> date | None:
        return random.choice((None, day, day - timedelta(days=random.randrange(3000))))

    several = bool(base.pains)
    drawn = {
        id: Fact(value=_value(question, random), on=then(), origin=random.choice(("", "Test Nurse, 2026-11-01")))
        for id, question in vocabulary().items()
        if random.random() < 0.15 and not (several and belongs_to_one_pain(id) is not False)
    }
    return base.model_copy(
        update={
            "id": f"own-{place}",
            "name": f"Testcase-{place} Synthetic",
            "jurisdiction": random.choice((None, *Jurisdiction)),
            "facts": {**base.facts, **drawn},
            "trials": (*base.trials, *(_trial(random, then) for _ in range(random.randrange(4)))),
            "answers": (*base.answers, *(_form(random, then) for _ in range(random.randrange(3)))),
            "medications": (
                *base.medications,
                *(
                    Medication(
                        drug=random.choice(("gabapentin", "an unknown tablet")),
                        dose_mg_per_day=random.choice((None, 300.0, 0.1)),
                        dose_ug_per_hour=random.choice((None, 12.5)),
                    )
                    for _ in range(random.randrange(3))
                ),
            ),
            "allergies": (*base.allergies, *(f"{word}: rash" for word in random.sample(WORDS, random.randrange(3)))),
            "screened": _screened(base, random, then),
        }
    )


def _value(question: Question, random: Random) -> Any:
    words = tuple(question.options)
    if question.type == "yes-no":
        return random.random() < 0.5
    if question.type == "number":
        return round(random.uniform(question.min or 0, question.max if question.max is not None else 100), 3)
    if question.type == "choice":
        return random.choice(words)
    return tuple(random.sample(words, random.randint(1, len(words))))


def _trial(random: Random, then: Any) -> Trial:
    start, end = then(), then()
    days = random.choice((None, 0.5, 42.0))
    return Trial(
        therapy=random.choice((*therapies(), "an ointment of her own")),
        purpose=random.choice((None, *Purpose)),
        top_dose=random.choice((None, 0.25, 900.0, 1234.5)),
        days=days,
        days_at_top=random.choice((None, days)),
        start=start,
        end=end if end and (start is None or end >= start) else None,
        ordered=then(),
        ongoing=random.choice((None, True, False)),
        relief_percent=random.choice((None, -20.0, 0.0, 33.3)),
        effect=random.choice((None, *TrialEffect)),
        stopped=random.choice((None, *WhyStopped)),
        dose_limited_by_side_effects=random.choice((None, True, False)),
        side_effects=random.choice(("", *WORDS)),
        adherent=random.choice((None, True, False)),
        in_this_pain=random.choice((None, True, False)),
        prescribed_for=random.choice(("", "epilepsy")),
        pain_then=random.choice(("", "sciatica")),
        rivals=random.choice(((), ("migraine", "epilepsy"))),
        note=random.choice(("", *WORDS)),
    )


def _form(random: Random, then: Any) -> Answers:
    id, form = random.choice(list(instruments().items()))
    items = tuple(random.choice((None, 0.0, 1.0)) for _ in form.items)
    return Answers(
        instrument=id, on=then(), items=items if random.random() < 0.7 else (), total=random.choice((None, 3.0))
    )


def _screened(base: Patient, random: Random, then: Any) -> tuple[Screened, ...]:
    drawn = random.sample(list(screens()), 2)
    return (
        *base.screened,
        *(Screened(group=id, on=then(), by="Test Nurse", items=random.choice(((), ("pregnant",)))) for id in drawn),
    )
