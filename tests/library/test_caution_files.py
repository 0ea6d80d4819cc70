"""Every file of a caution: its examples, what it reads, and a boundary pair for every limit."""

import re
from typing import Any

import pytest
from screened import ALL, NOBODY, RAW, form_of, found, inside_and_outside, knowing, leaves, settled

from unwound import cautions, evidence, facts
from unwound.cautions import Caution
from unwound.facts import Criterion

# Every file ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("id", ALL)
def test_every_caution_has_an_example_where_it_holds_and_one_where_it_does_not_arise(id: str) -> None:
    levels = {example.expect for example in ALL[id].examples}
    assert {ALL[id].level, "absent"} <= levels


@pytest.mark.parametrize("id", ALL)
def test_every_caution_reads_only_facts_of_the_vocabulary_in_their_own_unit(id: str) -> None:
    caution = ALL[id]
    assert set(caution.facts()) <= set(facts.vocabulary())
    for criterion in caution.criteria():
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
    for other in unless.facts() if unless else ():
        rest = {id: value for id, value in around.items() if id != other}
        needless = facts.meets(knowing({**rest, fact: inside}), when).holds
        if needless and facts.meets(knowing({**rest, fact: outside}), when).holds is False:
            around = rest  # not needed to keep the rest out, and it could clear
    apart = {} if unless is None else {k: v for k, v in settled(unless, False).items() if k not in (*around, fact)}
    if unless is not None and facts.meets(knowing(apart), unless).holds:
        apart = {}  # either answer clears it: it arises only while there is none
    finding = found(id, knowing({**apart, **around, fact: inside}))
    assert finding is not None
    assert (finding.level, finding.holds) == (ALL[id].level, True)
    assert found(id, knowing({**apart, **around, fact: outside})) is None


def test_every_limit_has_its_boundary_pair() -> None:
    assert sum(1 for _, leaf in PAIRS if leaf.limit) >= 14
    assert all(part.limit is None or part.fact in {leaf.fact for _, leaf in PAIRS} for part in leaves())


# What must not be encoded, and traps ----------------------------------------------------------------------------------


def test_a_stop_for_a_vital_sign_rests_on_a_number_that_was_read_or_says_that_it_is_ours() -> None:
    vital = {"systolic_mmhg", "diastolic_mmhg", "heart_rate_per_min", "respiratory_rate_per_min", "spo2_percent"}
    for id, caution in ALL.items():
        for part in caution.when.walk() if caution.when and caution.level == "stop" else ():
            if part.fact in vital and part.limit and part.limit.checked == "unchecked":
                assert part.limit.source == "unwound_local", id
                assert "A local rule" in caution.reason.text, id


def test_every_vital_sign_at_rest_can_stop_and_is_asked_where_it_was_not_measured() -> None:
    """Diastolic 135, a saturation of 80 % and a heart rate of 145 used to pass."""
    at_rest = {"systolic_mmhg": 84, "diastolic_mmhg": 135, "heart_rate_per_min": 145, "spo2_percent": 80}
    for fact, value in {**at_rest, "respiratory_rate_per_min": 34}.items():
        stops = [one for one in cautions.screen(knowing({fact: value})) if one.level == "stop"]
        assert stops, fact
        assert {one.kind for one in stops} == {"contraindication"}, "it decides, and is not left to the day"
        assert any(fact in one.ask for one in cautions.screen(NOBODY) if one.kind == "contraindication"), fact


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
