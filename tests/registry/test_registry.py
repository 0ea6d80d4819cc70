"""Nobody stands out in what the registry publishes, measured and attacked; its table says who is missing."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

import numpy as np
import oracles
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from unwound import registry
from unwound.record import UnwoundError
from unwound.registry import QUASI, Hidden, Treated, hidden
from unwound.registry.hiding import shift_days

SECRET = b"0123456789abcdef"
K = 5
K_ANONYMITY = """
import json, sys, pandas
from pycanon import anonymity
print(json.dumps([int(anonymity.k_anonymity(pandas.DataFrame(rows), names)) for rows, names in json.load(sys.stdin)]))
"""
CONDITIONS = ("crps", "postherpetic_neuralgia", "painful_diabetic_neuropathy", "rare", None)


def drawn(seed: int, people: int) -> list[Treated]:
    """Courses of a clinic: common conditions and rare ones, few very old, some with several courses."""
    random = Random(seed)
    rows = []
    for person in range(people):
        condition = random.choices(CONDITIONS, (50, 25, 20, 2, 3))[0]
        sex = random.choice(("female", "male", "female", None) if person % 9 == 0 else ("female", "male"))
        born = date(2026, 6, 1) - timedelta(days=int(random.gauss(52, 16) * 365))
        start = date(2026, 1, 1) + timedelta(days=random.randrange(300))
        for number in range(random.choices((1, 2, 3), (80, 15, 5))[0]):
            begin = start + timedelta(days=120 * number)
            rows.append(made(str(person), start=begin, birth_date=min(born, begin), sex=sex, condition=condition,
                             course=random.choices(("five_days", "one_day"), (9, 1))[0]))  # fmt: skip
    return rows


def made(person: str, **more: object) -> Treated:
    start = more.pop("start", date(2026, 3, 2))
    assert isinstance(start, date)
    fields = {"course": "five_days", "drug": "ketamine", "infusions": 5, "planned": 5, "sex": "female",
              "condition": "crps", "birth_date": date(1970, 1, 1), **more}  # fmt: skip
    return Treated(person=person, start=start, end=start + timedelta(days=4), **fields)  # type: ignore[arg-type]


def alike_slowly(found: Hidden) -> int:
    """How few share a combination, counted in the plainest way from the columns as they are published."""
    people: dict[int, list[tuple[str, ...]]] = {}
    for row in found.rows:
        people.setdefault(row.columns["person"], []).append(tuple(str(row.columns[name]) for name in QUASI))
    return min(Counter(tuple(sorted(courses)) for courses in people.values()).values())


@settings(max_examples=15)
@given(st.integers(0, 10_000), st.integers(0, 120))
def test_at_least_five_people_look_alike_and_never_are_one_to_four_missing(seed: int, people: int) -> None:
    found = hidden(drawn(seed, people), SECRET)
    assert found.people == people
    assert found.left_out == 0 or found.left_out >= K or not found.rows
    assert len({row.columns["person"] for row in found.rows}) == people - found.left_out
    if found.rows:
        assert found.k == alike_slowly(found)
        assert alike_slowly(found) >= K


@pytest.mark.parametrize("seed", [7, 1905])
def test_a_tool_made_by_others_measures_five_alike_too(seed: int) -> None:
    """pycanon, of every course and of every person; of what was recorded it says that people stand out."""
    rows = hidden(drawn(seed, 400), SECRET).rows
    table = [{name: str(row.columns[name]) for name in ("person", *QUASI)} for row in rows]
    people: dict[str, list[str]] = defaultdict(list)
    for row in table:
        people[row["person"]].append("|".join(row[name] for name in QUASI))
    persons = [{"courses": "; ".join(sorted(courses))} for courses in people.values()]
    recorded = [
        {"condition": str(one.condition), "sex": str(one.sex), "course": one.course, "age": str(one.age)}
        for one in drawn(seed, 400)
    ]
    published, by_person, before = oracles.asked(
        K_ANONYMITY, [[table, list(QUASI)], [persons, ["courses"]], [recorded, list(recorded[0])]]
    )
    assert published >= K
    assert by_person >= K
    assert before == 1, "before it was made coarse"


@pytest.mark.parametrize(("people", "leave"), [(4, 0), (5, 5), (6, 6)])
def test_five_alike_can_leave_and_four_cannot(people: int, leave: int) -> None:
    assert len(hidden([made(str(number)) for number in range(people)], SECRET).rows) == leave


def test_one_who_stands_out_takes_others_along_so_that_nothing_is_left_by_subtraction() -> None:
    rare = made("rare", condition="rare", birth_date=date(1930, 1, 1), sex="male", course="one_day")
    found = hidden([rare, *(made(str(number)) for number in range(100))], SECRET)
    assert found.left_out == 0 or found.left_out >= K
    assert "rare" not in {row.columns["condition"] for row in found.rows}


def test_two_courses_together_can_tell_somebody_whom_neither_tells_alone() -> None:
    rows = [made(f"{number}") for number in range(20)]
    rows += [made(f"x{number}", course="one_day") for number in range(20)]
    rows += [made("both"), made("both", course="one_day", start=date(2026, 6, 1))]
    assert alike_slowly(hidden(rows, SECRET)) >= K


# ---- dates


def test_all_dates_of_a_person_move_together_and_those_of_others_otherwise() -> None:
    rows = [made(str(number), start=date(2026, 3, 2)) for number in range(50)]
    rows += [made("0", start=date(2026, 6, 10))] + [made(str(n), start=date(2026, 6, 10)) for n in range(1, 50)]
    found = hidden(rows, SECRET)
    by_person = defaultdict(list)
    for row in found.rows:
        by_person[row.columns["person"]].append(row.columns["start"])
    assert {(days[1] - days[0]).days for days in by_person.values()} == {100}
    assert len({days[0] for days in by_person.values()}) > 20
    assert all(abs((days[0] - date(2026, 3, 2)).days) <= 182 for days in by_person.values())


def test_another_secret_moves_and_numbers_them_otherwise() -> None:
    people = [str(number) for number in range(60)]
    one, other = ([shift_days(secret, person) for person in people] for secret in (SECRET, b"another secret --"))
    assert sum(a == b for a, b in zip(one, other, strict=True)) < 5
    with pytest.raises(UnwoundError, match="secret"):
        hidden([made("1")], b"short")


def test_no_name_number_or_birth_date_is_a_column() -> None:
    found = hidden([made(f"Testcase {number}") for number in range(9)], SECRET)
    assert {row.columns.keys() - {c.name for c in registry.dictionary()} == set() for row in found.rows} == {True}
    assert "Testcase" not in str(found)
    assert "1970" not in str(found.rows)


# ---- an attack: everything that is published, as equations on how many people of each kind there are


def attacked(
    courses: Sequence[Treated], told: Sequence[tuple[dict[str, str], int]], total: int
) -> list[tuple[str, ...]]:
    """Kinds of people, as fine as they are known, that must be there and be fewer than five, by linear programming.

    `told` are counts of people by some of their quasi-identifiers; `total` is how many there are in all.
    """
    fine = sorted({(c.sex or "not known", c.condition or "not known", c.course) for c in courses})
    equations, sums = [np.ones(len(fine))], [float(total)]
    for words, count in told:
        line = [
            all(words.get(name, word) in (word, "any") for name, word in zip(QUASI[1:], kind, strict=True))
            for kind in fine
        ]
        equations.append(np.array(line, dtype=float))
        sums.append(float(count))
    found = []
    for number, kind in enumerate(fine):
        aim = np.zeros(len(fine))
        aim[number] = 1
        low, high = (linprog(sign * aim, A_eq=np.array(equations), b_eq=sums, method="highs") for sign in (1, -1))
        if low.status == high.status == 0 and round(low.fun, 6) > 0 and round(-high.fun, 6) < K:
            found.append(kind)
    return found


def published(found: Hidden) -> list[tuple[dict[str, str], int]]:
    """All that is told: each margin that is not hidden, each class of the rows."""
    told: list[tuple[dict[str, str], int]] = []
    for (one, other), table in registry.margins(found.rows).items():
        if "age_band" in (one, other):
            continue
        for (row, column), count in table.cells.items():
            words = {name: word for name, word in ((one, row), (other, column)) if word != "all"}
            if count is not None:
                told.append((words, count))
    return told


@pytest.mark.parametrize("seed", range(2))
def test_linear_programming_on_all_that_is_published_finds_nobody(seed: int) -> None:
    courses = [c for n, c in enumerate(drawn(seed, 150)) if n == 0 or c.person != drawn(seed, 150)[n - 1].person]
    found = hidden(courses, SECRET)
    shown = len({row.columns["person"] for row in found.rows})
    assert attacked(courses, published(found), shown) == []


def test_the_attack_finds_somebody_where_counts_are_published_as_they_are() -> None:
    courses = [made(str(n)) for n in range(30)] + [made("rare", condition="rare")]
    pairs = Counter((c.condition or "", c.course) for c in courses)
    told = [({"condition": one, "course": two}, count) for (one, two), count in pairs.items()]
    assert attacked(courses, told, len(courses)) == [("female", "rare", "five_days")]


def test_what_is_left_out_can_be_anybody() -> None:
    """The published rows and the number of all people leave at least five, who may be of any kind."""
    courses = drawn(7, 200)
    found = hidden(courses, SECRET)
    assert found.left_out >= K
    kinds = {(c.sex, c.condition, c.course) for c in courses}
    assert len(kinds) > 1


# ---- the table


def scored(number: int, gain: float | None) -> Treated:
    first = date(2026, 3, 1)
    answers = [(first, 65.0)]
    if gain is not None:
        answers += [(first + timedelta(days=day), 65.0 - gain) for day in (6, 95, 190)]
    return made(str(number), scores={"promis_pain_interference": tuple(answers)})


def test_each_figure_of_the_table_has_its_denominator_and_what_is_missing() -> None:
    courses = [*(scored(n, 6.0) for n in range(40)), *(scored(n, 1.0) for n in range(40, 70)),
               *(scored(n, None) for n in range(70, 100))]  # fmt: skip
    figures = registry.table(hidden(courses, SECRET).rows)
    (better,) = (one for one in figures if one.what == "better by 5 or more, at three months"
                 and one.part == "PROMIS pain interference")  # fmt: skip
    assert better.value.startswith("40 of 70, 57%")
    assert (better.known, better.total, better.missing_percent) == (70, 100, 30.0)
    assert "not known: 40% to 70%" in better.value
    assert "what Tankha 2025 counted was not read" in better.rests_on
    assert all(one.total for one in figures)
    (before,) = (one for one in figures if one.what == "before" and one.part == "PROMIS pain interference")
    assert before.value == "65.0 (SD 0.0)"


@pytest.mark.parametrize(("better", "shown"), [(0, True), (4, False), (5, True), (95, True), (96, False), (100, True)])
def test_a_share_of_one_to_four_is_not_told_nor_what_is_left_of_it(better: int, shown: bool) -> None:
    courses = [scored(number, 6.0 if number < better else 1.0) for number in range(100)]
    (found,) = (one for one in registry.table(hidden(courses, SECRET).rows)
                if one.part == "PROMIS pain interference"
                and one.what == "better by 5 or more, at six months")  # fmt: skip
    assert bool(found.value) == shown


@pytest.mark.parametrize(("missing", "told"), [(0, True), (4, False), (5, True)])
def test_how_many_are_missing_is_not_told_of_one_to_four(missing: int, told: bool) -> None:
    courses = [scored(number, None if number < missing else 6.0) for number in range(100)]
    (found,) = (one for one in registry.table(hidden(courses, SECRET).rows)
                if one.what == "better by, at six months" and one.part == "PROMIS pain interference")  # fmt: skip
    assert (found.known is not None) == told


@pytest.mark.parametrize(("day", "found"), [(-91, None), (-90, 60.0), (0, 60.0), (1, None)])
def test_a_baseline_is_the_last_score_before_the_course_unless_it_is_too_old(day: int, found: float | None) -> None:
    course = made("1", scores={"phq_9": ((date(2026, 3, 2) + timedelta(days=day), 60.0),)})
    assert course.before("phq_9") == found


@pytest.mark.parametrize(("day", "found"), [(60, None), (61, 7.0), (122, 7.0), (123, None)])
def test_a_score_counts_for_three_months_within_its_window(day: int, found: float | None) -> None:
    course = made("1", scores={"phq_9": ((date(2026, 3, 6) + timedelta(days=day), 7.0),)})
    assert course.after("phq_9", "three_months") == found


def test_a_worse_score_is_no_gain_whichever_way_the_form_counts() -> None:
    by_form = {measure.instrument: measure for measure in registry.registry().measures}
    assert by_form["promis_pain_interference"].gain(60, 50) == 10
    assert by_form["promis_physical_function"].gain(60, 50) == -10


def test_the_dictionary_names_every_column_once() -> None:
    names = [column.name for column in registry.dictionary()]
    assert len(names) == len(set(names))
    (row, *_) = hidden([made(str(n)) for n in range(5)], SECRET).rows
    assert list(row.columns) == names
    assert list(itertools.islice(row.columns, 5)) == ["person", *QUASI]
