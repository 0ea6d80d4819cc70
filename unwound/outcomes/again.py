"""Again, or not? One rule a question; the gravest answer counts, and an unknown never allows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from unwound import cautions, derive, evidence, facts, record
from unwound.catalogue import CitedText, plain
from unwound.cautions import CautionKind, CautionLevel, Finding
from unwound.outcomes.courses import Course, Planned, Supply, Totals, in_order, totals
from unwound.outcomes.knowledge import Retreatment, retreatment
from unwound.patient import Patient
from unwound.record import Judgement, UnwoundError
from unwound.terms import Word

LIVER = "alt_times_uln"
FORBID = (CautionKind.RED_FLAG, CautionKind.SUICIDE_RISK, CautionKind.CONTRAINDICATION)


class Again(Word):
    """Whether another course may be considered, the gravest first."""

    NOT_AGAIN = "not-again"
    TOO_EARLY = "too-early"
    CANNOT_TELL = "cannot-tell"
    MAY_BE_CONSIDERED = "may-be-considered"


GRAVEST = tuple(Again)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One question of a further course: true allows it, false gives `otherwise`, unknown asks.

    `until` is the first day on which a rule that says «too early» no longer would; `relative` is true where a named
    clinician may decide otherwise, with the reason recorded.
    """

    id: str
    judgement: Judgement
    otherwise: Again
    text: str
    until: date | None = None
    relative: bool = False

    @property
    def verdict(self) -> Again:
        """What this rule alone comes to."""
        if self.judgement.holds is None:
            return Again.CANNOT_TELL
        return Again.MAY_BE_CONSIDERED if self.judgement.holds else self.otherwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Retreat:
    """Whether another course may be considered: the verdict, every rule, what is asked, and the totals of a year."""

    verdict: Again
    because: tuple[str, ...]
    until: date | None
    """The first day on which no rule says «too early»; None where none does, or where no day helps."""
    relative: bool
    """Every rule that says «not again» may be decided otherwise by a named clinician."""
    rules: tuple[Rule, ...]
    ask: tuple[str, ...]
    totals: Totals
    new_cautions: tuple[str, ...]
    """What arises now and did not before the last course."""
    urgent: tuple[str, ...]
    """What comes before any question of a course: red flags and suicide risk that hold, with what to do."""
    notes: tuple[str, ...]
    sources: tuple[str, ...]


def retreat(
    patient: Patient,
    courses: Sequence[Course],
    planned: Planned,
    *,
    relief_lost: bool | None = None,
    elsewhere_asked: bool | None = None,
    cautions_before: Collection[str] | None = None,
) -> Retreat:
    """Whether another course may be considered for this patient on the planned day.

    `courses` are all that are known, from everywhere; `elsewhere_asked` whether the patient was asked for others;
    `relief_lost` whether the relief of the last is over (by its rule); `cautions_before` the ids that arose before the
    last one. UnwoundError where there was no course, or the days are not in order.
    """
    known = in_order(courses, planned.start)
    if not known:
        raise UnwoundError("there was no course: whether there may be a first one is a question for pathway.review")
    if patient.as_of > planned.start:
        raise UnwoundError(
            f"the planned day {record.day(planned.start)} is before the day of the review, {record.day(patient.as_of)}"
        )
    rules = retreatment()
    person = derive.derive(patient)
    findings = cautions.screen(person)
    judged = (
        _helped(known, rules),
        _lost(relief_lost, planned, rules),
        _liver(known, planned, rules),
        _yearly(known, planned, rules),
        _liver_tests(person, known, rules),
        _dependence(known, planned, rules),
        _elsewhere(elsewhere_asked, rules),
        *_forbidden(findings),
    )
    verdict = min((rule.verdict for rule in judged), key=GRAVEST.index)
    refused = [rule for rule in judged if rule.verdict == Again.NOT_AGAIN]
    days = [rule.until for rule in judged if rule.until is not None and rule.verdict == Again.TOO_EARLY]
    year = totals(known, planned.start - timedelta(days=rules.limits.year.value))
    return Retreat(
        verdict=verdict,
        because=record.unique(
            reason for rule in judged if rule.verdict == verdict for reason in rule.judgement.because
        ),
        until=max(days, default=None) if verdict == Again.TOO_EARLY and _all_dated(judged) else None,
        relative=bool(refused) and all(rule.relative for rule in refused),
        rules=judged,
        ask=record.unique(ask for rule in judged for ask in rule.judgement.ask),
        totals=year,
        new_cautions=_new(findings, cautions_before),
        urgent=tuple(f"{finding.title}: {finding.action}" for finding in cautions.urgent(findings)),
        notes=tuple(_notes(person, known, planned, year, rules)),
        sources=record.unique((*evidence.cite(rules), *_cited(findings, judged))),
    )


def _all_dated(judged: Sequence[Rule]) -> bool:
    """«Too early» has a day only where every rule that says so has one."""
    return all(rule.until is not None for rule in judged if rule.verdict == Again.TOO_EARLY)


def _rule(
    id: str,
    judgement: Judgement,
    otherwise: Again,
    text: CitedText,
    until: date | None = None,
    *,
    relative: bool = False,
) -> Rule:
    return Rule(id=id, judgement=judgement, otherwise=otherwise, text=text.text, until=until, relative=relative)


def _helped(known: tuple[Course, ...], rules: Retreatment) -> Rule:
    """Of the clinics' courses only: what was taken without a prescription was no trial of a treatment."""
    courses = [course for course in known if course.supply != Supply.OWN]
    if not courses or courses[-1].helped is None:
        return _rule("response", Judgement(None, ask=("last_course.helped",)), Again.NOT_AGAIN, rules.rules.response)
    if courses[-1].helped:
        why = (f"the course that ended on {record.day(courses[-1].end)} helped",)
        return _rule("response", Judgement(True, why), Again.NOT_AGAIN, rules.rules.response)
    failed = 0
    for course in reversed(courses):
        if course.helped is not False:
            break
        failed += 1
    if failed >= rules.limits.failures.value:
        why = (f"{failed} courses in a row did not help",)
        return _rule("failures", Judgement(False, why), Again.NOT_AGAIN, rules.rules.failures)
    why = (f"the course that ended on {record.day(courses[-1].end)} did not help, or not for long enough",)
    return _rule("response", Judgement(False, why), Again.NOT_AGAIN, rules.rules.response, relative=True)


def _lost(relief_lost: bool | None, planned: Planned, rules: Retreatment) -> Rule:
    if planned.booster:
        judgement = Judgement(True, ("a booster by the calendar does not wait for the end of relief",))
    elif relief_lost is None:
        judgement = Judgement(None, ask=("relief_lost",))
    else:
        judgement = Judgement(relief_lost, ("relief is over" if relief_lost else "relief of the last course lasts",))
    return _rule("relief", judgement, Again.TOO_EARLY, rules.rules.relief, relative=True)


def _liver(known: tuple[Course, ...], planned: Planned, rules: Retreatment) -> Rule:
    """Hours within the window and those planned, together. Each branch is one thing that settles it or is lacking."""
    limits, text = rules.limits, rules.rules.liver
    window = timedelta(days=limits.window.value)
    recent = [course for course in known if planned.start - course.end < window]
    if not recent or (planned.hours is not None and planned.hours < limits.short.value):
        return _rule("liver", Judgement(True), Again.TOO_EARLY, text)
    least = sum(course.hours or 0 for course in recent)
    lacking = tuple(f"course.{course.start}.hours" for course in recent if course.hours is None)
    if planned.hours is None:
        harmless = not lacking and least == 0
        return _rule("liver", Judgement(True if harmless else None, ask=("planned.hours",)), Again.TOO_EARLY, text)
    if least and least + planned.hours >= limits.together.value:
        gap = (planned.start - recent[-1].end).days
        why = f"{plain(least)} hours within 12 weeks and {plain(planned.hours)} planned, {gap} days after the last"
        return _rule("liver", Judgement(False, (why,)), Again.TOO_EARLY, text, _free_on(recent, planned, rules))
    if lacking:
        return _rule("liver", Judgement(None, ask=lacking), Again.TOO_EARLY, text)
    return _rule("liver", Judgement(True), Again.TOO_EARLY, text)


def _free_on(recent: Sequence[Course], planned: Planned, rules: Retreatment) -> date | None:
    """The first day on which what is still within the window leaves room for the planned hours; None: no day does."""
    limits, window = rules.limits, timedelta(days=rules.limits.window.value)
    for course in recent:
        day = course.end + window
        left = sum(other.hours or 0 for other in recent if day - other.end < window)
        if left + (planned.hours or 0) < limits.together.value or not any(day - other.end < window for other in recent):
            return day
    return None


def _yearly(known: tuple[Course, ...], planned: Planned, rules: Retreatment) -> Rule:
    """Courses that ended within the year before the planned one; each counts one, whoever gave it."""
    year = timedelta(days=rules.limits.year.value)
    within = [course for course in known if planned.start - course.end < year]
    most = int(rules.limits.yearly.value)
    if len(within) < most:
        return _rule("yearly", Judgement(True, (f"{len(within)} within a year",)), Again.TOO_EARLY, rules.rules.yearly)
    why = (f"{len(within)} within a year: with this one more than {most}",)
    return _rule(
        "yearly", Judgement(False, why), Again.TOO_EARLY, rules.rules.yearly, within[len(within) - most].end + year,
        relative=True,
    )  # fmt: skip


def _liver_tests(person: Patient, known: tuple[Course, ...], rules: Retreatment) -> Rule:
    """Tests that are valid today and were taken after the last course; how high they may be is a caution's business."""
    fact = facts.known(person, LIVER)
    last = known[-1].end
    if fact is None or fact.on is None:
        return _rule("liver_tests", Judgement(None, ask=(LIVER,)), Again.CANNOT_TELL, rules.rules.liver_tests)
    if fact.on < last:
        why = (
            f"the liver tests of {record.day(fact.on)} are from before the end of the last course ({record.day(last)})",
        )
        return _rule("liver_tests", Judgement(None, why, (LIVER,)), Again.CANNOT_TELL, rules.rules.liver_tests)
    said_by = (facts.says(LIVER, fact),)
    return _rule("liver_tests", Judgement(True, said_by), Again.CANNOT_TELL, rules.rules.liver_tests)


def _dependence(known: tuple[Course, ...], planned: Planned, rules: Retreatment) -> Rule:
    """Own use within the year: whether it is misuse is asked, whatever was answered before."""
    year = timedelta(days=rules.limits.year.value)
    own = [course for course in known if course.supply == Supply.OWN and planned.start - course.end < year]
    if not own:
        return _rule("dependence", Judgement(True), Again.CANNOT_TELL, rules.rules.elsewhere)
    why = (f"ketamine without a prescription until {record.day(own[-1].end)}: dependence is assessed first",)
    return _rule(
        "dependence", Judgement(None, why, ("substance_use_active",)), Again.CANNOT_TELL, rules.rules.elsewhere
    )


def _elsewhere(asked: bool | None, rules: Retreatment) -> Rule:
    judgement = Judgement(True) if asked else Judgement(None, ask=("ketamine_elsewhere",))
    return _rule("elsewhere", judgement, Again.CANNOT_TELL, rules.rules.elsewhere)


def _forbidden(findings: Sequence[Finding]) -> Iterator[Rule]:
    """Each caution that stops, is to be cleared, or is not yet known; contradictions of the record as well."""
    for finding in findings:
        why = (f"{finding.title}: {'; '.join(finding.because)}" if finding.because else finding.title,)
        if finding.level == CautionLevel.STOP and finding.holds:
            judgement = Judgement(False, why)
        elif finding.level != CautionLevel.NOTE and finding.kind in (*FORBID, CautionKind.CONTRADICTION):
            judgement = Judgement(None, why if finding.holds else (), finding.ask)
        else:
            continue
        yield Rule(
            id=finding.id,
            judgement=judgement,
            otherwise=Again.NOT_AGAIN,
            text=finding.action,
            relative=finding.relative,
        )


def _cited(findings: Sequence[Finding], judged: Sequence[Rule]) -> Iterator[str]:
    """The sources of the cautions that are among the rules."""
    ids = {rule.id for rule in judged}
    yield from (source for finding in findings if finding.id in ids for source in finding.sources)


def _new(findings: Sequence[Finding], before: Collection[str] | None) -> tuple[str, ...]:
    if before is None:
        return ()
    return tuple(finding.title for finding in findings if finding.holds and finding.id not in before)


def _of_the_year(year: Totals) -> str:
    """The ketamine of a year in a line; what nobody knows is said as such, and is no «0 mg»."""
    courses = f"{year.courses} course" + "s" * (year.courses != 1)
    drugs = {drug: "ketamine of an unknown kind" if drug == "unknown" else drug for drug in year.mg}
    amounts = [
        f"{total} mg {drugs[drug]}" if total.known or total.whole else f"an unknown amount of {drugs[drug]}"
        for drug, total in year.mg.items()
    ]
    hours = f"{year.hours} hours" if year.hours.known or year.hours.whole else "hours unknown"
    return f"Since {record.day(year.since)}: " + ", ".join(
        (f"{courses} ({year.elsewhere} from elsewhere)", *amounts, hours + ".")
    )


def _notes(
    person: Patient, known: tuple[Course, ...], planned: Planned, year: Totals, rules: Retreatment
) -> Iterator[str]:
    """What stands beside the verdict and decides nothing. Each line has its own condition."""
    limits = rules.limits
    yield _of_the_year(year)
    yield rules.totals.text.text
    if limits.yearly.low is not None and year.courses + 1 > limits.yearly.low:
        yield f"With this course more than {plain(limits.yearly.low)} in a year, the lower end of what is remembered."
    raised = facts.number(person, LIVER)
    if raised is not None and raised > limits.liver_raised.value:
        yield "Liver values are above the upper limit: explain and repeat them before the course."
    if planned.hours is None or planned.hours >= limits.short.value:
        yield rules.rules.watch.text
    elif planned.start - known[-1].end < timedelta(days=limits.window.value):
        yield "A short infusion within 12 weeks of the last course: liver tests are due after it."
