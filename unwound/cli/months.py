"""`unwound outcomes`: what came of a course, for how long, what lies ahead, and whether there may be another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from unwound.cli.printing import print_json
from unwound.cli.reviewing import STANDARD_INPUT, read_bytes
from unwound.exchange.case_file import read_case
from unwound.patient import Patient
from unwound.record import UnwoundError

if TYPE_CHECKING:
    from unwound.exchange.course_file import CourseFile
    from unwound.outcomes import Ending, Outcome, Posterior, Retreat, Weeks

WEEKS_AHEAD = 8
DAYS = 7
IN = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
MODELS = {"racemic": "clements_1981", "esketamine": "otto_2021"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Everything that is said; None with the reason in `why_not` where there is no forecast."""

    outcome: Outcome | None
    ending: Ending | None
    known: Posterior | None
    ahead: Weeks | None
    group: Weeks | None
    last_week: float | None
    again: Retreat | None
    why_not: str
    notes: tuple[str, ...]


@click.command()
@click.argument("file", type=IN)
@click.option(
    "--case", "case", type=IN, help="The patient as a TOML case: liver tests and cautions for another course."
)
@click.option("--json", "wants_json", is_flag=True, help="Print JSON.")
def outcomes(file: Path, case: Path | None, wants_json: bool) -> None:
    """What came of the course in FILE (TOML, its diary in it or in a CSV): judged, followed, forecast, again or not.

    The forecast is not validated on patients. - is the standard input: a diary is then looked for in this folder.
    """
    from unwound.exchange.course_file import read_course, scores_of

    if file == case == Path(STANDARD_INPUT):
        raise click.UsageError("FILE and --case cannot both be the standard input: give one of them as a file")
    course = read_course(read_bytes(file), str(file))
    diary = _beside(file, course.diary) if course.diary else None
    patient = read_case(read_bytes(case), str(case)).patient if case else None
    judged = _found(course, scores_of(course, str(file), diary), patient)
    if wants_json:
        print_json(_as_json(course, judged))
    else:
        click.echo("\n".join(_lines(judged)))


def _beside(file: Path, name: str) -> bytes:
    """The diary that the file names, beside it."""
    try:
        return (file.parent / name).read_bytes()
    except OSError as reason:
        raise UnwoundError(f"{file}: diary: {name}: {reason.strerror}") from None


def _found(course: CourseFile, scores: Any, patient: Patient | None) -> Found:
    import numpy as np

    from unwound import outcomes as rules
    from unwound.pharmacology.subjects import Subjects

    diary = rules.as_diary(scores, course.end)
    known = ahead = group = ending = None
    why_not, notes = "", tuple[str, ...]()
    try:
        if course.weight_kg is None or not course.doses:
            raise UnwoundError("the weight, and hours and milligrams of each infusion, are needed for a forecast")
        driven = rules.exposure(course.doses, Subjects(np.array([course.weight_kg])), MODELS[course.drug])
        known = rules.of_diary(diary, driven)
        until = (course.as_of - course.end).days
        ending = rules.ending(known, until=max(until, known.last_day, 0))
        firsts = [first for n in range(WEEKS_AHEAD) if (first := max(until, known.last_day, 0) + 1 + DAYS * n) <= 359]
        if known.last_day > 0 and firsts:
            ahead = rules.weeks(known, firsts)
            group = rules.weeks(
                rules.of_diary([score for score in diary if score[0] < driven.first_day], driven), firsts, (0.5,)
            )
        notes = rules.drift(diary, known)
    except UnwoundError as reason:
        why_not = str(reason)
    outcome = _judged(course, scores, ending)
    late = [pain for day, pain in diary if day > max(diary[-1][0] - DAYS, 0)] if diary else []
    planned = course.asked_about()
    again = None
    if planned is not None:
        who = patient or Patient(as_of=course.as_of)
        over = course.relief_lost if course.relief_lost is not None else _over(ending)
        helped = outcome.success.holds if outcome else None
        again = rules.retreat(
            who, course.known_courses(helped), planned, relief_lost=over, elsewhere_asked=course.elsewhere_asked
        )
    return Found(
        outcome=outcome, ending=ending, known=known, ahead=ahead, group=group,
        last_week=sum(late) / len(late) if late else None, again=again, why_not=why_not, notes=notes,
    )  # fmt: skip


def _judged(course: CourseFile, scores: Any, ending: Ending | None) -> Outcome | None:
    from unwound import outcomes as rules

    later = [score.on for score in scores if score.on > course.end]
    if not later:
        return None
    return rules.judge(
        rules.before(scores, course.start),
        rules.after(scores, max(later), course.end),
        changes=course.what_changed(),
        lasted=ending.lasted if ending else None,
        course_end=course.end,
        several=course.end > course.start,
    )


def _over(ending: Ending | None) -> bool | None:
    """Whether relief is over, as the diary says."""
    over = {"relief-lost": True, "no-relief": True, "still": False}
    return None if ending is None else over.get(ending.kind)


def _lines(judged: Found) -> Iterator[str]:
    """The answer in words; each part is there or says why not."""
    from unwound.report import after

    if judged.outcome is None:
        yield "Nothing was written since the course: what came of it cannot be told."
    else:
        yield f"From before the course to {judged.outcome.after_on}:"
        for title, answer, why in after.of_outcome(judged.outcome):
            yield f"  {title}: {answer}{f' ({why})' if why else ''}"
        for line in (*judged.outcome.urgent, *judged.outcome.worsened, *judged.outcome.beside, *judged.outcome.fooled):
            yield f"  {line}"
    yield ""
    if judged.ending is None:
        yield f"For how long cannot be told: {judged.why_not}."
    else:
        yield f"{after.of_ending(judged.ending)[:1].upper()}{after.of_ending(judged.ending)[1:]}."
        yield from (f"  {line}" for line in (judged.ending.end.rule, *judged.ending.end.notes, *judged.notes))
    if judged.ahead is not None and judged.group is not None:
        yield "Mean pain of the weeks to come (low, forecast, high; the group; last week goes on):"
        for n, first in enumerate(judged.ahead.first_day):
            low, middle, high = (f"{value:.1f}" for value in judged.ahead.pain[:, n])
            goes_on = "" if judged.last_week is None else f"{judged.last_week:.1f}"
            beyond = "" if judged.ahead.controlled[n] else "  beyond controlled data"
            yield f"  from day {first:3}: {low} {middle} {high};  {judged.group.pain[0, n]:.1f};  {goes_on}{beyond}"
    if judged.again is not None:
        yield ""
        yield f"{after.of_retreat(judged.again)}."
        for line in (*judged.again.urgent, *judged.again.because):
            yield f"  {line}"
        yield from (f"  To find out: {after.question(ask)}" for ask in judged.again.ask)
        yield from (f"  {note}" for note in judged.again.notes)


def _as_json(course: CourseFile, judged: Found) -> dict[str, Any]:
    """The same with stable keys; None where something cannot be told."""
    from unwound.report import after

    end, again, ahead = judged.ending.end if judged.ending else None, judged.again, judged.ahead
    return {
        "as_of": course.as_of.isoformat(),
        "outcome": None if judged.outcome is None else {
            "before_on": judged.outcome.before_on.isoformat(),
            "after_on": judged.outcome.after_on.isoformat(),
            "pain_before": judged.outcome.pain_before,
            "pain_after": judged.outcome.pain_after,
            "change_percent": judged.outcome.change_percent,
            "level": judged.outcome.level,
            "by_points": judged.outcome.by_points,
            "responder": judged.outcome.responder.holds,
            "success": judged.outcome.success.holds,
            "ask": list(judged.outcome.ask),
            "fooled": list(judged.outcome.fooled),
            "sources": list(judged.outcome.sources),
        },
        "ending": None if judged.ending is None or end is None else {
            "kind": judged.ending.kind,
            "days": judged.ending.days,
            "worst_days": judged.ending.worst_days,
            "best_days": judged.ending.best_days,
            "had": end.had,
            "median": end.median,
            "low": end.low,
            "high": end.high,
            "rule": end.rule,
            "notes": [*end.notes, *judged.notes],
        },
        "no_forecast_because": judged.why_not or None,
        "weeks": [] if ahead is None or judged.group is None else [
            {"first_day": first, "low": float(ahead.pain[0, n]), "median": float(ahead.pain[1, n]),
             "high": float(ahead.pain[2, n]), "group": float(judged.group.pain[0, n]), "last_week": judged.last_week,
             "controlled": ahead.controlled[n]}
            for n, first in enumerate(ahead.first_day)
        ],
        "again": None if again is None else {
            "verdict": again.verdict,
            "until": again.until.isoformat() if again.until else None,
            "relative": again.relative,
            "because": list(again.because),
            "urgent": list(again.urgent),
            "ask": {ask: after.question(ask) for ask in again.ask},
            "rules": {
                rule.id: {"verdict": rule.verdict, "because": list(rule.judgement.because)} for rule in again.rules
            },
            "mg": {drug: str(total) for drug, total in again.totals.mg.items()},
            "hours": str(again.totals.hours),
            "notes": list(again.notes),
            "sources": list(again.sources),
        },
    }  # fmt: skip
