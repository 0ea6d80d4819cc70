"""How relief ended, for one course and for many: ends, curves, shares, sites, and tables in which few stay hidden."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import oracles
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from unwound.outcomes import Ended, Followed, Site, by_group, ending, funnel, groups, posterior, publish, share
from unwound.outcomes.posterior import Entry, Posterior
from unwound.outcomes.shares import ALL, possible
from unwound.record import UnwoundError

BEFORE: list[Entry] = [(day, 7.0) for day in range(-14, -5)]


def diary(until: int, halves: float = 20.0, gain: float = 4.5) -> Posterior:
    """Relief of so many points that halves; 30 % of the pain before are left after some 22 days."""
    after = [(day, 7.0 - gain * 0.5 ** (day / halves)) for day in range(1, until + 1)]
    return posterior.of_diary([*BEFORE, *after], posterior.fading(49.0))


@pytest.mark.parametrize(
    ("written", "until", "new_course", "kind", "days"),
    [
        (60, 60, None, Ended.RELIEF_LOST, 22),
        (60, 80, 70, Ended.RELIEF_LOST, 22),
        (12, 40, 14, Ended.NEW_COURSE, 14),
        (12, 26, None, Ended.STILL, 26),
        (12, 27, None, Ended.LOST_TO_FOLLOW_UP, 12),
    ],
)
def test_how_relief_ended(written: int, until: int, new_course: int | None, kind: Ended, days: float) -> None:
    end = ending(diary(written), until=until, new_course_on=new_course)
    assert end.kind == kind
    assert end.days == pytest.approx(days, abs=2.5)


def test_lost_to_follow_up_has_a_worst_and_a_best_case() -> None:
    end = ending(diary(12), until=90)
    assert (end.worst_days, end.best_days) == (12, 90)
    assert end.lasted.at_most_days is None
    assert end.lasted.at_least_days <= 12


def test_no_relief_is_an_end_on_day_nought() -> None:
    end = ending(diary(60, gain=0.0), until=60)
    assert (end.kind, end.days) == (Ended.NO_RELIEF, 0)
    assert (end.lasted.at_least_days, end.lasted.at_most_days) == (0, 0)


def test_a_diary_that_goes_on_into_the_next_course_is_refused() -> None:
    with pytest.raises(UnwoundError, match="cut it there"):
        ending(diary(30), until=60, new_course_on=30)
    with pytest.raises(UnwoundError, match="before"):
        ending(diary(30), until=29)


def rows(*pairs: tuple[float, Ended], **group: str) -> list[Followed]:
    return [Followed(days=days, kind=kind, **group) for days, kind in pairs]


LOST, NEW, STILL, GONE, NONE = (
    Ended.RELIEF_LOST, Ended.NEW_COURSE, Ended.STILL, Ended.LOST_TO_FOLLOW_UP, Ended.NO_RELIEF,
)  # fmt: skip


def test_a_small_group_by_hand() -> None:
    """Six people: one without relief, two lost on day 14, one censored there, one new course, one still well."""
    group = by_group(rows((0, NONE), (14, LOST), (14, LOST), (14, STILL), (21, NEW), (84, STILL), condition="CRPS"))[0][
        0
    ]
    assert [group.lasting.at(day)[0] for day in (0, 13, 14, 21, 84)] == pytest.approx([5 / 6, 5 / 6, 0.5, 0.25, 0.25])
    assert [group.ends[LOST].at(day)[0] for day in (0, 14, 84)] == pytest.approx([0, 1 / 3, 1 / 3])
    assert group.ends[NEW].at(21)[0] == pytest.approx(0.25)
    assert group.at_risk == {0: 6, 14: 5, 28: 1, 42: 1, 56: 1, 70: 1, 84: 1}
    assert group.ends[LOST].at(0) == (0, None, None)


def test_a_new_course_is_no_missing_value() -> None:
    """Ten lose relief on day 30 unless a new course came on day 20: censoring it would say that everybody loses."""
    people = rows(*[(20.0, NEW)] * 5, *[(30.0, LOST)] * 5, condition="CRPS")
    group = by_group(people)[0][0]
    assert group.ends[LOST].at(30)[0] == pytest.approx(0.5)
    assert (
        groups.kaplan_meier(np.array([p.days for p in people]), np.array([p.kind == LOST for p in people])).at(30)[0]
        == 0
    )


def test_who_was_lost_to_follow_up_moves_the_bounds() -> None:
    group = by_group(rows((10, GONE), (10, GONE), (20, LOST), (60, STILL), (60, STILL), course="4 days"), "course")[0][
        0
    ]
    assert group.lost_to_follow_up == 2
    assert group.worst.at(60)[0] == pytest.approx(0.4)
    assert group.best.at(60)[0] == pytest.approx(0.8)
    assert group.worst.at(60)[0] <= group.lasting.at(60)[0] <= group.best.at(60)[0]


@pytest.mark.parametrize(("small", "shown", "hidden"), [(4, ["b"], 10), (5, ["a", "b", "c"], 0)])
def test_few_people_are_not_shown_and_not_told_by_subtraction(small: int, shown: list[str], hidden: int) -> None:
    """Four in one group: with the total they would be the rest, so the next smallest group goes with them."""
    people = [*rows(*[(20, LOST)] * small, condition="a"), *rows(*[(30, LOST)] * 8, condition="b"),
              *rows(*[(40, STILL)] * 6, condition="c")]  # fmt: skip
    known, others = by_group(people)
    assert ([group.name for group in known], others) == (shown, hidden)


def test_a_group_that_is_not_known_is_a_group() -> None:
    assert by_group(rows(*[(20, LOST)] * 5))[0][0].name == "not known"
    with pytest.raises(UnwoundError, match="condition, course or site"):
        by_group([], "age")


followed = st.lists(
    st.tuples(st.integers(0, 12).map(float), st.sampled_from([LOST, NEW, NONE, STILL, GONE])), min_size=1, max_size=25
)


@settings(max_examples=40)
@given(followed)
def test_curves_against_counting_one_by_one(pairs: list[tuple[float, Ended]]) -> None:
    """In fractions, person by person and day by day; all shares together are one."""
    days, kinds = np.array([day for day, _ in pairs]), [kind for _, kind in pairs]
    curves = {kind: groups.cumulative_incidence(days, kinds, kind) for kind in groups.EVENTS}
    lasting = groups.kaplan_meier(days, np.array([kind in groups.EVENTS for kind in kinds]))
    left, ended = Fraction(1), dict.fromkeys(groups.EVENTS, Fraction(0))
    for day in range(13):
        here = [kind for at, kind in pairs if at == day and kind in groups.EVENTS]
        at_risk = sum(at >= day for at, _ in pairs)
        for kind in here:
            ended[kind] += left / at_risk
        left -= left * len(here) / at_risk if at_risk else 0
        assert lasting.at(day)[0] == pytest.approx(float(left))
        for kind, curve in curves.items():
            assert curve.at(day)[0] == pytest.approx(float(ended[kind]))
    assert left + sum(ended.values()) == 1


CURVES = """
import json, sys
from lifelines import AalenJohansenFitter, KaplanMeierFitter
days, kinds = json.load(sys.stdin)
curve = KaplanMeierFitter().fit(days, [kind > 0 for kind in kinds])
shares = [curve.survival_function_at_times(day).iloc[0] for day in sorted(days)]
bounds = curve.confidence_interval_.loc[sorted(days)].values.tolist()
incidence = AalenJohansenFitter().fit(days, kinds, event_of_interest=1)
print(json.dumps([shares, bounds, incidence.cumulative_density_.loc[sorted(days)].iloc[:, 0].tolist()]))
"""


def test_a_tool_made_by_others_draws_the_same_curves() -> None:
    """lifelines: survival with its interval, and the incidence of lost relief beside other ends."""
    stream = np.random.default_rng(4)
    days = np.sort(stream.uniform(1, 84, 60))
    kinds = [(LOST, NEW, STILL)[number] for number in stream.integers(0, 3, 60)]
    ours = groups.kaplan_meier(days, np.array([kind in groups.EVENTS for kind in kinds]))
    lost = groups.cumulative_incidence(days, kinds, LOST)
    shares, bounds, incidence = oracles.asked(CURVES, [days.tolist(), [{LOST: 1, NEW: 2}.get(k, 0) for k in kinds]])
    for day, left, (low, high), ended in zip(days, shares, bounds, incidence, strict=True):
        assert ours.at(day)[0] == pytest.approx(left)
        if 0 < left < 1:
            assert ours.at(day)[1:] == pytest.approx((low, high))
        assert lost.at(day)[0] == pytest.approx(ended)


@settings(max_examples=40)
@given(followed)
def test_intervals_hold_their_share(pairs: list[tuple[float, Ended]]) -> None:
    days, kinds = np.array([day for day, _ in pairs]), [kind for _, kind in pairs]
    for curve in (
        groups.cumulative_incidence(days, kinds, LOST),
        groups.kaplan_meier(days, np.array([k == LOST for k in kinds])),
    ):
        known = np.isfinite(curve.low)
        assert (curve.low[known] <= curve.share[known] + 1e-12).all()
        assert (curve.high[known] >= curve.share[known] - 1e-12).all()
        assert ((curve.low[known] >= 0) & (curve.high[known] <= 1)).all()


def test_the_interval_of_an_incidence_holds_as_often_as_it_says() -> None:
    """300 invented groups of 80, half lost to a known share by day 30."""
    stream, held = np.random.default_rng(8), 0
    for _ in range(300):
        lost, new, until = stream.exponential(40, 80), stream.exponential(60, 80), stream.uniform(20, 90, 80)
        days = np.minimum(np.minimum(lost, new), until)
        kinds = [LOST if d == a else NEW if d == b else STILL for d, a, b in zip(days, lost, new, strict=True)]
        _, low, high = groups.cumulative_incidence(days, kinds, LOST).at(30)
        true = 0.6 * (1 - np.exp(-30 / 24))
        held += low is not None and high is not None and low <= true <= high
    assert 0.92 <= held / 300 <= 0.98


def test_a_share_never_stands_alone() -> None:
    part = share([True] * 30 + [False] * 20 + [None] * 50)
    assert str(part) == "30 of 50, 60% (46% to 72%); 50 of 100 not known: 30% to 80%"
    assert str(share([None, None])) == "not known of any of 2"
    assert share([]).share is None
    assert (share([True] * 5).low, share([True] * 5).high) == (pytest.approx(0.5655, abs=1e-4), 1.0)


@given(st.lists(st.sampled_from([True, False, None]), max_size=40))
def test_a_share_lies_within_its_bounds_whatever_is_missing(answers: list[bool | None]) -> None:
    part = share(answers)
    if part.share is not None and part.worst is not None and part.best is not None:
        assert part.worst <= part.share <= part.best


@pytest.mark.parametrize(
    ("yes", "beyond", "above"),
    [(50, None, None), (60, None, None), (61, 95, True), (66, 99.8, True), (39, 95, False),
     (34, 99.8, False)],
)  # fmt: skip
def test_a_site_beyond_the_limits_of_the_funnel(yes: int, beyond: float | None, above: bool | None) -> None:
    """100 people at half: P(61 or more) is 1.8 %, P(66 or more) is 0.09 %."""
    result = funnel([Site(name="B", yes=yes, known=100, expected=0.5), Site(name="A", yes=10, known=20)])
    assert [place.name for place in result.places] == ["A", "B"]
    assert (result.places[1].beyond, result.places[1].above) == (beyond, above)
    assert result.note


def test_small_sites_are_counted_not_shown_and_nothing_is_ranked() -> None:
    result = funnel([Site(name="Z", yes=4, known=4), Site(name="M", yes=1, known=5), Site(name="C", yes=50, known=90)])
    assert ([place.name for place in result.places], result.too_small) == (["C", "M"], 1)
    for wrong in (
        [Site(name="A", yes=6, known=5)],
        [Site(name="A", yes=0, known=0)],
        [Site(name="A", yes=1, known=5)] * 2,
    ):
        with pytest.raises(UnwoundError):
            funnel(wrong)


def test_the_limits_are_exceeded_as_often_as_they_say() -> None:
    counts = np.arange(101)
    chance = stats.binom(100, 0.5).pmf(counts)
    beyond = [funnel([Site(name="A", yes=int(n), known=100, expected=0.5)]).places[0].beyond for n in counts]
    assert 0.03 < sum(p for p, b in zip(chance, beyond, strict=True) if b is not None) <= 0.05
    assert 0.001 < sum(p for p, b in zip(chance, beyond, strict=True) if b == 99.8) <= 0.002


def test_a_small_count_is_hidden_and_so_is_what_would_tell_it() -> None:
    table = publish({("CRPS", "responded"): 12, ("CRPS", "not"): 3, ("PHN", "responded"): 9, ("PHN", "not"): 20})
    assert table.cells["CRPS", "not"] is None
    assert sum(count is None for count in table.cells.values()) >= 4
    assert table.cells[ALL, ALL] == 44


def test_a_table_without_small_counts_is_shown_whole() -> None:
    table = publish({("a", "x"): 5, ("a", "y"): 0, ("b", "x"): 7, ("b", "y"): 8})
    assert None not in table.cells.values()
    with pytest.raises(UnwoundError, match="no count"):
        publish({("a", "all"): 5})
    with pytest.raises(UnwoundError, match="no count"):
        publish({("a", "x"): -1})


@settings(max_examples=20)
@given(st.lists(st.integers(0, 9), min_size=4, max_size=4))
def test_whoever_tries_every_table_finds_no_small_count(numbers: list[int]) -> None:
    """The attack by trying every table of two rows and two columns with counts up to 19 that agrees with all shown."""
    counts = dict(zip(itertools.product("ab", "xy"), numbers, strict=True))
    table = publish(counts)
    tried = np.indices((20, 20, 20, 20)).reshape(4, -1)
    sums = dict(zip(counts, tried, strict=True))
    for line in "ab":
        sums[line, ALL] = sums[line, "x"] + sums[line, "y"]
    for line in ("x", "y", ALL):
        sums[ALL, line] = sums["a", line] + sums["b", line]
    agrees = np.logical_and.reduce([sums[cell] == count for cell, count in table.cells.items() if count is not None])
    agrees = np.ones(tried.shape[1], bool) & agrees
    for cell, count in counts.items():
        if 0 < count < 5:
            values = np.unique(sums[cell][agrees])
            assert table.cells[cell] is None
            assert values.max() >= 5
            assert values.size > 5


def test_a_count_between_two_closed_rings_is_not_told() -> None:
    """Two hidden in every row and column are not enough: the one that joins two rings would follow from the sums."""
    counts = {(row, column): 20 for row in "abcd" for column in "wxyz"}
    for cell in ("aw", "ax", "bw", "bx", "cy", "cz", "dy", "dz", "by"):
        counts[cell[0], cell[1]] = 3
    table = publish(counts)
    assert table.cells["b", "y"] is None
    low, high = possible(("b", "y"), table.cells, table.rows, table.columns)
    assert high - low >= 5
    ringed = {key: None if 0 < (value or 0) < 5 else value for key, value in table.cells.items()}
    for cell, count in counts.items():
        ringed[cell] = None if count == 3 else count
    assert possible(("b", "y"), ringed, table.rows, table.columns) == (3, 3)
