"""Screening for cautions: a slow second screener, laws of the unknown, the clearance, and single patients."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from screened import ALL, ANATOMY, NOBODY, RAW, TODAY, USED, found, knowing, leaves, settled

from unwound import candidacy, cautions, facts, pathway
from unwound.candidacy.plain import PlainWords, plain_words
from unwound.catalogue import load
from unwound.cautions import Finding
from unwound.patient import Fact
from unwound.record import Judgement

# A slow, obvious second screener, on the raw files -------------------------------------------------------------------


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


def is_far(raw: dict[str, Any], known: dict[str, Any]) -> bool:
    """Whether the pain is in none of the parts of a caution, and its area can be felt where it is."""
    meant = {part for site in known.get("pain_site", ()) for part in (site, *ANATOMY["holds"].get(site, ()))}
    felt = [set(ANATOMY["felt_in"].get(word, meant)) & meant for word in known.get("pain_distribution", ())]
    return "parts" in raw and bool(meant) and all(felt) and not meant & set(raw["parts"])


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
    relevant = [holds(raw[name], known) for name in ("relevant_when", "relevant_too") if name in raw]
    if is_far(raw, known):
        relevant[0] = False
    silent |= False in relevant and True not in relevant
    silent |= "asked_only_where" in raw and holds(raw["asked_only_where"], known) is not True
    silent |= "unasked_where" in raw and holds(raw["unasked_where"], known) is True
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


@settings(max_examples=150)
@given(patients)
def test_the_screener_agrees_with_a_slow_second_one_on_any_patient(known: dict[str, Any]) -> None:
    quick = {one.id: (one.level, one.holds) for one in of_cautions(cautions.screen(knowing(known)))}
    each = {id: answer for id, raw in RAW.items() if (answer := slowly(raw, known))}
    for id, (_, it_holds) in sorted(each.items()):  # of two that may stand within each other the first gives way
        if it_holds and stands_within(RAW[id], each, known):
            del each[id]
    assert quick == each


def stands_within(raw: dict[str, Any], each: dict[str, tuple[str, bool]], known: dict[str, Any]) -> bool:
    """Whether another of the same event holds and has a box, and nothing makes this one an event of its own."""
    if "within_where" in raw and holds(raw["within_where"], known) is not True:
        return False
    return any(host in each and each[host][1] for host in raw.get("within", ()))


def of_cautions(findings: tuple[Finding, ...]) -> list[Finding]:
    """Without the contradictions of the record, which are no cautions and have tests of their own."""
    return [finding for finding in findings if finding.kind != "contradiction"]


def test_one_event_is_one_box_with_all_that_it_asks_to_be_done() -> None:
    """Weak legs with back pain, after a cancer or climbing: each one box; with nothing else, their own."""
    legs = {"leg_weakness_both_or_worsening": True}
    denied = dict.fromkeys(("saddle_numbness_new", "bladder_or_bowel_change_new", "sexual_function_change_new"), False)
    for more, box in (
        ({}, "leg_weakness"),
        ({"back_or_leg_pain": True}, "cauda_equina"),
        ({"back_or_leg_pain": True, "cancer": True, **denied}, "metastatic_cord_compression"),
        ({"back_or_leg_pain": True, "ascending_weakness_rapid": True, **denied}, "ascending_weakness"),
    ):
        (urgent,) = cautions.urgent(cautions.screen(knowing({**legs, **more})))
        assert urgent.id == box
        assert "creatine kinase" in urgent.action


def test_the_cord_names_the_event_unless_the_saddle_is_numb_and_a_picture_belongs_to_it() -> None:
    """An unsteady walk and a bladder that fails are one event: the cord above, or with a numb saddle the cauda."""
    event = {"gait_or_sensory_level_new": True, "bladder_or_bowel_change_new": True, "back_or_leg_pain": True}
    for more, box in (
        ({"saddle_numbness_new": False}, "spinal_cord_signs"),
        ({"saddle_numbness_new": True}, "cauda_equina"),
        ({}, "cauda_equina"),
        ({"saddle_numbness_new": True, "cancer": True}, "metastatic_cord_compression"),
    ):
        (urgent,) = cautions.urgent(cautions.screen(knowing({**event, **more, "imaging_mass_or_compression": True})))
        assert urgent.id == box
        assert any("imaging shows" in reason for reason in urgent.because)
        assert "MRI" in urgent.action
        told = " ".join(candidacy.urgent_help(candidacy.told_of((urgent,)), "UK"))
        assert "nearest emergency department now" in told, "the words of the gravest in the box, whatever its name"
        assert "Call your doctor or our clinic today" not in told


def test_whatever_cannot_wait_for_a_call_is_an_emergency_whose_words_send_to_hospital() -> None:
    """The order stands in `data/plain_words/urgent_help.toml`; none of its words says to call and wait."""
    of_hours = load("plain_words", PlainWords)["urgent_help"].of_hours
    assert of_hours
    for id in of_hours:
        assert cautions.cautions()[id].kind in cautions.URGENT
        help = " ".join(plain_words("urgent_help")[id])
        assert "emergency department" in help
        assert "Call your doctor" not in help


# Laws ----------------------------------------------------------------------------------------------------------------


@settings(max_examples=100)
@given(patients)
def test_red_flags_come_first_then_suicide_risk_then_stops_asks_and_notes(known: dict[str, Any]) -> None:
    screened = cautions.screen(knowing(known))
    kinds = [("red-flag", "suicide-risk").index(f.kind) if f.kind in cautions.URGENT else 2 for f in screened]
    assert kinds == sorted(kinds)
    for group in range(3):
        levels = [cautions.LEVELS.index(f.level) for f, kind in zip(screened, kinds, strict=True) if kind == group]
        assert levels == sorted(levels)


@settings(max_examples=100)
@given(patients, st.data())
def test_the_unknown_never_stops_and_a_stop_is_never_undone_by_learning_something_else(
    known: dict[str, Any], data: st.DataObject
) -> None:
    """Whatever holds rests on known facts alone: any facts learned besides leave its `when` true."""
    patient = knowing(known)
    learned = {fact: data.draw(values(fact)) for fact in USED if fact not in known}
    everything = knowing({**known, **learned})
    for finding in of_cautions(cautions.screen(patient)):
        when = ALL[finding.id].when
        if finding.level == "stop":
            assert finding.holds
            assert finding.because, "a stop says the facts it rests on"
        if finding.holds:
            assert when is not None
            assert facts.meets(everything, when).holds


@pytest.mark.thorough
@settings(max_examples=100)
@given(patients)
def test_a_fact_a_caution_does_not_read_never_changes_its_finding(known: dict[str, Any]) -> None:
    screened = {finding.id: finding for finding in cautions.screen(knowing(known))}
    of_one_event = {other for id, caution in ALL.items() if caution.within for other in (id, *caution.within)}
    for id, caution in ALL.items():
        if id in of_one_event:
            continue  # what stands in another's box: the law of the slow screener
        alone = {fact: value for fact, value in known.items() if fact in caution.facts()}
        assert found(id, knowing(alone)) == screened.get(id)


@settings(max_examples=100)
@given(patients)
def test_only_unknown_facts_are_asked_and_nothing_that_is_missing_holds(known: dict[str, Any]) -> None:
    for finding in of_cautions(cautions.screen(knowing(known))):
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
    assert clearance(unremarkable()) == Judgement(True, ("no contraindication to ketamine found",))


def test_with_nothing_known_there_is_no_stop_and_no_clearance_but_something_to_ask() -> None:
    screened = cautions.screen(NOBODY)
    assert {finding.level for finding in screened} == {"ask"}
    assert cautions.urgent(screened) == ()
    clear = clearance({})
    assert clear.holds is None
    assert {"pregnant", "psychosis_active", "ketamine_hypersensitivity"} <= set(clear.ask)


ASKED = [
    id
    for id, c in ALL.items()
    if c.kind == "contraindication" and c.when and c.ask_when_unknown and not c.asked_only_where
]


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
    assert clear == Judgement(True, ("to be weighed first: Moderate liver impairment",))


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
    assert finding.because == ("systolic blood pressure 84 mmHg (21 Nov 2026)",)
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
