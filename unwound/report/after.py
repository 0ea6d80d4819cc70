"""What came of a course, and whether there may be another, in the words of reports and pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from unwound import instruments, questions
from unwound.outcomes import Again, Ended, Ending, Level, Outcome, Retreat, Rule
from unwound.record import day, long_day
from unwound.report.words import three

AGAIN: Mapping[str, str] = {
    Again.MAY_BE_CONSIDERED: "Another course may be considered",
    Again.TOO_EARLY: "Too early for another course",
    Again.NOT_AGAIN: "Not again",
    Again.CANNOT_TELL: "Cannot tell yet",
}
LEVELS: Mapping[str, str] = {
    Level.WORSE: "worse",
    Level.NONE: "less than the smallest change that matters",
    Level.MINIMAL: "minimal",
    Level.MODERATE: "moderate",
    Level.SUBSTANTIAL: "substantial",
    Level.CANNOT_TELL: "cannot tell",
}
ENDED: Mapping[str, str] = {
    Ended.NO_RELIEF: "no relief that could be lost",
    Ended.RELIEF_LOST: "relief is over",
    Ended.NEW_COURSE: "another course began while relief lasted",
    Ended.STILL: "relief lasts",
    Ended.LOST_TO_FOLLOW_UP: "lost to follow-up: nobody has written for two weeks or more",
}
RULES: Mapping[str, str] = {
    "response": "The last course helped",
    "failures": "Courses in a row that did not help",
    "relief": "The relief of the last course is over",
    "liver": "Hours of infusion within twelve weeks (liver)",
    "yearly": "Courses within a year",
    "liver_tests": "Liver tests since the last course",
    "dependence": "Ketamine without a prescription",
    "elsewhere": "Ketamine from elsewhere was asked for",
}
REFUSING: Mapping[str, str] = {
    "response": "After a course without success",
    "failures": "After courses in a row without success",
    "relief": "Before the end of relief",
    "record": "The courses on record do not fit together",
}
"""What a rule is called where it refuses, and its title in `RULES` is that of the other answer."""
ASKS: Mapping[str, str] = {
    "last_course.helped": "Did the last course help, and for long enough?",
    "relief_lost": "Is the relief of the last course over?",
    "planned.hours": "How many hours of infusion are planned?",
    "ketamine_elsewhere": "Has the patient had ketamine from anywhere else since the last course, and how much?",
    "changes": "Has any medicine changed between before and after?",
    "pain.before": "How was the pain before the course?",
    "pain.after": "How is the pain now?",
    "lasted": "For how long did it last?",
    "several": "Was it one infusion, or several?",
}


def rule(reason: Rule) -> str:
    """What a rule is called; a caution by its id."""
    return RULES.get(reason.id, reason.id.replace("_", " "))


def refusing(id: str) -> str:
    """What a rule is called that speaks against another course, by its id."""
    return REFUSING.get(id) or RULES.get(id) or id.replace("_", " ")


def question(id: str) -> str:
    """The question that a missing part asks."""
    if id in ASKS:
        return ASKS[id]
    if id.startswith("course.") and id.endswith(".hours"):
        return f"How many hours of infusion had the course of {day(date.fromisoformat(id[7:-6]))}?"
    if id in instruments.instruments():
        return f"{instruments.instrument(id).title}: what was the total, before and after?"
    return questions.in_words(id)


def of_outcome(outcome: Outcome) -> Iterator[tuple[str, str, str]]:
    """Each figure of an outcome: what it is, the answer, and why."""
    change = outcome.change_percent
    fall = "" if change is None else f", {abs(change):.0f} % {'less' if change >= 0 else 'more'} pain"
    yield "Change of pain", f"{LEVELS[outcome.level]}{fall}", "; ".join(outcome.because)
    yield "By points", LEVELS[outcome.by_points], ""
    for title, judgement in (
        ("At least 30 % less pain", outcome.responder),
        ("The patient's own word", outcome.patient_says),
        ("Function", outcome.function),
        *(
            (f"{instruments.instrument(name).title}: response", judgement)
            for name, judgement in outcome.mood_response.items()
        ),
        *(
            (f"{instruments.instrument(name).title}: remission", judgement)
            for name, judgement in outcome.mood_remission.items()
        ),
        ("A success by the consensus", outcome.success),
    ):
        yield title, three(judgement.holds), "; ".join(judgement.because)
    for drug, less in sorted(outcome.less.items()):
        yield f"Less {drug}", three(less), ""


def of_ending(ending: Ending) -> str:
    """How relief ended, in one line with its interval."""
    if ending.kind == Ended.NO_RELIEF:
        return ENDED[ending.kind]
    end = ending.end
    low, high = ("beyond a year" if day is None else f"{day:.0f}" for day in (end.low, end.high))
    median = "beyond a year" if end.median is None else f"about day {end.median:.0f}"
    bounds = f"; between day {ending.worst_days:.0f} and {ending.best_days:.0f} at worst and best"
    wide = bounds if ending.worst_days != ending.best_days else ""
    return f"{ENDED[ending.kind]}; its end {median} (90 %: {low} to {high}){wide}"


def of_retreat(again: Retreat) -> str:
    """The verdict with its day."""
    until = f" before {long_day(again.until)}" if again.until else ""
    return f"{AGAIN[again.verdict]}{until}"
