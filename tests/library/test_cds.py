"""What is said beside a hospital's record: at most one card, with its strength, and silence where nothing is known."""

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from bundle_builder import AS_OF, ICD10, bundle, condition, observation, person
from hooks import ASKED, CRPS, THREE, ZOSTER, Pair, answer, call, egfr, order, pain, pairs, says, search, taken
from ordinary_people import calls
from spoilt import spoilt

from unwound import cds
from unwound.cds import Card, Hook, Order
from unwound.cds.card import LONGEST
from unwound.exchange import cds_answers, cds_hooks, fhir

TESTDATA = Path(__file__).parents[3] / "shared" / "testdata"
PREGABALIN = order("pregabalin 150 MG Oral Capsule", 150, 2)


@pytest.mark.parametrize("pair", pairs(), ids=[str(number) for number in range(len(pairs()))])
def test_one_unit_to_either_side_it_speaks_and_is_silent(pair: Pair) -> None:
    assert says(pair.speaks, pair.id, pair.course), pair.name
    assert not says(pair.silent, pair.id, pair.course), pair.name


def test_of_people_without_neuropathic_pain_it_says_next_to_nothing() -> None:
    spoken = [card.id for made in calls(100) for card in answer(made)]
    assert len(spoken) <= 2, spoken


def test_every_record_of_synthea_is_opened_in_silence() -> None:
    records = sorted((TESTDATA / "synthea").glob("*.json"))
    if not records:
        pytest.skip("no testdata beside the clone")
    for record in records:
        patient = fhir.read_bundle(record.read_bytes(), record.name, as_of=AS_OF).patient
        assert cds.cards(Hook.PATIENT_VIEW, patient) == (), record.name


def test_one_call_is_one_card_and_the_gravest_heads_it() -> None:
    both = (order("gabapentin 300 MG Oral Capsule", 1200, 3), order("amitriptyline 25 MG Oral Tablet", 25, id="2"))
    (card,) = answer(call("order-sign", person(birthDate="1950-01-01"), egfr(25), orders=both))
    assert card.id == "dose-above-ceiling"
    assert card.indicator == "warning"
    assert card.with_it == ("tricyclic-risk",)
    assert card.summary.endswith("(and 1 more)")
    assert any("anticholinergic" in line for line in card.detail)


@pytest.mark.parametrize("pair", pairs(), ids=[str(number) for number in range(len(pairs()))])
def test_a_card_says_how_strong_it_is_and_where_it_was_read(pair: Pair) -> None:
    for card in answer(pair.speaks, pair.course):
        assert 0 < len(card.summary) <= LONGEST
        assert card.strength
        assert card.sources
        assert card.detail
        assert "must" not in " ".join(card.detail)


def test_what_is_urgent_leaves_room_for_nothing_else() -> None:
    (card,) = answer(call("patient-view", condition(ICD10, "G83.4"), ZOSTER, pain(8), *THREE))
    assert card.indicator == "critical"
    assert card.with_it == ()


# ---- absent is not empty


def test_kidneys_that_were_looked_for_and_not_found_are_no_reason_to_speak() -> None:
    assert answer(call("order-sign", orders=(PREGABALIN,))) == ()


@pytest.mark.parametrize("came", [None, "gone", search(link=[{"relation": "next", "url": "https://x/2"}])])
def test_where_results_did_not_come_a_high_dose_says_that_the_kidneys_could_not_be_looked_at(came: object) -> None:
    made = call("order-sign", orders=(PREGABALIN,))
    if came == "gone":
        del made["prefetch"]["results"]
    else:
        made["prefetch"]["results"] = came
    (card,) = answer(made)
    assert card.id == "kidneys-not-seen"
    assert card.unchecked
    assert "75" in " ".join(card.detail), "the lowest ceiling that it could be"
    low = call("order-sign", orders=(order("pregabalin 25 MG Oral Capsule", 25),))
    del low["prefetch"]["results"]
    assert answer(low) == (), "a dose that suits any kidneys"


def test_what_did_not_come_stands_on_the_card_that_is_there() -> None:
    made = call("order-sign", egfr(25), orders=(PREGABALIN,))
    del made["prefetch"]["allergies"], made["prefetch"]["vitals"]
    (card,) = answer(made)
    assert "not sent with the call: allergies, vitals" in card.unchecked


def test_an_old_value_of_the_kidneys_is_none() -> None:
    assert answer(call("order-sign", egfr(20, on="2026-08-22"), orders=(PREGABALIN,))) == (), "91 days"
    assert answer(call("order-sign", egfr(20, on="2026-08-23"), orders=(PREGABALIN,))), "90 days"


def test_an_ecg_that_is_not_in_the_record_is_named_on_the_card_of_a_tricyclic() -> None:
    of = (order("amitriptyline 25 MG Oral Tablet", 25),)
    (card,) = answer(call("order-sign", person(birthDate="1950-01-01"), orders=of))
    assert any("QTc" in line for line in card.unchecked)


def test_a_dose_that_could_not_be_read_is_asked_where_the_kidneys_are_weak() -> None:
    unread = order("pregabalin 150 MG Oral Capsule", 150) | {"dosageInstruction": [{"text": "as discussed"}]}
    (card,) = answer(call("order-sign", egfr(25), orders=(unread,)))
    assert card.id == "dose-not-read"
    assert answer(call("order-sign", egfr(90), orders=(unread,))) == ()


# ---- who orders what


def test_a_renewal_brings_no_new_caution_but_its_dose_is_looked_at() -> None:
    old, tablet = person(birthDate="1950-01-01"), "amitriptyline 25 MG Oral Tablet"
    assert answer(call("order-sign", old, taken(tablet, 25), orders=(order(tablet, 25),))) == ()
    (card,) = answer(call("order-sign", old, taken(tablet, 25), orders=(order(tablet, 100),)))
    assert card.id == "dose-above-ceiling"


def test_an_opioid_for_something_else_is_no_opioid_first() -> None:
    fracture = {"text": "fracture of the wrist"}
    named = order("oxycodone 5 MG Oral Tablet", 5, reasonCode=[fracture])
    assert answer(call("order-sign", ZOSTER, orders=(named,))) == ()
    assert answer(call("order-sign", ZOSTER, orders=(order("oxycodone 5 MG Oral Tablet", 5),)))


def test_a_draft_is_ordered_and_not_taken() -> None:
    made = call("order-sign", ZOSTER, orders=(order("gabapentin 300 MG Oral Capsule", 300),))
    called = cds_hooks.read(json.dumps(made).encode(), Hook.ORDER_SIGN, as_of=AS_OF)
    assert called.patient.medications == ()
    assert [one.drug for one in called.orders] == ["gabapentin"]
    assert called.orders[0].dose_mg_per_day == 300


def test_of_a_basket_only_what_was_just_chosen_is_looked_at() -> None:
    both = (PREGABALIN, order("gabapentin 300 MG Oral Capsule", 1200, 3, id="2"))
    made = call("order-select", egfr(25), orders=both)
    made["context"]["selections"] = ["MedicationRequest/2"]
    (card,) = answer(made)
    assert card.about == "MedicationRequest/2"
    assert card.with_it == ()


def test_without_a_planned_course_no_interaction_with_ketamine_is_spoken_of() -> None:
    of = (order("phenelzine 15 MG Oral Tablet", 45),)
    assert answer(call("order-sign", orders=of)) == ()
    assert [card.id for card in answer(call("order-sign", orders=of), course=True)] == ["course-takes_maoi"]


def test_the_country_of_the_clinic_counts_where_the_record_names_none() -> None:
    made = json.dumps(call("order-sign", egfr(40), orders=(order("gabapentin 300 MG Oral Capsule", 1200),))).encode()
    at = {
        here: cds.cards(Hook.ORDER_SIGN, called.patient, called.orders)
        for here in (None, "US", "UK")
        for called in [cds_hooks.read(made, Hook.ORDER_SIGN, as_of=AS_OF, jurisdiction=here)]
    }
    assert at["UK"]
    assert at["US"] == (), "1400 mg there"
    assert "1400" in " ".join(at[None][0].detail), "the lower limit, and that it is the lower one"


# ---- the protocol


def test_the_answer_is_as_the_standard_writes_it() -> None:
    (card,) = answer(call("order-sign", egfr(25), orders=(PREGABALIN,)))
    written = cds_answers.written([card], ["11111111-2222-4333-8444-555555555555"], "Unwound", "https://c.example")
    (one,) = written["cards"]
    assert one["indicator"] in ("info", "warning", "critical")
    assert len(one["summary"]) <= 140
    assert one["source"]["label"] == "Unwound"
    assert {"code", "system", "display"} == set(one["overrideReasons"][0])
    assert "**Strength:**" in one["detail"]
    assert "**Sources:**" in one["detail"]
    json.dumps(written)


def test_words_of_the_record_cannot_become_marks_of_a_card() -> None:
    card = Card(
        id="x", summary="x", detail=("x",), indicator=cds.Indicator.INFO, sources=("unwound_local",), strength="x",
        unchecked=("[click](https://bad.example) **now** <b>\n\n# head",),
    )  # fmt: skip
    (one,) = cds_answers.written([card], ["1"], "Unwound", "")["cards"]
    assert "[click](" not in one["detail"]
    assert "<b>" not in one["detail"].replace("\\<b", "")
    assert "\n# head" not in one["detail"]


def test_discovery_names_a_service_a_hook_with_templates_of_one_patient() -> None:
    services = cds_answers.services()["services"]
    assert [one["hook"] for one in services] == ["patient-view", "order-select", "order-sign"]
    for one in services:
        assert cds_answers.hook_of(one["id"]) == one["hook"]
        assert all("{{context.patientId}}" in template for template in one["prefetch"].values())
        assert set(ASKED) <= set(one["prefetch"])
    assert cds_answers.hook_of("patient-view") is None


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ({"hook": "order-sign"}, "hook"),
        ({"hookInstance": ""}, "hookInstance"),
        ({"context": {}}, "patientId"),
        ({"context": None}, "patientId"),
        ({"prefetch": []}, "prefetch"),
    ],
)
def test_a_request_that_is_not_whole_is_refused_by_name(changed: dict[str, object], names: str) -> None:
    with pytest.raises(cds_hooks.RequestError, match=names):
        cds_hooks.read(json.dumps(call("patient-view") | changed).encode(), Hook.PATIENT_VIEW, as_of=AS_OF)


def test_without_the_patient_it_says_that_the_record_was_not_fetched() -> None:
    made = call("patient-view")
    del made["prefetch"]["patient"]
    with pytest.raises(cds_hooks.NotFetchedError):
        answer(made)
    other = call("patient-view") | {"context": {"patientId": "somebody-else"}}
    with pytest.raises(cds_hooks.NotFetchedError):
        answer(other)


def test_somebody_elses_medicines_in_the_answer_of_a_server_are_not_this_patients() -> None:
    theirs = taken("oxycodone 5 MG Oral Tablet", 20, subject={"reference": "Patient/other"})
    assert says(call("patient-view", CRPS, taken("oxycodone 5 MG Oral Tablet", 20)), "first-line-untried")
    assert answer(call("patient-view", CRPS, theirs)) == ()


def test_the_published_example_is_answered_in_silence() -> None:
    example = TESTDATA / "cds-hooks" / "cdshooks-request-pv-good.json"
    if not example.exists():
        pytest.skip("no testdata beside the clone")
    called = cds_hooks.read(example.read_bytes(), Hook.PATIENT_VIEW, as_of=AS_OF)
    assert called.patient.birth_date is not None
    assert cds.cards(Hook.PATIENT_VIEW, called.patient) == ()


def test_whatever_is_spoilt_in_a_request_is_refused_or_read_and_nothing_breaks() -> None:
    seen = {"read": 0, "refused": 0}
    for hook in Hook:
        made = call(hook, ZOSTER, egfr(25), pain(8), observation("8636-3", 470, "ms"), *THREE, orders=(PREGABALIN,))
        for raw in spoilt(made, 100):
            try:
                called = cds_hooks.read(raw, hook, as_of=AS_OF)
                cds.cards(hook, called.patient, called.orders, missing=called.missing)
                seen["read"] += 1
            except (cds_hooks.RequestError, cds_hooks.NotFetchedError):
                seen["refused"] += 1
    assert min(seen.values()) > 30, seen


def test_feedback_is_read_and_a_spoilt_one_refused_by_its_place() -> None:
    one = {
        "card": "11111111-2222-4333-8444-555555555555",
        "outcome": "overridden",
        "overrideReason": {"reason": {"code": "known", "system": cds_answers.SYSTEM}, "userComment": "seen"},
        "outcomeTimestamp": "2026-12-01T08:00:00Z",
    }
    (read,) = cds_hooks.feedback(json.dumps({"feedback": [one]}).encode())
    assert (read.outcome, read.reason, read.comment) == ("overridden", "known", "seen")
    theirs = replace(read, reason="other", comment="")
    foreign = one | {"overrideReason": {"reason": {"code": "9", "system": "https://other.example"}}}
    assert cds_hooks.feedback(json.dumps({"feedback": [foreign]}).encode()) == (theirs,)
    for changed in ({"card": "a b"}, {"card": None}, {"outcome": "ignored"}, {"outcome": []}):
        with pytest.raises(cds_hooks.RequestError, match=r"feedback\[1\]"):
            cds_hooks.feedback(json.dumps({"feedback": [one | changed]}).encode())
    for raw in spoilt({"feedback": [one]}, 100):
        with suppress(cds_hooks.RequestError):
            cds_hooks.feedback(raw)


def test_orders_alone_are_enough_of_the_library() -> None:
    patient = fhir.read_bundle(json.dumps(bundle(egfr(25))), "x", as_of=AS_OF).patient
    (card,) = cds.cards(Hook.ORDER_SIGN, patient, (Order(drug="Lyrica", dose_mg_per_day=300),))
    assert card.id == "dose-above-ceiling"
