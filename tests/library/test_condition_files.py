"""Every file of a condition and of a set of criteria: its codes, and what it names (its examples: tests/data)."""

from collections.abc import Iterator

import pytest
from graded import grades

from unwound import conditions, evidence, facts
from unwound.catalogue import load
from unwound.conditions.knowledge import CriteriaSet, Opinion, criteria
from unwound.facts import Criterion
from unwound.record import UnwoundError

CRITERIA = load("criteria", CriteriaSet)


def test_the_conditions_asked_for_are_there() -> None:
    """None of them is lost; another is one more file."""
    asked_for = {
        *("painful_diabetic_polyneuropathy", "postherpetic_neuralgia", "chemotherapy_induced_neuropathy"),
        *("hiv_neuropathy", "alcohol_neuropathy", "idiopathic_polyneuropathy", "trigeminal_neuralgia"),
        *("cervical_radiculopathy", "lumbosacral_radiculopathy", "carpal_tunnel", "entrapment_neuropathy"),
        "thoracic_radiculopathy",
        *("nerve_injury", "phantom_limb_pain", "spinal_cord_injury_pain", "multiple_sclerosis_pain"),
        *("post_stroke_pain", "crps_1", "crps_2", "fibromyalgia", "nociceptive_pain", "chronic_pain_unsettled"),
        *("cluster_headache", "migraine", "occipital_neuralgia", "glossopharyngeal_neuralgia", "burning_mouth"),
        *("trigeminal_neuropathy_traumatic", "pudendal_neuralgia", "vulvodynia", "bladder_pain", "plexopathy"),
        *("vitamin_b12_neuropathy", "treatment_induced_neuropathy", "guillain_barre_pain", "cidp"),
        *("vasculitic_neuropathy", "leprosy_neuropathy", "lyme_radiculitis", "acute_porphyria_pain", "erythromelalgia"),
        *("fabry_disease_pain", "cancer_bone_pain", "cancer_nerve_pain", "sickle_cell_pain", "ischaemic_limb_pain"),
        *("opioid_induced_hyperalgesia", "chronic_pancreatitis_pain", "persistent_spinal_pain", "spinal_stenosis"),
        *("syringomyelia_pain", "arachnoiditis", "phantom_pain_other", "multiple_sclerosis_relapse"),
    }
    assert len(asked_for) == 54
    assert asked_for <= set(conditions.conditions())


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
    with pytest.raises(UnwoundError, match="«no_such_rule»; there are: acr_2016, budapest"):
        criteria("no_such_rule")


def test_every_area_of_the_nervous_system_lists_a_condition() -> None:
    nerves = {"peripheral", "central", "crps"}
    common = [one for one in conditions.conditions().values() if one.rules.suspected_when is None]
    words = {w for one in common if one.group in nerves for w in one.rules.territory}
    for word in words - {"other"}:
        listed = grades({"pain_distribution": (word,)})
        assert any(conditions.conditions()[id].group in nerves for id in listed), word


RARE = {id: one for id, one in conditions.conditions().items() if one.rules.suspected_when is not None}
AREAS = ["distal-symmetric", "radicular-leg", "single-nerve", "plexus", "at-level", "joint-or-muscle", "widespread"]
OF_THE_RARE = {fact for one in RARE.values() for fact in one.rules.history.facts()}
OF_OTHERS = {
    fact for id, one in conditions.conditions().items() if id not in RARE for fact in one.rules.history.facts()
}


@pytest.mark.parametrize("word", AREAS)
def test_what_is_rare_is_not_asked_of_everybody_with_pain_there(word: str) -> None:
    """Only what raises the suspicion makes a rare disease worth a question."""
    listed = grades({"pain_distribution": (word,)})
    assert not set(listed) & set(RARE)
    assert not {fact for one in listed.values() for fact in one.ask} & (OF_THE_RARE - OF_OTHERS)


@pytest.mark.parametrize("id", RARE)
def test_what_is_rare_is_listed_once_a_record_names_it(id: str) -> None:
    rules = RARE[id].rules
    named = {fact: True for fact in rules.history.facts() if facts.vocabulary()[fact].type == "yes-no"}
    others = {"hba1c_fall_points": 3.0, "vitamin_b12_ng_per_l": 100.0, "removed_part": "breast"}
    known = {fact: others[fact] for fact in rules.history.facts() if fact in others}
    word = sorted(rules.territory)[0]
    assert id in grades({**named, **known, "pain_distribution": (word,)})


def test_a_broader_name_makes_room_for_a_more_particular_one_that_is_as_certain() -> None:
    numb = {
        "pain_began_in_plausible_time": True,
        "pain_distribution": ("distal-symmetric",),
        "sensory_loss_in_area": True,
    }
    both = {**numb, "polyneuropathy_other_cause": True, "vitamin_b12_deficiency": True}
    assert grades(both)["vitamin_b12_neuropathy"].level == "probable"
    assert "idiopathic_polyneuropathy" not in grades(both)
    unknown = {**numb, "polyneuropathy_other_cause": True}
    assert grades(unknown)["idiopathic_polyneuropathy"].level == "probable"
    assert next(iter(grades(unknown))) == "idiopathic_polyneuropathy"
