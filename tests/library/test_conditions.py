"""Grades, flags and the knowledge behind them; a slow second grading that tries every way things could turn out."""

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unwound import conditions, evidence, facts, record
from unwound.catalogue import KnowledgeError, load
from unwound.conditions import Grade, grading
from unwound.conditions.knowledge import Condition, CriteriaSet, Example, Opinion, criteria
from unwound.facts import Criterion
from unwound.patient import Answers, Fact, Patient, Value

TODAY = date(2026, 11, 21)
STEPWISE = [id for id, one in conditions.conditions().items() if one.rules.scheme == "neupsig"]
EXAMPLES = [(id, example) for id, one in conditions.conditions().items() for example in one.examples]
CRITERIA = load("criteria", CriteriaSet)
LEVELS = ("none", "possible", "probable", "definite")

FORMS = (("dn4", 10), ("paindetect", 38), ("s_lanss", 24))
DPN = {
    "diabetes": True,
    "pain_began_in_plausible_time": True,
    "pain_distribution": ("distal-symmetric",),
}
CRPS = {
    "crps_after_limb_event": True,
    "crps_disproportionate": True,
    "crps_no_better_diagnosis": True,
    "crps_symptom_sensory": True,
    "crps_symptom_vasomotor": True,
    "crps_symptom_sudomotor": True,
    "crps_symptom_motor": False,
    "crps_sign_sensory": True,
    "crps_sign_vasomotor": True,
    "crps_major_nerve_lesion": False,
    "pain_distribution": ("regional-limb",),
}
FIBROMYALGIA = {"wpi": 12.0, "sss": 8.0, "pain_regions": 5.0, "pain_duration_days": 400.0}
KOSEK = {
    "pain_duration_days": 400.0,
    "pain_distribution": ("widespread",),
    "pain_hypersensitivity_evoked": True,
    "hypersensitivity_history": True,
    "nociplastic_comorbidity": True,
    "tissue_damage_explains_pain": False,
}


def somebody(known: Mapping[str, Value]) -> Patient:
    return Patient(as_of=TODAY, facts={id: Fact(value=value) for id, value in known.items()})


def grades(known: Mapping[str, Value]) -> dict[str, Grade]:
    return {one.condition: one for one in conditions.grade(somebody(known))}


def flags(known: Mapping[str, Value]) -> conditions.Flags:
    patient = somebody(known)
    return conditions.flags(patient, conditions.grade(patient))


# --- the files ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("id", "example"), EXAMPLES, ids=[f"{id}: {example.name}" for id, example in EXAMPLES])
def test_every_condition_says_what_its_own_examples_expect(id: str, example: Example) -> None:
    facts.check(somebody(example.given))
    found = grades(example.given).get(id)
    assert (found.level if found else "not-listed") == example.expect.level
    asked = found.ask if found else ()
    assert set(example.expect.ask) <= set(asked)
    assert not (example.expect.ask_nothing and asked)


@pytest.mark.parametrize("id", CRITERIA)
def test_every_set_of_criteria_says_what_its_own_examples_expect(id: str) -> None:
    for example in CRITERIA[id].examples:
        patient = somebody(example.given)
        facts.check(patient)
        assert set(example.holds) | set(example.fails) <= set(CRITERIA[id].steps)
        for name, step in CRITERIA[id].steps.items():
            expected = True if name in example.holds else False if name in example.fails else None
            assert step.judge(patient).holds is expected, f"{example.name}: {name}"


def test_the_conditions_asked_for_are_there() -> None:
    assert set(conditions.conditions()) == {
        *("painful_diabetic_polyneuropathy", "postherpetic_neuralgia", "chemotherapy_induced_neuropathy"),
        *("hiv_neuropathy", "alcohol_neuropathy", "idiopathic_polyneuropathy", "trigeminal_neuralgia"),
        *("cervical_radiculopathy", "lumbosacral_radiculopathy", "carpal_tunnel", "entrapment_neuropathy"),
        *("nerve_injury", "phantom_limb_pain", "spinal_cord_injury_pain", "multiple_sclerosis_pain"),
        *("post_stroke_pain", "crps_1", "crps_2", "fibromyalgia", "nociceptive_pain", "chronic_pain_unsettled"),
    }


def all_criteria() -> Iterator[tuple[str, Criterion]]:
    for id, one in conditions.conditions().items():
        yield from ((id, part) for rule in one.rules.criteria() for part in rule.walk())
    for id, sets in CRITERIA.items():
        yield from ((id, part) for step in sets.steps.values() for rule in step.of for part in rule.walk())


@pytest.mark.parametrize(
    ("id", "part"), list(all_criteria()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_criterion_speaks_the_vocabulary(id: str, part: Criterion) -> None:
    for fact in (part.yes, part.no):
        assert not fact or facts.vocabulary()[fact].type == "yes-no", f"{id}: {fact}"
    if part.one_of:
        assert set(part.one_of) <= set(facts.vocabulary()[part.fact].options), f"{id}: {part.one_of}"
    elif part.fact:
        assert facts.vocabulary()[part.fact].type == "number", f"{id}: {part.fact}"


def test_descriptors_are_words_of_the_vocabulary() -> None:
    words = set(facts.vocabulary()["pain_descriptors"].options)
    for id, one in conditions.conditions().items():
        assert set(one.descriptors) <= words, id


def test_peripheral_central_and_crps_codes_are_not_swapped() -> None:
    for id, one in conditions.conditions().items():
        icd11 = {code.code for code in one.codes if code.system == "ICD-11"}
        icd10 = {code.code for code in one.codes if code.system == "ICD-10-CM"}
        assert "8D8A" not in icd11, id
        assert not icd10 & {"G35", "G35.B", "G35.C"}, f"{id}: not billable"
        assert ("MG30.50" in icd11) == (one.group == "central"), id
        assert "MG30.51" not in icd11 or one.group == "peripheral", id
    titles = {code.code: code.title for one in conditions.conditions().values() for code in one.codes}
    assert titles["MG30.50"] == "Chronic central neuropathic pain"
    assert titles["MG30.51"] == "Chronic peripheral neuropathic pain"
    assert titles["MG30.01"] == "Chronic widespread pain"
    assert titles["8D8A.00"] == "Complex regional pain syndrome type I"
    assert titles["8D8A.01"] == "Complex regional pain syndrome type II"


def test_one_code_has_one_title_everywhere() -> None:
    seen: dict[str, str] = {}
    for one in conditions.conditions().values():
        for code in one.codes:
            assert seen.setdefault(code.code, code.title) == code.title


def test_crps_codes_of_one_type_are_not_given_to_the_other() -> None:
    first, second = (conditions.conditions()[id].codes for id in ("crps_1", "crps_2"))
    assert not {code.code for code in first} & {code.code for code in second}
    assert all(code.code.startswith(("8D8A.00", "G90.5")) for code in first)
    assert all(code.code.startswith(("8D8A.01", "G56.4", "G57.7")) for code in second)


def test_every_file_rests_on_sources_and_disagreement_stays_visible() -> None:
    for id, one in conditions.conditions().items():
        assert evidence.cite(one), id
        if one.group in ("peripheral", "central", "crps"):
            assert len({view.direction for view in one.ketamine.views}) > 1, id
    for id in ("crps_1", "crps_2", "fibromyalgia"):
        views = {view.source: view.direction for view in conditions.conditions()[id].ketamine.views}
        assert views["nice_ng193"] == "against"
        assert views["ferraro_2025"] == "no-benefit"
    assert conditions.conditions()["crps_1"].ketamine.strength == "moderate"
    neuropathic = conditions.conditions()["painful_diabetic_polyneuropathy"].ketamine.views
    assert "nice_ng193" not in {view.source for view in neuropathic}


def test_every_opinion_concerns_somebody() -> None:
    for id, opinion in load("opinions", Opinion).items():
        assert set(opinion.conditions) | set(opinion.besides) <= set(conditions.conditions()), id
        assert any(opinion.concerns(name, one.group) for name, one in conditions.conditions().items()), id


def test_ladders_of_their_own_where_the_general_one_does_not_apply() -> None:
    ladders = {id: one.ladder for id, one in conditions.conditions().items()}
    trigeminal, sciatica = ladders["trigeminal_neuralgia"], ladders["lumbosacral_radiculopathy"]
    hiv, chemotherapy, crps = (ladders[id] for id in ("hiv_neuropathy", "chemotherapy_induced_neuropathy", "crps_1"))
    if None in (trigeminal, sciatica, hiv, chemotherapy, crps):
        pytest.fail("each of these has a ladder of its own")
    assert trigeminal.first == ("carbamazepine", "oxcarbazepine")
    assert trigeminal.line("duloxetine") == ""
    assert sciatica.line("pregabalin") == sciatica.line("gabapentin") == "avoid"
    assert hiv.line("amitriptyline") == "avoid"
    assert hiv.first == ("capsaicin_8",)
    assert chemotherapy.first == ("duloxetine",)
    assert crps.line("physical_therapy") == "first"
    assert crps == ladders["crps_2"]
    assert ladders["postherpetic_neuralgia"] is None


def test_no_therapy_stands_on_two_lines_of_a_ladder() -> None:
    for id, one in conditions.conditions().items():
        if one.ladder:
            avoided = [avoid.therapy for avoid in one.ladder.avoid]
            lines = [*one.ladder.first, *one.ladder.second, *one.ladder.third, *one.ladder.last, *avoided]
            assert len(lines) == len(set(lines)), id


def test_a_set_of_criteria_that_is_not_there_is_named() -> None:
    with pytest.raises(KnowledgeError, match="no_such_rule"):
        criteria("no_such_rule")


def test_every_area_of_the_nervous_system_lists_a_condition() -> None:
    nerves = {"peripheral", "central", "crps"}
    words = {w for one in conditions.conditions().values() if one.group in nerves for w in one.rules.territory}
    for word in words - {"other"}:
        listed = grades({"pain_distribution": (word,)})
        assert any(conditions.conditions()[id].group in nerves for id in listed), word


# --- the second implementation: every way the unknowns could turn out ---------------------------------------------


def plainly(criterion: Criterion, known: Mapping[str, Value]) -> bool:
    """The criterion when everything is known."""
    if criterion.all:
        return all(plainly(part, known) for part in criterion.all)
    if criterion.any:
        return any(plainly(part, known) for part in criterion.any)
    if criterion.yes:
        return known[criterion.yes] is True
    if criterion.no:
        return known[criterion.no] is False
    value = known[criterion.fact]
    return any(word in criterion.one_of for word in (value if isinstance(value, tuple) else (value,)))


def level_when_all_is_known(one: Condition, known: Mapping[str, Value], *, fits_nothing: bool) -> str:
    """NeuPSIG 2016 as its paper has it; an examiner who said the area fits nothing is believed before the words."""
    rules = one.rules
    assert rules.signs is not None
    assert rules.tests is not None
    timely = rules.timing is None or plainly(rules.timing, known)
    history = plainly(rules.history, known) and timely
    distribution = plainly(rules.distribution, known) and not fits_nothing
    signs, test = plainly(rules.signs, known), plainly(rules.tests, known)
    if not (history and distribution):
        return "none"
    if signs and test:
        return "definite"
    return "probable" if signs or test else "possible"


def choices(fact: str, one: Condition) -> list[Value]:
    """Enough values of a fact to meet and to miss every criterion on it."""
    if facts.vocabulary()[fact].type == "yes-no":
        return [True, False]
    if fact != "pain_distribution":
        return ["abnormal", "normal"]
    return [(word,) for word in sorted(one.rules.territory)] + [("visceral",)]


def slow_level(one: Condition, known: Mapping[str, Value]) -> tuple[str, bool]:
    """The level that holds however the unknowns turn out, and whether any of them could raise it."""
    known = {fact: value for fact, value in known.items() if value != "not-done"}
    read = record.unique(fact for rule in one.rules.criteria() for fact in rule.facts())
    unknown = [fact for fact in read if fact not in known]
    ways = product(*(choices(fact, one) for fact in unknown))
    fits_nothing = known.get("distribution_fits_nervous_system") is False
    outcomes = ({**known, **dict(zip(unknown, way, strict=True))} for way in ways)
    found = {level_when_all_is_known(one, outcome, fits_nothing=fits_nothing) for outcome in outcomes}
    if found == {"none"}:
        return "none", False
    if "none" in found:
        return "cannot-determine", True
    lowest = min(found, key=LEVELS.index)
    return lowest, max(found, key=LEVELS.index) != lowest


def values(fact: str, one: Condition) -> st.SearchStrategy[Value]:
    return st.sampled_from([*choices(fact, one), *(["not-done"] if fact.startswith("test_") else [])])


@st.composite
def stories(draw: st.DrawFn) -> tuple[str, dict[str, Value]]:
    """A condition and some of its facts known; at most seven unknown, so that every way can be tried."""
    id = draw(st.sampled_from(STEPWISE))
    one = conditions.conditions()[id]
    read = sorted(record.unique(fact for rule in one.rules.criteria() for fact in rule.facts()))
    unknown = draw(st.sets(st.sampled_from(read), max_size=7))
    known = {fact: draw(values(fact, one)) for fact in read if fact not in unknown}
    if draw(st.sampled_from([True, True, False])):  # most stories reach the later steps
        likely = {part.yes: True for rule in (one.rules.history, one.rules.timing) if rule for part in rule.walk()}
        likely |= {part.no: False for part in one.rules.history.walk()}
        area = draw(st.sampled_from(sorted(one.rules.territory)))
        known |= {fact: value for fact, value in {**likely, "pain_distribution": (area,)}.items() if fact in known}
    if draw(st.sampled_from([True, False, False])):
        known["distribution_fits_nervous_system"] = draw(st.booleans())
    return id, known


@settings(max_examples=300, deadline=None)
@given(stories())
def test_the_grade_is_what_holds_however_the_unknowns_turn_out(story: tuple[str, dict[str, Value]]) -> None:
    id, known = story
    found = grades(known).get(id)
    if found is None:
        return
    level, could_rise = slow_level(conditions.conditions()[id], known)
    assert found.level == level
    assert bool(found.ask) == could_rise


@settings(max_examples=300, deadline=None)
@given(stories(), st.data())
def test_what_is_unknown_never_upgrades(story: tuple[str, dict[str, Value]], data: st.DataObject) -> None:
    """Whatever is learned, an established level stays: it stood on nothing unknown.

    Left out: an examiner who later says that the area fits no nerve contradicts the words, he does not add to them.
    """
    id, known = story
    before = grades(known).get(id)
    read = [fact for rule in conditions.conditions()[id].rules.criteria() for fact in rule.facts()]
    unknown = sorted({fact for fact in read if fact not in known} - {"distribution_fits_nervous_system"})
    if before is None or before.level not in ("possible", "probable", "definite") or not unknown:
        return
    fact = data.draw(st.sampled_from(unknown))
    after = grades({**known, fact: data.draw(values(fact, conditions.conditions()[id]))})[id]
    assert conditions.rank(after.level) >= conditions.rank(before.level)


@settings(max_examples=300, deadline=None)
@given(stories(), st.sampled_from(["sensory_loss_in_area", "allodynia_in_area"]))
def test_learning_a_sensory_sign_never_lowers_a_level(story: tuple[str, dict[str, Value]], sign: str) -> None:
    id, known = story
    before = grades(known).get(id)
    if before:
        after = grades({**known, sign: True})[id]
        assert conditions.rank(after.level) >= conditions.rank(before.level)


@settings(max_examples=300, deadline=None)
@given(stories())
def test_a_fact_nobody_reads_here_changes_nothing(story: tuple[str, dict[str, Value]]) -> None:
    _, known = story
    more = {**known, "pregnant": True, "systolic_mmhg": 180.0, "phq9_total": 20.0, "hyperalgesia_in_area": True}
    assert grades(more) == grades(known)
    assert flags(more) == flags(known)


@settings(max_examples=300, deadline=None)
@given(stories())
def test_flags_ask_while_they_are_open_and_only_then(story: tuple[str, dict[str, Value]]) -> None:
    _, known = story
    found = flags(known)
    for name in found.__slots__:
        judgement = getattr(found, name)
        assert (judgement.holds is None) == bool(judgement.ask), f"{name}: {judgement}"
        assert not set(judgement.ask) & {fact for fact in known if known[fact] != "not-done"} - {"pain_distribution"}


def test_a_condition_gives_way_to_a_better_explanation_unless_its_own_history_is_there() -> None:
    assert "idiopathic_polyneuropathy" not in grades(DPN)
    both = grades({**DPN, "polyneuropathy_other_cause": True})
    assert both["idiopathic_polyneuropathy"].level == both["painful_diabetic_polyneuropathy"].level == "possible"
    assert "idiopathic_polyneuropathy" in grades({"pain_distribution": ("distal-symmetric",), "diabetes": True})


# --- traps ------------------------------------------------------------------------------------------------------


def test_a_questionnaire_never_raises_a_grade() -> None:
    before = somebody(DPN)
    forms = tuple(
        Answers(instrument=id, total=total) for id, total in (("dn4", 10), ("paindetect", 38), ("s_lanss", 24))
    )
    after = before.model_copy(update={"answers": forms})
    assert conditions.grade(before) == conditions.grade(after)
    assert conditions.grade(after)[0].level == "possible"


@pytest.mark.parametrize(
    ("finding", "level"),
    [
        ({"allodynia_in_area": True, "sensory_loss_in_area": False}, "probable"),
        ({"allodynia_in_area": False, "sensory_loss_in_area": True}, "probable"),
        ({"hyperalgesia_in_area": True, "allodynia_in_area": False, "sensory_loss_in_area": False}, "possible"),
        ({"pain_hypersensitivity_evoked": True}, "possible"),
    ],
)
def test_which_findings_count_as_sensory_signs(finding: dict[str, Value], level: str) -> None:
    assert grades({**DPN, **finding})["painful_diabetic_polyneuropathy"].level == level


def test_a_test_that_confirms_without_signs_stays_probable_and_says_why() -> None:
    found = grades({**DPN, "sensory_loss_in_area": False, "allodynia_in_area": False, "test_skin_biopsy": "abnormal"})
    assert found["painful_diabetic_polyneuropathy"].level == "probable"
    assert "stays probable" in found["painful_diabetic_polyneuropathy"].because[-1]


def test_a_test_not_done_is_asked_and_a_normal_one_is_not() -> None:
    known = {**DPN, "sensory_loss_in_area": True, "test_nerve_conduction": "normal", "test_skin_biopsy": "not-done"}
    ask = grades(known)["painful_diabetic_polyneuropathy"].ask
    assert "test_skin_biopsy" in ask
    assert "test_nerve_conduction" not in ask


def test_the_same_unknowns_raise_nothing_when_all_tests_are_normal() -> None:
    tests = {"test_nerve_conduction": "normal", "test_skin_biopsy": "normal", "test_evoked_potentials": "normal"}
    found = grades({**DPN, "sensory_loss_in_area": True, **tests})["painful_diabetic_polyneuropathy"]
    assert (found.level, found.ask) == ("probable", ())


def test_an_old_trigger_zone_counts_in_the_face_only() -> None:
    face = grades({"trigeminal_history": True, "pain_distribution": ("trigeminal",), "trigger_zone_found": True})
    assert face["trigeminal_neuralgia"].level == "probable"
    feet = grades({**DPN, "trigger_zone_found": True})
    assert feet["painful_diabetic_polyneuropathy"].level == "possible"


@pytest.mark.parametrize(
    "coded", ["crps_diagnosed", "neuropathic_pain_diagnosed", "polyneuropathy_diagnosed", "fibromyalgia_diagnosed"]
)
def test_somebodys_diagnosis_alone_is_never_more_than_cannot_determine(coded: str) -> None:
    found = conditions.grade(somebody({coded: True}))
    assert {one.level for one in found} == {"cannot-determine"}
    assert found[0].ask
    assert flags({coded: True}).neuropathic.holds is None


def test_the_best_stands_first_and_neighbours_come_after_at_the_same_level() -> None:
    found = conditions.grade(
        somebody(
            {
                **DPN,
                **FIBROMYALGIA,
                "sensory_loss_in_area": True,
                "multiple_sclerosis": True,
                "pain_distribution": ("distal-symmetric", "widespread"),
            }
        )
    )
    assert [(one.condition, one.level) for one in found] == [
        ("painful_diabetic_polyneuropathy", "probable"),
        ("fibromyalgia", "probable"),
        ("multiple_sclerosis_pain", "none"),
    ]


def test_with_nothing_plausible_the_pain_is_unsettled_and_everything_basic_is_asked() -> None:
    (only,) = conditions.grade(somebody({}))
    assert (only.condition, only.level) == ("chronic_pain_unsettled", "cannot-determine")
    assert "pain_distribution" in only.ask
    everything = set(facts.vocabulary())
    assert set(only.ask) < everything


def test_what_was_ruled_out_leaves_the_question_open() -> None:
    found = grades({"diabetes": True, "pain_distribution": ("visceral",)})
    assert found["painful_diabetic_polyneuropathy"].level == "none"
    assert found["chronic_pain_unsettled"].level == "cannot-determine"


# --- CRPS -------------------------------------------------------------------------------------------------------


def test_crps_is_probable_by_the_clinical_and_definite_by_the_research_criteria() -> None:
    assert grades(CRPS)["crps_1"].level == "probable"
    assert grades({**CRPS, "crps_symptom_motor": True})["crps_1"].level == "definite"


@pytest.mark.parametrize("category", ["sensory", "vasomotor", "sudomotor"])
def test_each_symptom_category_counts_and_two_are_too_few(category: str) -> None:
    known = {**CRPS, f"crps_symptom_{category}": False}
    assert grades(known)["crps_1"].level == "none"
    assert flags(known).crps.holds is False
    assert grades({**known, "crps_symptom_motor": True})["crps_1"].level == "probable"


def test_two_sign_categories_are_needed() -> None:
    one = {**CRPS, "crps_sign_vasomotor": False, "crps_sign_sudomotor": False, "crps_sign_motor": False}
    assert grades(one)["crps_1"].level == "possible"
    assert flags(one).crps.holds is False
    assert flags({**one, "crps_sign_motor": True}).crps.holds is True


def test_the_type_follows_the_nerve_and_is_asked_while_unknown() -> None:
    assert "crps_2" not in grades(CRPS)
    injured = grades({**CRPS, "crps_major_nerve_lesion": True})
    assert "crps_1" not in injured
    assert injured["crps_2"].level == "probable"
    open = {fact: value for fact, value in CRPS.items() if fact != "crps_major_nerve_lesion"}
    found = grades(open)
    assert found["crps_1"].level == "probable"
    assert "type not settled" in found["crps_1"].title
    assert found["crps_1"].ask == ("crps_major_nerve_lesion",)
    assert "crps_2" not in found


def test_crps_of_type_two_is_neuropathic_of_type_one_is_not_and_untyped_is_open() -> None:
    open = {fact: value for fact, value in CRPS.items() if fact != "crps_major_nerve_lesion"}
    assert flags({**CRPS, "crps_major_nerve_lesion": True}).neuropathic.holds is True
    assert flags(CRPS).neuropathic.holds is False
    assert flags(open).neuropathic.ask == ("crps_major_nerve_lesion",)


def test_crps_criteria_are_flagged_apart_for_clinic_and_research() -> None:
    found = flags(CRPS)
    assert found.crps.holds is True
    assert found.crps_research.holds is False
    everything = flags({**CRPS, "crps_symptom_motor": True})
    assert everything.crps_research.holds is True


def test_nobody_without_a_hint_of_crps_is_asked_all_of_budapest() -> None:
    assert flags(DPN).crps.ask == ("crps_disproportionate",)
    assert len(flags({"crps_diagnosed": True}).crps.ask) > 5


BUDAPEST = [
    "crps_disproportionate",
    "crps_no_better_diagnosis",
    *(f"crps_{kind}_{name}" for kind in ("symptom", "sign") for name in ("sensory", "vasomotor", "sudomotor", "motor")),
]


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(BUDAPEST), st.booleans(), min_size=4))
def test_budapest_flags_are_what_holds_however_the_unknowns_turn_out(known: dict[str, bool]) -> None:
    unknown = [fact for fact in BUDAPEST if fact not in known]
    clinical, research = set(), set()
    for way in product((True, False), repeat=len(unknown)):
        all_known = {**known, **dict(zip(unknown, way, strict=True))}
        symptoms = sum(all_known[fact] for fact in BUDAPEST if "symptom" in fact)
        signs = sum(all_known[fact] for fact in BUDAPEST if "sign" in fact)
        base = all_known["crps_disproportionate"] and all_known["crps_no_better_diagnosis"] and signs >= 2
        clinical.add(base and symptoms >= 3)
        research.add(base and symptoms == 4)
    found = flags(dict(known))
    assert found.crps.holds == (clinical.pop() if len(clinical) == 1 else None)
    assert found.crps_research.holds == (research.pop() if len(research) == 1 else None)


# --- fibromyalgia -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wpi", "sss", "met"),
    [
        (7, 5, True),
        (7, 4, False),
        (6, 5, False),
        (6, 9, True),
        (6, 8, False),
        (4, 9, True),
        (3, 9, False),
        (3, 12, False),
        (19, 5, True),
    ],
)
def test_acr_2016_scores_at_their_boundaries(wpi: float, sss: float, met: bool) -> None:
    known = {**FIBROMYALGIA, "wpi": wpi, "sss": sss}
    assert flags(known).fibromyalgia.holds is met


@pytest.mark.parametrize(
    ("fact", "least"), [("pain_regions", 4), ("pain_duration_days", 90)], ids=["regions", "three months"]
)
def test_acr_2016_regions_and_duration_at_their_boundaries(fact: str, least: float) -> None:
    assert flags({**FIBROMYALGIA, fact: least}).fibromyalgia.holds is True
    assert flags({**FIBROMYALGIA, fact: least - 1}).fibromyalgia.holds is False


def test_fibromyalgia_by_code_leaves_the_flag_open_and_asks_for_the_scores() -> None:
    found = grades({"fibromyalgia_diagnosed": True})["fibromyalgia"]
    assert found.level == "cannot-determine"
    assert {"wpi", "sss"} <= set(found.ask)
    assert any("does not show that the criteria are met" in reason for reason in found.because)
    assert flags({"fibromyalgia_diagnosed": True}).fibromyalgia.holds is None


def test_other_diagnoses_do_not_exclude_fibromyalgia() -> None:
    found = flags({**DPN, **FIBROMYALGIA, "sensory_loss_in_area": True})
    assert found.fibromyalgia.holds is True
    assert found.neuropathic.holds is True


# --- kinds of pain ----------------------------------------------------------------------------------------------


def test_neuropathic_needs_probable_and_stays_open_while_possible_could_rise() -> None:
    assert flags(DPN).neuropathic.holds is None
    assert flags({**DPN, "allodynia_in_area": True}).neuropathic.holds is True
    normal = {"test_nerve_conduction": "normal", "test_skin_biopsy": "normal", "test_evoked_potentials": "normal"}
    stuck = {**DPN, **normal, "sensory_loss_in_area": False, "allodynia_in_area": False}
    others = {"polyneuropathy_other_cause": False, "neurotoxic_chemotherapy": False, "hiv": False}
    assert flags(stuck).neuropathic.holds is None
    assert flags({**stuck, **others, "alcohol_heavy_long": False}).neuropathic.holds is False


def test_an_area_that_fits_no_nerve_is_not_neuropathic() -> None:
    assert flags({"distribution_fits_nervous_system": False}).neuropathic.holds is False
    assert flags({"pain_distribution": ("joint-or-muscle",)}).neuropathic.holds is False
    assert flags({"pain_distribution": ("other",)}).neuropathic.holds is None
    assert flags({}).neuropathic.ask == ("pain_distribution",)


def test_a_nerve_area_whose_lesions_are_all_denied_is_not_neuropathic() -> None:
    denied = {"nerve_entrapment_history": False, "nerve_injury_history": False, "amputation": False}
    assert flags({"pain_distribution": ("single-nerve",), **denied}).neuropathic.ask == ("carpal_tunnel_history",)
    every = {"pain_distribution": ("single-nerve",), **denied, "carpal_tunnel_history": False}
    assert flags(every).neuropathic.holds is False


def test_nociceptive_follows_tissue_or_load_with_a_tissue_disease() -> None:
    assert flags({"tissue_damage_explains_pain": True}).nociceptive.holds is True
    assert flags({"pain_mechanical": True, "osteoarthritis_or_injury": True}).nociceptive.holds is True
    assert flags({"pain_mechanical": True}).nociceptive.holds is None
    assert flags({"tissue_damage_explains_pain": False, "pain_mechanical": False}).nociceptive.holds is False


def test_nociplastic_needs_every_step_of_kosek() -> None:
    assert flags(KOSEK).nociplastic.holds is True
    for fact in ("pain_hypersensitivity_evoked", "hypersensitivity_history", "nociplastic_comorbidity"):
        assert flags({**KOSEK, fact: False}).nociplastic.holds is not True, fact
        without = {key: value for key, value in KOSEK.items() if key != fact}
        assert flags(without).nociplastic.holds is None, fact
        assert fact in flags(without).nociplastic.ask, fact


def test_nociplastic_takes_three_months() -> None:
    assert flags({**KOSEK, "pain_duration_days": 90.0}).nociplastic.holds is True
    assert flags({**KOSEK, "pain_duration_days": 89.0}).nociplastic.holds is False


def test_nociplastic_that_is_only_possible_says_so() -> None:
    found = flags({**KOSEK, "nociplastic_comorbidity": False}).nociplastic
    assert found.holds is False
    assert "possible" in found.because[0]


def test_neuropathy_that_explains_the_whole_area_leaves_no_nociplastic_pain() -> None:
    area = {"pain_regional_not_discrete": True, "sensory_loss_in_area": True}
    assert flags({**KOSEK, **DPN, **area}).nociplastic.holds is False


def test_pain_beyond_the_neuropathy_can_be_nociplastic_beside_it() -> None:
    both = {**KOSEK, **DPN, "sensory_loss_in_area": True, "pain_distribution": ("distal-symmetric", "widespread")}
    found = flags(both)
    assert found.neuropathic.holds is True
    assert found.nociplastic.holds is True


def test_all_three_kinds_can_be_there_at_once() -> None:
    area = ("distal-symmetric", "joint-or-muscle", "widespread")
    known = {**KOSEK, **DPN, "sensory_loss_in_area": True, "pain_distribution": area}
    found = flags({**known, "osteoarthritis_or_injury": True, "pain_mechanical": True})
    assert (found.neuropathic.holds, found.nociceptive.holds, found.nociplastic.holds) == (True, True, True)


def test_tissue_that_explains_everything_leaves_no_nociplastic_pain() -> None:
    joint = {"tissue_damage_explains_pain": True, "pain_distribution": ("joint-or-muscle",)}
    assert flags({**KOSEK, "pain_regional_not_discrete": True, **joint}).nociplastic.holds is False


def test_a_neuropathic_diagnosis_by_somebody_is_named_and_settles_nothing() -> None:
    found = flags({"neuropathic_pain_diagnosed": True}).neuropathic
    assert found.holds is None
    assert "neuropathic pain has been diagnosed" in found.because


def test_levels_have_one_order() -> None:
    assert [conditions.rank(level) for level in ("none", "cannot-determine", "possible", "probable", "definite")] == [
        *range(5)
    ]


def test_steps_give_the_table_of_the_paper() -> None:
    yes, no, open = (record.Judgement(holds) for holds in (True, False, None))
    table = {
        (yes, yes, yes, yes): "definite",
        (yes, yes, yes, no): "probable",
        (yes, yes, yes, open): "probable",
        (yes, yes, no, yes): "probable",
        (yes, yes, open, yes): "probable",
        (yes, yes, no, no): "possible",
        (yes, yes, open, open): "possible",
        (yes, open, yes, yes): "cannot-determine",
        (open, yes, yes, yes): "cannot-determine",
        (no, open, yes, yes): "none",
        (open, no, yes, yes): "none",
    }
    for steps, level in table.items():
        assert grading.level_of(grading.Steps(*steps)) == level
