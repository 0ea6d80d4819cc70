"""Cautions: every file's examples, a boundary pair for every limit, laws of the unknown, and a slow second screener."""

import re
import tomllib
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unwound import cautions, evidence, facts, pathway
from unwound.catalogue import DATA
from unwound.cautions import Caution, Finding
from unwound.facts import Criterion
from unwound.patient import Fact, Patient
from unwound.record import Judgement

TODAY = date(2026, 11, 21)
NOBODY = Patient(as_of=TODAY)
ALL = cautions.cautions()
EXAMPLES = [(id, example) for id, caution in ALL.items() for example in caution.examples]
USED = sorted({fact for caution in ALL.values() for fact in caution.facts()})


def knowing(known: dict[str, Any]) -> Patient:
    patient = NOBODY.knowing(**known)
    facts.check(patient)
    return patient


def found(id: str, patient: Patient) -> Finding | None:
    return next((finding for finding in cautions.screen(patient) if finding.id == id), None)


# Every file ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("id", "example"), EXAMPLES, ids=[f"{id}: {example.name}" for id, example in EXAMPLES])
def test_every_example_in_the_files_comes_out_as_it_says(id: str, example: cautions.Example) -> None:
    patient = NOBODY.model_copy(update={"facts": example.given})
    facts.check(patient)
    finding = found(id, patient)
    assert (finding.level if finding else "absent") == example.expect
    if example.asks:
        assert finding is not None
        assert sorted(finding.ask) == sorted(example.asks)


@pytest.mark.parametrize("id", ALL)
def test_every_caution_has_an_example_where_it_holds_and_one_where_it_does_not_arise(id: str) -> None:
    levels = {example.expect for example in ALL[id].examples}
    assert {ALL[id].level, "absent"} <= levels


@pytest.mark.parametrize("id", ALL)
def test_every_caution_reads_only_facts_of_the_vocabulary_in_their_own_unit(id: str) -> None:
    caution = ALL[id]
    assert set(caution.facts()) <= set(facts.vocabulary())
    for criterion in filter(None, (caution.when, caution.unless, caution.relevant_when)):
        for part in criterion.walk():
            question = facts.vocabulary()[part.fact] if part.fact else None
            if question and part.limit:
                assert (question.type, question.unit) == ("number", part.limit.unit)
            if question and part.one_of:
                assert set(part.one_of) <= set(question.options)


@pytest.mark.parametrize("id", ALL)
def test_every_finding_says_its_reason_its_action_and_where_they_are_from(id: str) -> None:
    caution = ALL[id]
    assert caution.reason.text.endswith((".", "!"))
    assert caution.action.text.endswith(".")
    for source in evidence.cite(caution):
        assert re.fullmatch(r"[a-z][a-z0-9_]*", source), source
    if caution.level == "stop" and caution.relative:
        assert "Relative:" in caution.action.text, "a relative stop says who may decide otherwise"
        assert "may decide" in caution.action.text


def test_only_the_allergy_stop_among_the_contraindications_is_absolute() -> None:
    """The consensus table calls all of its contraindications relative; an allergy is the label's."""
    absolute = {
        id for id, one in ALL.items() if one.level == "stop" and one.kind == "contraindication" and not one.relative
    }
    assert absolute == {"hypersensitivity"}


def test_one_limit_stands_for_one_thing() -> None:
    """The same fact with the same comparison from the same source has the same number in every file."""
    seen: dict[tuple[str, str, str], float] = {}
    for part in leaves():
        if part.limit:
            key = (part.fact, form_of(part), part.limit.source)
            assert seen.setdefault(key, part.limit.value) == part.limit.value, key


# Boundaries ----------------------------------------------------------------------------------------------------------


def form_of(part: Criterion) -> str:
    return next(form for form in ("at_least", "at_most", "above", "below") if getattr(part, form) is not None)


def leaves() -> list[Criterion]:
    criteria = [one for c in ALL.values() for one in (c.when, c.unless, c.relevant_when) if one]
    return [part for criterion in criteria for part in criterion.walk() if not part.all and not part.any]


def inside_and_outside(part: Criterion) -> tuple[Any, Any]:
    """A value that just meets the criterion, and its neighbour one step away that does not."""
    question = facts.vocabulary()[part.fact or part.yes or part.no]
    if part.yes:
        return True, False
    if part.no:
        return False, True
    if part.one_of:
        other = next(word for word in question.options if word not in part.one_of)
        return ((part.one_of[0],), (other,)) if question.type == "choices" else (part.one_of[0], other)
    assert part.limit
    limit, step = part.limit.value, question.step
    return {
        "at_least": (limit, limit - step),
        "at_most": (limit, limit + step),
        "above": (limit + step, limit),
        "below": (limit - step, limit),
    }[form_of(part)]


def settled(criterion: Criterion, wanted: bool) -> dict[str, Any]:
    """Facts that make a criterion come out as wanted, each just on its side of the boundary."""
    parts = criterion.all or criterion.any
    if parts:
        return {fact: value for part in parts for fact, value in settled(part, wanted).items()}
    inside, outside = inside_and_outside(criterion)
    return {criterion.yes or criterion.no or criterion.fact: inside if wanted else outside}


def hinging_on(criterion: Criterion, leaf: Criterion) -> dict[str, Any]:
    """Facts about everything else in the criterion that leave its outcome to this one leaf."""
    around: dict[str, Any] = {}
    for part in criterion.all or criterion.any:
        inner = hinging_on(part, leaf) if leaf in part.walk() else settled(part, wanted=bool(criterion.all))
        around.update(inner)
    return around


PAIRS = [
    (id, leaf)
    for id, caution in ALL.items()
    if caution.when
    for leaf in caution.when.walk()
    if not leaf.all and not leaf.any
]


@pytest.mark.parametrize(("id", "leaf"), PAIRS, ids=[f"{id} {leaf.yes or leaf.no or leaf.fact}" for id, leaf in PAIRS])
def test_one_step_over_the_boundary_and_it_arises_one_step_back_and_it_does_not(id: str, leaf: Criterion) -> None:
    when, unless = ALL[id].when, ALL[id].unless
    assert when is not None
    fact = leaf.yes or leaf.no or leaf.fact
    around = hinging_on(when, leaf)
    inside, outside = inside_and_outside(leaf)
    apart = {} if unless is None else {k: v for k, v in settled(unless, False).items() if k not in (*around, fact)}
    finding = found(id, knowing({**apart, **around, fact: inside}))
    assert finding is not None
    assert (finding.level, finding.holds) == (ALL[id].level, True)
    assert found(id, knowing({**apart, **around, fact: outside})) is None


def test_every_limit_has_its_boundary_pair() -> None:
    assert sum(1 for _, leaf in PAIRS if leaf.limit) >= 14
    assert all(part.limit is None or part.fact in {leaf.fact for _, leaf in PAIRS} for part in leaves())


# A slow, obvious second screener, on the raw files -------------------------------------------------------------------

RAW = {path.stem: tomllib.loads(path.read_text("utf-8")) for path in sorted((DATA / "cautions").glob("*.toml"))}


def holds(criterion: dict[str, Any], known: dict[str, Any]) -> Any:
    """True, false or None."""
    if "all" in criterion or "any" in criterion:
        answers = [holds(part, known) for part in criterion.get("all") or criterion["any"]]
        decisive = "any" in criterion
        if decisive in answers:
            return decisive
        return None if None in answers else not decisive
    if "yes" in criterion:
        return known.get(criterion["yes"])
    if "no" in criterion:
        answer = known.get(criterion["no"])
        return None if answer is None else not answer
    value = known.get(criterion["fact"])
    if value is None:
        return None
    if "one_of" in criterion:
        return any(word in criterion["one_of"] for word in (value if isinstance(value, tuple) else [value]))
    form = next(form for form in ("at_least", "at_most", "above", "below") if form in criterion)
    limit = criterion[form]["value"]
    return {"at_least": value >= limit, "at_most": value <= limit, "above": value > limit, "below": value < limit}[form]


def slowly(raw: dict[str, Any], known: dict[str, Any]) -> tuple[str, bool] | None:
    """The level and whether it holds, straight from the wording of the rules."""
    if "needs" in raw:
        return ("ask", False) if any(fact not in known for fact in raw["needs"]) else None
    when = holds(raw["when"], known)
    if when is False or ("unless" in raw and holds(raw["unless"], known) is True):
        return None
    if when is True:
        return raw["level"], True
    silent = not raw.get("ask_when_unknown", True)
    silent |= "relevant_when" in raw and holds(raw["relevant_when"], known) is False
    return None if silent else ("ask", False)


def values(id: str) -> st.SearchStrategy[Any]:
    question = facts.vocabulary()[id]
    if question.type == "yes-no":
        return st.booleans()
    if question.type == "choice":
        return st.sampled_from(sorted(question.options))
    if question.type == "choices":
        return st.lists(st.sampled_from(sorted(question.options)), min_size=1, max_size=3, unique=True).map(tuple)
    near = {part.limit.value for part in leaves() if part.fact == id and part.limit}
    low, high = question.min or 0, question.max or 0
    beside = [x for n in near for x in (n - question.step, n, n + question.step) if low <= x <= high]
    return st.sampled_from(sorted({low, *beside, high}))


patients = st.fixed_dictionaries({}, optional={id: values(id) for id in USED})


@settings(max_examples=150, deadline=None)
@given(patients)
def test_the_screener_agrees_with_a_slow_second_one_on_any_patient(known: dict[str, Any]) -> None:
    quick = {finding.id: (finding.level, finding.holds) for finding in cautions.screen(knowing(known))}
    assert quick == {id: answer for id, raw in RAW.items() if (answer := slowly(raw, known))}


# Laws ----------------------------------------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(patients)
def test_red_flags_come_first_then_suicide_risk_then_stops_asks_and_notes(known: dict[str, Any]) -> None:
    screened = cautions.screen(knowing(known))
    kinds = [("red-flag", "suicide-risk").index(f.kind) if f.kind in cautions.URGENT else 2 for f in screened]
    assert kinds == sorted(kinds)
    for group in range(3):
        levels = [cautions.LEVELS.index(f.level) for f, kind in zip(screened, kinds, strict=True) if kind == group]
        assert levels == sorted(levels)


@settings(max_examples=100, deadline=None)
@given(patients, st.data())
def test_the_unknown_never_stops_and_a_stop_is_never_undone_by_learning_something_else(
    known: dict[str, Any], data: st.DataObject
) -> None:
    """Whatever holds rests on known facts alone: any facts learned besides leave its `when` true."""
    patient = knowing(known)
    learned = {fact: data.draw(values(fact)) for fact in USED if fact not in known}
    everything = knowing({**known, **learned})
    for finding in cautions.screen(patient):
        when = ALL[finding.id].when
        if finding.level == "stop":
            assert finding.holds
            assert finding.because, "a stop says the facts it rests on"
        if finding.holds:
            assert when is not None
            assert facts.meets(everything, when).holds


@settings(max_examples=100, deadline=None)
@given(patients)
def test_a_fact_a_caution_does_not_read_never_changes_its_finding(known: dict[str, Any]) -> None:
    screened = {finding.id: finding for finding in cautions.screen(knowing(known))}
    for id, caution in ALL.items():
        alone = {fact: value for fact, value in known.items() if fact in caution.facts()}
        assert found(id, knowing(alone)) == screened.get(id)


@settings(max_examples=100, deadline=None)
@given(patients)
def test_only_unknown_facts_are_asked_and_nothing_that_is_missing_holds(known: dict[str, Any]) -> None:
    for finding in cautions.screen(knowing(known)):
        assert not set(finding.ask) & set(known)
        assert finding.holds or finding.ask, "what does not hold is there to be asked"
        assert finding.holds or finding.level == "ask"


def unremarkable() -> dict[str, Any]:
    """Someone with every caution known not to hold."""
    known: dict[str, Any] = {}
    for caution in ALL.values():
        known.update(settled(caution.when, False) if caution.when else {})
    known.update(systolic_mmhg=120, diastolic_mmhg=75, heart_rate_per_min=70, respiratory_rate_per_min=14)
    known.update(spo2_percent=97, age_years=45, liver_impairment="none", pregnancy_possible=False)
    return known


def clearance(known: dict[str, Any]) -> Judgement:
    """What candidacy makes of it: the question whether anything forbids ketamine."""
    return pathway.review(knowing(known)).candidacy.gates[1].judgement


def test_with_everything_known_and_nothing_wrong_there_is_no_finding_and_all_is_clear() -> None:
    screened = cautions.screen(knowing(unremarkable()))
    assert screened == ()
    assert clearance(unremarkable()) == Judgement(True, ("nothing that forbids ketamine was found",))


def test_with_nothing_known_there_is_no_stop_and_no_clearance_but_something_to_ask() -> None:
    screened = cautions.screen(NOBODY)
    assert {finding.level for finding in screened} == {"ask"}
    assert cautions.urgent(screened) == ()
    clear = clearance({})
    assert clear.holds is None
    assert {"pregnant", "psychosis_active", "ketamine_hypersensitivity"} <= set(clear.ask)


ASKED = [id for id, c in ALL.items() if c.kind == "contraindication" and c.when and c.ask_when_unknown]


@pytest.mark.parametrize("id", ASKED)
def test_each_contraindication_left_unknown_by_itself_withholds_the_clearance(id: str) -> None:
    known = {fact: value for fact, value in unremarkable().items() if fact not in ALL[id].facts()}
    clear = clearance(known)
    assert clear.holds is None
    assert clear.ask


def test_a_stop_refuses_the_clearance_and_says_which() -> None:
    clear = clearance({**unremarkable(), "psychosis_active": True})
    assert (clear.holds, clear.because) == (False, ("Active psychosis: has an active psychosis",))


def test_something_to_be_decided_rather_than_found_out_is_named_and_never_called_nothing() -> None:
    clear = clearance({**unremarkable(), "liver_impairment": "moderate", "liver_tests_done": True})
    assert clear == Judgement(True, ("to be decided first: Moderate liver impairment",))


def test_an_entry_check_of_the_day_does_not_touch_the_clearance() -> None:
    assert clearance({**unremarkable(), "escort_available": False}).holds is True


# Single patients -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("total", range(28))
def test_item_nine_is_urgent_whatever_the_total(total: int) -> None:
    screened = cautions.screen(knowing({"phq9_item9": 1, "phq9_total": total}))
    assert "suicide_item_9" in {finding.id for finding in cautions.urgent(screened)}


def test_recent_suicidal_behaviour_is_urgent_even_when_no_thoughts_are_told() -> None:
    known = {"suicidal_behaviour_3_months": True, "phq9_item9": 0, "suicidal_thoughts_now": False}
    assert [finding.id for finding in cautions.urgent(cautions.screen(knowing(known)))] == ["suicidal_behaviour_recent"]


def test_the_urgent_come_before_a_stop_for_ketamine() -> None:
    known = {"psychosis_active": True, "saddle_numbness_new": True, "suicidal_thoughts_now": True}
    screened = [finding for finding in cautions.screen(knowing(known)) if finding.level == "stop"]
    assert [finding.id for finding in screened] == ["cauda_equina", "suicidal_thoughts", "psychosis_active"]


def test_a_finding_shows_its_boundary_its_source_and_how_well_that_was_checked() -> None:
    finding = found("blood_pressure_low", knowing({"systolic_mmhg": 84}))
    assert finding is not None
    assert finding.boundary == "systolic blood pressure below 90 mmHg (beik_2016)"
    assert finding.because == ("systolic blood pressure 84 mmHg",)
    assert finding.sources == ("beik_2016", "unwound_local")
    assert finding.checked == "unchecked", "the worst of what it rests on"


def test_where_sources_differ_both_are_kept() -> None:
    finding = found("blood_pressure_uncontrolled", knowing({"hypertension_uncontrolled": True}))
    assert finding is not None
    assert "above 180 mmHg (beik_2016)" in finding.boundary
    assert any("whelton_2018" in other for other in finding.elsewhere)
    assert any("statpearls_hypertensive_urgency" in other for other in finding.elsewhere)
    assert any("label_spravato_us" in other for other in finding.elsewhere)


def test_an_old_blood_pressure_neither_stops_nor_clears_but_is_asked_again() -> None:
    days = facts.vocabulary()["systolic_mmhg"].valid_days
    assert days is not None
    for ago, level in ((days, "stop"), (days + 1, "ask")):
        measured = Fact(value=190, on=TODAY - timedelta(days=ago))
        finding = found("blood_pressure_uncontrolled", NOBODY.model_copy(update={"facts": {"systolic_mmhg": measured}}))
        assert finding is not None
        assert finding.level == level


def test_asking_advises_to_find_out_before_it_advises_what_to_do() -> None:
    finding = found("pregnancy", NOBODY)
    assert finding is not None
    assert finding.action.startswith("Find this out first.")
    assert not finding.holds


# What must not be encoded (ketamine.md section 9), and traps ----------------------------------------------------------


def test_no_stop_for_a_vital_sign_rests_on_a_number_nobody_read() -> None:
    vital = {"systolic_mmhg", "diastolic_mmhg", "heart_rate_per_min", "respiratory_rate_per_min", "spo2_percent"}
    for id, caution in ALL.items():
        for part in caution.when.walk() if caution.when and caution.level == "stop" else ():
            assert part.fact not in vital or (part.limit and part.limit.checked != "unchecked"), id


def test_no_limit_of_saturation_is_invented() -> None:
    assert not [part for part in leaves() if part.fact == "spo2_percent"]


def test_the_emergency_department_limits_say_that_they_are_not_from_a_pain_clinic() -> None:
    for id in ("blood_pressure_low", "heart_rate_out_of_range", "respiratory_rate_out_of_range"):
        assert "emergency department" in ALL[id].reason.text


def test_an_enzyme_inhibitor_is_a_note_and_tells_the_vein_from_the_mouth() -> None:
    caution = ALL["takes_cyp3a4_inhibitor"]
    assert caution.level == "note"
    assert "Intravenous: for information" in caution.action.text
    assert "By mouth" in caution.action.text


def test_a_stimulant_is_not_a_contraindication_and_a_xanthine_is_more_than_a_note() -> None:
    assert (ALL["takes_stimulant"].level, ALL["takes_theophylline"].level) == ("note", "ask")


@pytest.mark.parametrize("broken", [{"needs": "pregnant"}, {"when": None}, {"when": None, "needs": "pregnant"}])
def test_a_caution_with_two_ways_to_arise_or_none_or_a_stop_without_criterion_is_refused(
    broken: dict[str, Any],
) -> None:
    raw = {**RAW["pregnancy"], **broken}
    with pytest.raises(ValueError, match="needs"):
        Caution.model_validate(raw)
