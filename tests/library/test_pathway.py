"""The whole way of a patient: the five questions in their order, and laws that no patient may break."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from whole_patients import STORIES

from unwound import candidacy, cautions, conditions, facts, pathway, what_if
from unwound.candidacy import verdicts
from unwound.decided_again import RANK, Distance
from unwound.exchange import case_file
from unwound.pathway import Review
from unwound.patient import Patient, Trial, Value
from unwound.record import Judgement
from unwound.report.as_json import as_json
from unwound.therapies import Step

VOCABULARY = facts.vocabulary()
DAY = date(2026, 11, 21)


def patient(id: str) -> Patient:
    return case_file.read_case(STORIES[id].read_bytes(), id).patient


CANDIDATE = patient("crps_three_classes_failed")


def verdict(of: Patient) -> str:
    return pathway.review(of).candidacy.verdict


# --- the seven questions


def test_three_classes_failed_and_nothing_open_is_a_candidate_with_its_evidence_shown() -> None:
    decision = pathway.review(CANDIDATE).candidacy
    assert decision.verdict == "candidate"
    assert [gate.judgement.holds for gate in decision.gates] == [True] * 7
    assert decision.condition is not None
    assert decision.condition.ketamine.strength == "moderate"
    assert decision.ask == ()


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ({"saddle_numbness_new": True, "back_or_leg_pain": True}, "not-a-candidate"),
        ({"suicidal_plan_or_intent": True}, "not-a-candidate"),
        ({"psychosis_active": True}, "not-a-candidate"),
        ({"crps_no_better_diagnosis": False}, "not-a-candidate"),
        ({"pain_duration_days": 30}, "not-refractory"),
        ({"pain_average_nrs": 4}, "not-refractory"),
        ({"escort_available": False}, "candidate"),
    ],
)
def test_each_clear_no_gives_its_own_verdict(known: dict[str, Value], said: str) -> None:
    assert verdict(CANDIDATE.knowing(**known)) == said


def test_what_is_urgent_comes_before_everything_else() -> None:
    worst = CANDIDATE.knowing(back_or_leg_pain=True, saddle_numbness_new=True, psychosis_active=True)
    decision = pathway.review(worst).candidacy
    assert decision.urgent
    assert "cauda equina" in decision.because[0]
    assert decision.plain_words[0].startswith("Go to the nearest emergency department now.")
    assert decision.plain_words[-1:] == candidacy.plain_words()["urgent"]


def test_a_missing_escort_is_something_to_arrange_before_the_infusion() -> None:
    decision = pathway.review(CANDIDATE.knowing(escort_available=False)).candidacy
    assert cautions.cautions()["escort"].title in decision.before


def test_a_weakly_supported_condition_asks_for_the_stricter_rule() -> None:
    required = {strength: one.rule for strength, one in candidacy.requirements().items()}
    assert required == {
        "moderate": "local",
        "weak": "local",
        "very-weak": "delphi",
        "none-found": "refuse",
        "against": "refuse",
    }
    assert {one.ketamine.strength for one in conditions.conditions().values()} <= set(required)


def test_where_no_evidence_is_found_the_answer_is_no_once_the_first_line_is_behind() -> None:
    neuralgia = patient("trigeminal_without_carbamazepine")
    tried = tuple(
        Trial(
            therapy=name,
            top_dose=1200,
            days=200,
            days_at_top=180,
            relief_percent=0,
            stopped="no-effect",
            dose_limited_by_side_effects=False,
            adherent=True,
            ongoing=False,
        )
        for name in ("carbamazepine", "oxcarbazepine")
    )
    assert verdict(neuralgia) == "first-line-first"
    assert verdict(neuralgia.model_copy(update={"trials": (*neuralgia.trials, *tried)})) == "not-a-candidate"


def test_of_two_settled_conditions_the_better_supported_one_is_the_indication() -> None:
    both = CANDIDATE.knowing(
        diabetes=True,
        polyneuropathy_diagnosed=True,
        pain_distribution=("regional-limb", "distal-symmetric"),
        distribution_fits_nervous_system=True,
        pain_began_in_plausible_time=True,
        sensory_loss_in_area=True,
    )
    settled = {one.condition for one in pathway.review(both).grades if one.level in ("probable", "definite")}
    assert {"crps_1", "painful_diabetic_polyneuropathy"} <= settled
    assert pathway.review(both).candidacy.indication == "crps_1"


def test_plain_words_promise_nothing_and_carry_no_numbers() -> None:
    for said in candidacy.plain_words().values():
        text = " ".join(said).lower()
        assert not any(character.isdigit() for character in text)
        for promise in (
            "will help you",
            "guarantee",
            "will cure",
            "cures",
            "safe treatment",
            "pain-free",
            "definitely",
        ):
            assert promise not in text
    assert "does not cure" in " ".join(candidacy.plain_words()["candidate"])


# --- any patient at all


def value_of(id: str) -> st.SearchStrategy[Value]:
    question = VOCABULARY[id]
    if question.type == "yes-no":
        return st.booleans()
    if question.type == "number":
        steps = int(((question.max or 0) - (question.min or 0)) / question.step)
        return st.integers(0, steps).map(lambda n: round((question.min or 0) + n * question.step, 1))
    if question.type == "choice":
        return st.sampled_from(sorted(question.options))
    return st.lists(st.sampled_from(sorted(question.options)), unique=True, min_size=1, max_size=3).map(tuple)


entered = sorted(id for id in VOCABULARY)
some_facts = st.lists(st.sampled_from(entered), unique=True, max_size=40).flatmap(
    lambda ids: st.fixed_dictionaries({id: value_of(id) for id in ids})
)
trials = st.builds(
    Trial,
    therapy=st.sampled_from(["gabapentin", "pregabalin", "duloxetine", "amitriptyline", "carbamazepine", "reiki"]),
    top_dose=st.none() | st.floats(0, 4000),
    days=st.none() | st.floats(100, 400),
    days_at_top=st.none() | st.floats(0, 100),
    relief_percent=st.none() | st.integers(-20, 100),
    stopped=st.none() | st.sampled_from(["no-effect", "side-effects", "other"]),
    ongoing=st.none() | st.booleans(),
    adherent=st.none() | st.booleans(),
)
patients = st.builds(
    lambda known, tried, sex, jurisdiction: Patient(
        as_of=DAY, sex=sex, jurisdiction=jurisdiction, trials=tuple(tried)
    ).knowing(**known),
    some_facts,
    st.lists(trials, max_size=5),
    st.sampled_from([None, "female", "male"]),
    st.sampled_from([None, "US", "UK"]),
)


# --- what would change the answer


@pytest.mark.parametrize("id", ["crps_pregnancy_unknown", "crps_gabapentin_900", "severe_liver_impairment"])
def test_every_change_that_is_shown_really_changes_the_verdict(id: str) -> None:
    review = pathway.review(patient(id))
    assert review.would_change
    for change in review.would_change:
        assert change.verdict != review.candidacy.verdict
        if any(flip.fact.startswith("trial.") for flip in change.flips):
            continue
        changed = review.patient
        for flip in change.flips:
            changed = changed.knowing(**{flip.fact: _value(flip.fact, flip.then)})
        assert verdict(changed) == change.verdict


def _value(id: str, then: str) -> Value:
    """The value whose words these are: found by saying every possible one."""
    question = VOCABULARY[id]
    if question.type == "number":
        return next(value for value in _numbers(then) if facts.says(id, facts.Fact(value=value)) == then)
    options: list[Value] = [True, False] if question.type == "yes-no" else []
    for option in question.options:
        options.append((option,) if question.type == "choices" else option)
    return next(value for value in options if facts.says(id, facts.Fact(value=value)) == then)


def _numbers(text: str) -> list[float]:
    found = []
    for word in text.split():
        try:
            found.append(float(word))
        except ValueError:
            continue
    return found


def test_the_gabapentin_that_was_too_low_is_named_as_what_would_make_a_candidate() -> None:
    changes = pathway.review(patient("crps_gabapentin_900")).would_change
    to_candidate = [change for change in changes if change.verdict == "candidate"]
    assert any(
        flip.fact in ("trial.gabapentin", "trial.pregabalin") for change in to_candidate for flip in change.flips
    )


def test_a_candidate_is_shown_every_contraindication_that_would_refuse() -> None:
    refusing = {
        flip.fact
        for change in pathway.review(CANDIDATE).would_change
        if change.verdict == "not-a-candidate"
        for flip in change.flips
    }
    assert {"pregnant", "psychosis_active", "hypertension_uncontrolled", "ketamine_hypersensitivity"} <= refusing


@pytest.mark.thorough
@settings(max_examples=100)
@given(st.data())
def test_deciding_again_for_a_changed_patient_gives_what_a_fresh_review_gives(data: st.DataObject) -> None:
    """The short cut behind the changes, against the long way round."""
    base = patient(data.draw(st.sampled_from(["crps_gabapentin_900", "mixed_pain", "almost_nothing_known"])))
    review = pathway.review(base)
    again = pathway.deciding_again(review.patient)
    for _ in range(6):
        known = data.draw(some_facts)
        changed = review.patient.knowing(**known)
        if data.draw(st.booleans()):
            changed = changed.model_copy(update={"trials": tuple(data.draw(st.lists(trials, max_size=3)))})
        forgotten = data.draw(st.lists(st.sampled_from(entered), max_size=5))
        changed = changed.not_knowing(*forgotten)
        decision = pathway.review(changed).candidacy
        assert again(changed) == decision
        slowly = Slowly()
        for asked in ("verdict", "distance", "open"):
            assert getattr(again, asked)(changed) == getattr(slowly, asked)(changed)


class Slowly:
    """What `DecidingAgain` says, each time from a review of its own."""

    def verdict(self, patient: Patient) -> candidacy.Verdict:
        return pathway.review(patient).candidacy.verdict

    def distance(self, patient: Patient) -> Distance:
        decision = pathway.review(patient).candidacy
        against = [gate.judgement for gate in decision.gates[:2] if not gate.judgement.holds]
        forbids = sum(len(judgement.because) for judgement in against)
        return Distance(RANK[decision.verdict], forbids, len(decision.ask), len(decision.before))

    def open(self, patient: Patient) -> tuple[tuple[str, ...], tuple[Step, ...]]:
        decision = pathway.review(patient).candidacy
        return decision.ask, decision.alternatives


TRIED_OUT = ["crps_gabapentin_900", "mixed_pain", "almost_nothing_known", "depression_and_crps"]


@pytest.mark.parametrize("case", [*TRIED_OUT, *(pytest.param(name, marks=pytest.mark.slow) for name in STORIES)])
def test_what_would_change_is_what_trying_all_by_whole_reviews_finds(case: str) -> None:
    review = pathway.review(patient(case))
    treated = conditions.plausible(review.grades)
    assert review.would_change == what_if.would_change(review.patient, review.candidacy, Slowly(), treated)


# --- laws


@settings(max_examples=60)
@given(patients)
def test_the_decision_alone_is_that_of_the_review(one: Patient) -> None:
    assert_decided_alike(one)


@pytest.mark.parametrize("story", STORIES)
def test_the_decision_alone_about_a_whole_patient_is_that_of_the_review(story: str) -> None:
    assert_decided_alike(patient(story))


def assert_decided_alike(one: Patient) -> None:
    decision, review = pathway.decide(one), pathway.review(one)
    decided = review.candidacy
    assert (decision.patient, decision.grades) == (review.patient, review.grades)
    assert (decision.ledger, decision.findings, decision.gates) == (review.ledger, review.findings, decided.gates)
    assert (decision.verdict, decision.ask, decision.red_flags) == (decided.verdict, decided.ask, review.red_flags)
    assert (decision.indication.condition if decision.indication else "") == decided.indication
    assert decision.lead == decided.lead
    assert decision.question == (review.to_ask[0].question if review.to_ask else "")
    assert set(decision.stops) == {*review.other_stops, *review.red_flags}


@settings(max_examples=40)
@given(patients)
def test_what_is_found_in_the_memory_is_what_is_concluded_afresh(one: Patient) -> None:
    review = pathway.review(one)
    afresh = pathway._conclude(review.patient, pathway._of_others(review.other_pains))
    again = pathway.review(one.model_copy(update={"name": "Testcase, Another"}))
    assert vars(afresh).items() <= vars(review).items()
    assert vars(afresh).items() <= vars(again).items()
    assert again.patient.name == "Testcase, Another"


@settings(max_examples=150)
@given(patients)
def test_any_patient_is_reviewed_and_the_same_patient_always_alike(one: Patient) -> None:
    first, second = pathway.review(one), pathway.review(one)
    assert first == second
    assert first.candidacy.verdict in set(candidacy.Verdict)


@settings(max_examples=150)
@given(patients)
def test_every_question_that_is_asked_is_about_something_unknown_and_is_put_in_words(one: Patient) -> None:
    review = pathway.review(one)
    for ask in review.asks:
        assert ask.question.endswith("?") or ask.question.endswith(").")
        assert ask.matters_for
        if ask.fact == "phq9_total" and facts.known(review.patient, "madrs_total") is not None:
            continue  # two scores of mood that disagree: neither is believed, and the form is filled again
        if not ask.fact.startswith("trial.") and not ask.fact.startswith("test_"):
            assert facts.known(review.patient, ask.fact) is None, ask


@settings(max_examples=100)
@given(patients)
def test_what_the_reader_sees_never_contradicts_the_verdict(one: Patient) -> None:
    review = pathway.review(one)
    if review.red_flags:
        assert review.candidacy.verdict == "not-a-candidate"
        assert review.candidacy.urgent
    if review.candidacy.verdict == "candidate":
        assert not [finding for finding in review.findings if finding.kind in candidacy.DECIDING and finding.ask]
        assert review.ledger.refractory_local.holds or review.ledger.refractory_delphi.holds
    if review.candidacy.verdict == "cannot-tell":
        assert not any(gate.judgement.holds is False for gate in review.candidacy.gates)


def test_nothing_that_is_missing_forbids() -> None:
    review = pathway.review(Patient(as_of=DAY))
    assert all(finding.level != "stop" for finding in review.findings)
    assert review.candidacy.verdict == "cannot-tell"


@pytest.mark.parametrize("id", [id for id in CANDIDATE.facts if not VOCABULARY[id].derived])
def test_forgetting_a_fact_never_refuses_and_forgetting_what_would_forbid_leaves_the_answer_open(id: str) -> None:
    forgotten = verdict(CANDIDATE.not_knowing(id))
    assert forgotten != "not-a-candidate"
    forbids = [one for one in cautions.cautions().values() if one.kind == "contraindication" and one.level == "stop"]
    if any(one.when and one.when.yes == id and one.relevant_when is None for one in forbids):
        assert forgotten == "cannot-tell"


UNRELATED: dict[str, Value] = {"falls_history": True, "urinary_retention_or_prostate": True}


@settings(max_examples=30)
@given(patients)
def test_an_unrelated_fact_changes_no_finding_no_grade_and_no_verdict(one: Patient) -> None:
    bare = one.not_knowing(*UNRELATED)
    before = pathway.review(bare)
    for id, value in UNRELATED.items():
        after = pathway.review(bare.knowing(**{id: value}))
        assert _core(after) == _core(before)


def _core(review: Review) -> tuple[Any, ...]:
    return review.grades, review.findings, review.ledger, review.candidacy.verdict, review.candidacy.because


def test_json_of_a_review_holds_the_keys_it_promises() -> None:
    found = as_json(pathway.review(CANDIDATE))
    assert set(found) >= {
        "patient", "grades", "flags", "ledger", "refractory", "findings", "red_flags", "mood", "candidacy",
        "next_steps", "asks", "version", "data_fingerprint", "own_fingerprint",
    }  # fmt: skip
    assert set(found["flags"]) >= {"neuropathic", "nociceptive", "nociplastic", "crps", "fibromyalgia"}
    assert set(found["grades"][0]) >= {"condition", "level", "because", "ask"}
    assert set(found["ledger"][0]) >= {"therapy", "class", "verdict", "because", "ask"}
    assert set(found["findings"][0]) >= {"id", "level", "because", "sources"}
    assert set(found["candidacy"]) >= {"verdict", "because", "would_change", "evidence"}
    assert set(found["refractory"]) >= {"local", "delphi"}


def test_a_gate_that_is_open_without_a_question_is_still_not_passed() -> None:
    open_gate = candidacy.Gate(
        question="?", judgement=Judgement(None), otherwise="not-a-candidate", when_unknown="not yet known"
    )
    assert verdicts.outcome((open_gate,)) == "cannot-tell"
