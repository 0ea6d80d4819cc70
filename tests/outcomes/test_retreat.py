"""Again, or not? One patient who had a course, and one thing changed at a time: each rule from both sides."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unwound.exchange import case_file
from unwound.outcomes import Again, Course, Planned, Retreat, Supply, retreat
from unwound.patient import Fact, Patient
from unwound.record import UnwoundError
from unwound.terms import Drug

CASE = Path(__file__).parents[2] / "unwound" / "examples" / "crps_after_wrist_fracture.toml"
WREN = case_file.read_case(CASE.read_bytes(), CASE.name).patient
TODAY = WREN.as_of


def person(**changed: Fact | None) -> Patient:
    """Nothing forbids ketamine, liver tests of yesterday; facts changed, None makes one unknown."""
    tested = {"alt_times_uln": Fact(value=0.8, on=TODAY - timedelta(days=1)), **changed}
    known = {**WREN.facts, **{name: fact for name, fact in tested.items() if fact is not None}}
    for name in (name for name, fact in tested.items() if fact is None):
        known.pop(name, None)
    return WREN.model_copy(update={"facts": known})


def course(days_ago: int = 120, hours: float | None = 100.0, *, helped: bool | None = True, **known: object) -> Course:
    """A course of five days that ended so many days ago."""
    end = TODAY - timedelta(days=days_ago)
    start = end - timedelta(days=4)
    return Course(
        **{"start": start, "end": end, "drug": Drug.ESKETAMINE, "mg": 1500.0, "hours": hours, "helped": helped, **known}
    )  # type: ignore[arg-type]


def asked(
    *courses: Course, who: Patient | None = None, hours: float | None = 100.0, booster: bool = False, **known: object
) -> Retreat:
    options: dict[str, object] = {"relief_lost": True, "elsewhere_asked": True, **known}
    planned = Planned(start=TODAY, hours=hours, booster=booster)
    return retreat(who or person(), courses or (course(),), planned, **options)  # type: ignore[arg-type]


def test_helped_lost_long_ago_and_nothing_against_it() -> None:
    result = asked()
    assert result.verdict == Again.MAY_BE_CONSIDERED
    assert result.ask == ()
    assert result.until is None


@pytest.mark.parametrize(
    ("courses", "verdict", "relative"),
    [
        ((course(helped=True),), Again.MAY_BE_CONSIDERED, False),
        ((course(helped=False),), Again.NOT_AGAIN, True),
        ((course(helped=None),), Again.CANNOT_TELL, False),
        ((course(400, helped=False), course(helped=False)), Again.NOT_AGAIN, False),
        ((course(400, helped=True), course(helped=False)), Again.NOT_AGAIN, True),
        ((course(400, helped=False), course(helped=True)), Again.MAY_BE_CONSIDERED, False),
        ((course(helped=True), course(90, helped=None, supply=Supply.OWN)), Again.CANNOT_TELL, False),
    ],
)
def test_a_course_that_did_not_help_is_not_repeated(
    courses: tuple[Course, ...], verdict: Again, relative: bool
) -> None:
    result = asked(*courses)
    assert result.verdict == verdict
    assert result.relative is relative


@pytest.mark.parametrize(
    ("lost", "booster", "verdict"),
    [
        (True, False, Again.MAY_BE_CONSIDERED), (False, False, Again.TOO_EARLY), (None, False, Again.CANNOT_TELL),
        (False, True, Again.MAY_BE_CONSIDERED), (None, True, Again.MAY_BE_CONSIDERED),
    ],
)  # fmt: skip
def test_while_relief_lasts_it_is_too_early(lost: bool | None, booster: bool, verdict: Again) -> None:
    result = asked(relief_lost=lost, booster=booster)
    assert result.verdict == verdict
    assert result.until is None


@pytest.mark.parametrize(
    ("ago", "earlier", "planned", "verdict"),
    [
        (16, 100, 100, Again.TOO_EARLY), (83, 100, 100, Again.TOO_EARLY), (84, 100, 100, Again.MAY_BE_CONSIDERED),
        (16, 100, 44, Again.TOO_EARLY), (16, 100, 43, Again.MAY_BE_CONSIDERED),
        (16, 110, 24, Again.MAY_BE_CONSIDERED), (16, 120, 24, Again.TOO_EARLY), (16, 120, 23, Again.MAY_BE_CONSIDERED),
        (16, None, 100, Again.CANNOT_TELL), (16, None, 144, Again.CANNOT_TELL),
        (84, None, 100, Again.MAY_BE_CONSIDERED),
        (16, 100, None, Again.CANNOT_TELL), (84, 100, None, Again.MAY_BE_CONSIDERED),
        (16, 0, 168, Again.MAY_BE_CONSIDERED),
    ],
)  # fmt: skip
def test_the_liver_rule(ago: int, earlier: float | None, planned: float | None, verdict: Again) -> None:
    result = asked(course(ago, earlier), hours=planned)
    assert result.verdict == verdict
    assert result.until == (TODAY + timedelta(days=84 - ago) if verdict == Again.TOO_EARLY else None)


def test_two_short_courses_add_up_to_a_long_one_also_from_elsewhere() -> None:
    first, second = course(60, 60), course(20, 60, supply=Supply.ELSEWHERE)
    assert asked(first, second, hours=24).verdict == Again.TOO_EARLY
    assert asked(first, second, hours=24).until == TODAY + timedelta(days=24)
    assert asked(second, hours=24).verdict == Again.MAY_BE_CONSIDERED


@pytest.mark.parametrize(
    ("count", "oldest", "verdict"),
    [(11, 300, "may-be-considered"), (12, 364, "too-early"), (12, 365, "may-be-considered")],
)
def test_no_more_than_twelve_a_year(count: int, oldest: int, verdict: str) -> None:
    ago = [oldest, *(100 + 10 * number for number in range(count - 1))]
    result = asked(*(course(days, 4) for days in ago), hours=4)
    assert result.verdict == verdict
    assert result.until == (TODAY + timedelta(days=1) if verdict == "too-early" else None)


@pytest.mark.parametrize(
    ("tested", "verdict"),
    [
        (Fact(value=0.8, on=TODAY), Again.MAY_BE_CONSIDERED),
        (Fact(value=2.9, on=TODAY), Again.MAY_BE_CONSIDERED),
        (Fact(value=3.0, on=TODAY), Again.NOT_AGAIN),
        (Fact(value=0.8, on=TODAY - timedelta(days=20)), Again.MAY_BE_CONSIDERED),
        (Fact(value=0.8, on=TODAY - timedelta(days=21)), Again.CANNOT_TELL),
        (Fact(value=0.8), Again.CANNOT_TELL),
        (None, Again.CANNOT_TELL),
    ],
)
def test_liver_tests_come_after_the_last_course(tested: Fact | None, verdict: Again) -> None:
    result = asked(course(20, 4), who=person(alt_times_uln=tested), hours=4)
    assert result.verdict == verdict
    assert ("alt_times_uln" in result.ask) == (verdict == Again.CANNOT_TELL)


@pytest.mark.parametrize(
    ("fact", "value", "verdict"),
    [
        ("bladder_symptoms", True, Again.CANNOT_TELL), ("bladder_symptoms", None, Again.CANNOT_TELL),
        ("ketamine_misuse_history", True, Again.CANNOT_TELL), ("substance_use_active", True, Again.NOT_AGAIN),
        ("substance_use_active", None, Again.CANNOT_TELL), ("prior_ketamine_liver_injury", True, Again.NOT_AGAIN),
        ("psychosis_active", True, Again.NOT_AGAIN),
    ],
)  # fmt: skip
def test_bladder_dependence_and_whatever_forbids_ketamine(fact: str, value: bool | None, verdict: Again) -> None:
    changed = None if value is None else Fact(value=value, on=TODAY)
    assert asked(who=person(**{fact: changed})).verdict == verdict


@pytest.mark.parametrize(
    ("possible", "pregnant", "verdict"),
    [(True, True, Again.NOT_AGAIN), (True, None, Again.CANNOT_TELL), (False, None, Again.MAY_BE_CONSIDERED)],
)
def test_pregnancy(possible: bool, pregnant: bool | None, verdict: Again) -> None:
    known = {"pregnancy_possible": Fact(value=possible, on=TODAY)}
    known["pregnant"] = None if pregnant is None else Fact(value=pregnant, on=TODAY)  # type: ignore[assignment]
    assert asked(who=person(**known)).verdict == verdict


def test_ketamine_from_elsewhere_is_asked_and_counts() -> None:
    assert asked(elsewhere_asked=None).verdict == Again.CANNOT_TELL
    assert asked(elsewhere_asked=False).ask == ("ketamine_elsewhere",)
    other = course(200, None, supply=Supply.ELSEWHERE, drug=Drug.RACEMIC, mg=400.0)
    year = asked(course(), other).totals
    assert (year.courses, year.elsewhere) == (2, 1)
    assert {drug: str(total) for drug, total in year.mg.items()} == {"esketamine": "1500", "racemic": "400"}
    assert str(year.hours) == "at least 100"


def test_own_use_is_never_waved_through() -> None:
    clean = person(substance_use_active=Fact(value=False, on=TODAY))
    street = course(200, None, supply=Supply.OWN, helped=None, mg=None)
    assert asked(course(), street, who=clean).verdict == Again.CANNOT_TELL
    assert "substance_use_active" in asked(course(), street, who=clean).ask
    assert asked(course(), course(365, 0, supply=Supply.OWN), who=clean).verdict == Again.MAY_BE_CONSIDERED


def test_thoughts_of_suicide_come_before_any_question_of_a_course() -> None:
    ill = person(suicidal_plan_or_intent=Fact(value=True, on=TODAY), suicidal_thoughts_now=Fact(value=True, on=TODAY))
    result = asked(who=ill)
    assert result.verdict == Again.NOT_AGAIN
    assert result.urgent
    assert not asked().urgent


def test_a_refusal_carries_the_sources_of_its_caution() -> None:
    injured = person(prior_ketamine_liver_injury=Fact(value=True, on=TODAY))
    assert "aapract_2020_liver_cases" in asked(who=injured).sources
    assert any("hepatologist" in rule.text or "supervises" in rule.text for rule in asked(who=injured).rules)


def test_what_is_new_since_the_last_course_is_named() -> None:
    ill = person(psychosis_active=Fact(value=True, on=TODAY))
    assert "psychosis" in " ".join(asked(who=ill, cautions_before=()).new_cautions)
    assert "psychosis" not in " ".join(asked(who=ill, cautions_before=("psychosis_active",)).new_cautions)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(UnwoundError, match="no course"):
        retreat(person(), (), Planned(start=TODAY))
    with pytest.raises(UnwoundError, match="after"):
        asked(course(-1))
    with pytest.raises(UnwoundError, match="twice"):
        asked(course(), course())
    with pytest.raises(UnwoundError, match="before the day of the review"):
        retreat(person(), (course(),), Planned(start=TODAY - timedelta(days=1)))
    with pytest.raises(UnwoundError, match="do not fit"):
        Course(start=date(2026, 1, 1), end=date(2026, 1, 1), hours=25)
    for wrong in ({"supply": "street"}, {"drug": "s-ketamine"}, {"helped": "yes"}, {"mg": "80"}):
        with pytest.raises(UnwoundError, match="the course of 1 Jan 2026"):
            Course(**{"start": date(2026, 1, 1), "end": date(2026, 1, 2), **wrong})  # type: ignore[arg-type]
    with pytest.raises(UnwoundError, match="a number from 0 up"):
        Course(start=date(2026, 1, 1), end=date(2026, 1, 1), mg=float("nan"))


maybe = st.sampled_from([True, False, None])
given_courses = st.lists(
    st.builds(
        course,
        st.integers(0, 400),
        st.sampled_from([None, 4.0, 60.0, 100.0]),
        helped=maybe,
        supply=st.sampled_from(list(Supply)),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda made: (made.end, made.supply),
)


@settings(max_examples=40)
@given(given_courses, maybe, maybe, st.sampled_from([None, 4.0, 60.0, 100.0]))
def test_an_answer_to_what_is_unknown_never_takes_back_a_refusal(
    courses: list[Course], lost: bool | None, elsewhere: bool | None, hours: float | None
) -> None:
    """Unknown never allows; what is learnt never turns «not again» into anything else, nor «too early» into «may»."""
    result = asked(*courses, hours=hours, relief_lost=lost, elsewhere_asked=elsewhere)
    if result.verdict == Again.MAY_BE_CONSIDERED:
        assert not result.ask
    for answered in (True, False):
        filled = [
            c
            if c.helped is not None
            else Course(start=c.start, end=c.end, hours=c.hours, supply=c.supply, helped=answered)
            for c in courses
        ]
        later = asked(
            *filled, hours=hours, relief_lost=answered if lost is None else lost, elsewhere_asked=elsewhere or answered
        )
        if result.verdict == Again.NOT_AGAIN:
            assert later.verdict == Again.NOT_AGAIN
        if result.verdict == Again.TOO_EARLY:
            assert later.verdict in (Again.TOO_EARLY, Again.NOT_AGAIN)


@settings(max_examples=40)
@given(given_courses, st.sampled_from([24.0, 60.0, 100.0]))
def test_until_is_the_first_day_that_is_not_too_early(courses: list[Course], hours: float) -> None:
    """Beside a slow walk: the days are tried one after the other."""
    result = asked(*courses, hours=hours)
    liver = next(rule for rule in result.rules if rule.id == "liver")
    if liver.verdict != Again.TOO_EARLY:
        return
    tried = (TODAY + timedelta(days=day) for day in range(1, 200))
    first = next(day for day in tried if _slow_liver(courses, day, hours))
    assert liver.until == first


def _slow_liver(courses: list[Course], day: date, hours: float) -> bool:
    recent = sum(c.hours or 0 for c in courses if (day - c.end).days < 84)
    return recent == 0 or recent + hours < 144


@pytest.mark.parametrize(
    ("courses", "line"),
    [
        ((course(),), "1 course (0 from elsewhere), 1500 mg esketamine, 100 hours."),
        (
            (course(), course(30, None, mg=None, drug=None, supply=Supply.OWN)),
            "2 courses (1 from elsewhere), 1500 mg esketamine, an unknown amount of ketamine of an unknown kind, "
            "at least 100 hours.",
        ),
        (
            (course(30, None, mg=None, supply=Supply.ELSEWHERE),),
            "1 course (1 from elsewhere), an unknown amount of esketamine, hours unknown.",
        ),
    ],
)
def test_what_nobody_knows_of_a_year_is_not_zero(courses: tuple[Course, ...], line: str) -> None:
    assert asked(*courses).notes[0].endswith(f": {line}")


def once(days_ago: int, hours: float, *, helped: bool = True) -> Course:
    """One infusion on one day."""
    return course(days_ago, hours, start=TODAY - timedelta(days=days_ago), drug=Drug.RACEMIC, mg=80.0, helped=helped)


HISTORIES = {
    "two courses of 100 hours 16 days apart, as those whose livers were hurt": (asked(course(16)), Again.TOO_EARLY),
    "the same course 13 weeks later": (asked(course(91)), Again.MAY_BE_CONSIDERED),
    "four hours by the calendar after the long one": (
        asked(course(16), hours=4, booster=True), Again.MAY_BE_CONSIDERED,
    ),
    "ten outpatient days twice within eight weeks": (asked(course(56, 40.0), hours=40), Again.MAY_BE_CONSIDERED),
    "the fourth ten days within twelve weeks": (
        asked(course(70, 40.0), course(45, 40.0), course(20, 40.0), hours=40), Again.TOO_EARLY,
    ),
    "a thirteenth infusion within a year": (
        asked(*(once(20 + 28 * month, 4) for month in range(12)), hours=4), Again.TOO_EARLY,
    ),
    "ALT four times the limit": (asked(who=person(alt_times_uln=Fact(value=4.0, on=TODAY))), Again.NOT_AGAIN),
    "ALT twice the limit: explained and repeated first": (
        asked(who=person(alt_times_uln=Fact(value=2.0, on=TODAY))), Again.MAY_BE_CONSIDERED,
    ),
    "a liver hurt before, values normal now": (
        asked(who=person(prior_ketamine_liver_injury=Fact(value=True, on=TODAY))), Again.NOT_AGAIN,
    ),
    "has to pass urine often": (asked(who=person(bladder_symptoms=Fact(value=True, on=TODAY))), Again.CANNOT_TELL),
    "lozenges by post until last week": (
        asked(course(200), course(7, None, helped=None, supply=Supply.ELSEWHERE)), Again.CANNOT_TELL,
    ),
    "ketamine of the street until last month": (
        asked(course(200), course(30, None, helped=None, supply=Supply.OWN), hours=4), Again.CANNOT_TELL,
    ),
    "two series in a row that failed": (asked(course(400, helped=False), course(200, helped=False)), Again.NOT_AGAIN),
    "two that helped, and a third that did not": (
        asked(course(600), course(400), course(200, helped=False)), Again.NOT_AGAIN,
    ),
    "pregnant": (
        asked(who=person(pregnant=Fact(value=True, on=TODAY), pregnancy_possible=Fact(value=True, on=TODAY))),
        Again.NOT_AGAIN,
    ),
    "may be pregnant, not tested": (
        asked(who=person(pregnant=None, pregnancy_possible=Fact(value=True, on=TODAY))), Again.CANNOT_TELL,
    ),
    "mania since the last course": (
        asked(who=person(mania_active_or_recent=Fact(value=True, on=TODAY))), Again.NOT_AGAIN,
    ),
    "a cirrhosis that was found since": (asked(who=person(cirrhosis=Fact(value=True, on=TODAY))), Again.NOT_AGAIN),
    "asks for it while relief lasts": (asked(relief_lost=False), Again.TOO_EARLY),
    "nobody asked about ketamine from elsewhere": (asked(elsewhere_asked=None), Again.CANNOT_TELL),
}  # fmt: skip


@pytest.mark.parametrize("history", HISTORIES)
def test_twenty_histories_get_the_answer_of_a_pain_clinic(history: str) -> None:
    result, verdict = HISTORIES[history]
    assert result.verdict == verdict, result.because
    assert verdict == Again.MAY_BE_CONSIDERED or result.because or result.ask
