"""Several pains on a record: whose each fact, trial and form is, and nothing changes while there is one."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.urls import reverse
from known_patients import CANDIDATE, FIRST_LINE_FIRST, known
from small_clinic import House

from unwound import pains as unwound_pains
from unwound import pathway
from unwound.patient import Patient as Known
from unwound.report import words
from unwound_clinic.core.access import Refused
from unwound_clinic.core.action import Conflict
from unwound_clinic.core.page import today
from unwound_clinic.models import AuditEvent, Entry, Patient
from unwound_clinic.record import comparing, importing, pains, review, translate
from unwound_clinic.record.actions import entries
from unwound_clinic.record.actions import pains as actions
from unwound_clinic.record.actions.pains import Described
from unwound_clinic.record.entries import New, current

LEG = Described(name="right leg", side="right")


def read(patient: Patient) -> Known:
    return translate.patient(patient, today(patient.site))


def key_of(patient: Patient, name: str) -> str:
    return next(pain.key for pain in pains.on_record(current(patient)) if pain.name == name)


def enter(house: House, *new: New, patient: Patient | None = None) -> None:
    entries.enter(by=house.by("physician"), patient=patient or house.patient, entries=new)


def with_two(house: House, example: str = CANDIDATE) -> Patient:
    """The patient of an example with the pain of the example, called «wrist», and another one, «right leg»."""
    patient = known(house, example)
    actions.add(
        by=house.by("physician"), patient=patient, pain=Described(name="right leg", side="right"), first="wrist"
    )
    return patient


def treating(house: House, name: str) -> Patient:
    actions.treat(by=house.by("physician"), patient=house.patient, key=key_of(house.patient, name))
    return house.patient


@pytest.mark.parametrize("example", [CANDIDATE, FIRST_LINE_FIRST])
def test_what_was_recorded_so_far_stays_the_first_pains_and_means_the_same(house: House, example: str) -> None:
    before = review.review_of(known(house, example), today(house.patient.site)).review
    with_two(house, example)
    after = review.review_of(treating(house, "wrist"), today(house.patient.site)).review
    assert {grade.condition: grade.level for grade in after.grades} == {
        grade.condition: grade.level for grade in before.grades
    }
    assert [gate.judgement.holds for gate in after.candidacy.gates[1:]] == [
        gate.judgement.holds for gate in before.candidacy.gates[1:]
    ]
    assert after.candidacy.verdict == before.candidacy.verdict or not after.candidacy.gates[0].judgement.holds
    assert [(entry.therapy, entry.verdict) for entry in after.ledger.entries] == [
        (entry.therapy, entry.verdict) for entry in before.ledger.entries
    ]
    assert [(score.instrument, score.total) for score in after.scores] == [
        (score.instrument, score.total) for score in before.scores
    ]
    (leg,) = after.other_pains
    assert leg.pain.name == "right leg"
    assert not leg.pain.facts


def test_the_days_and_origins_of_what_moves_stay_and_the_move_is_in_the_history_and_the_log(house: House) -> None:
    patient = known(house, CANDIDATE)
    earlier = read(patient)
    with_two(house)
    wrist = next(pain for pain in read(patient).pains if pain.name == "wrist")
    assert {id: fact.on for id, fact in wrist.facts.items()} == {id: earlier.facts[id].on for id in wrist.facts}
    moved = Entry.objects.get(patient=patient, key="pain_average_nrs", current=True, value__isnull=False)
    assert moved.pain == key_of(patient, "wrist")
    assert "belongs to «wrist»" in moved.reason
    assert Entry.objects.filter(patient=patient, key="pain_average_nrs", pain="").count() == 2  # entered, retracted
    assert "pain_average_nrs" in str(AuditEvent.objects.latest("id").detail)


def test_a_score_without_a_day_keeps_the_day_on_which_it_was_typed(house: House) -> None:
    enter(house, New(kind="fact", key="pain_average_nrs", value=8.0))
    Entry.objects.filter(key="pain_average_nrs").update(at=house.patient.registered_at - timedelta(days=40))
    typed = read(house.patient).facts["pain_average_nrs"].on
    actions.add(by=house.by("physician"), patient=house.patient, pain=Described(name="leg"), first="wrist")
    (wrist,) = (pain for pain in read(house.patient).pains if pain.name == "wrist")
    assert wrist.facts["pain_average_nrs"].on == typed != today(house.patient.site)


def test_which_pain_is_to_be_treated_is_asked_and_the_question_leads_to_the_pains(house: House) -> None:
    patient = with_two(house)
    reviewed = review.review_of(patient, today(patient.site))
    assert unwound_pains.TO_TREAT in [ask.fact for ask in reviewed.review.asks]
    page = house.client("physician").get(reverse("consultation", args=[patient.pk])).content.decode()
    assert f'href="{reverse("pains", args=[patient.pk])}#treat"' in page
    treating(house, "wrist")
    assert unwound_pains.TO_TREAT not in [ask.fact for ask in pathway.review(read(patient)).asks]


def test_a_group_of_questions_asks_for_each_pain_and_stores_what_it_is_told_with_it(house: House) -> None:
    patient = with_two(house)
    leg, client = key_of(patient, "right leg"), house.client("physician")
    address = reverse("consultation-group", args=[patient.pk, "pain"])
    shown = client.get(f"{address}?pain={leg}")
    assert shown.context["form"].initial.get("pain_average_nrs") is None
    sent = {"on": today(patient.site), "shown": shown.context["form"]["shown"].value(), "pain_average_nrs": "4"}
    assert client.post(f"{address}?pain={leg}", {**sent, "about": leg}).status_code == 302
    by_name = {pain.name: pain.facts["pain_average_nrs"].value for pain in read(patient).pains}
    assert by_name["right leg"] == 4
    assert by_name["wrist"] != 4


def test_what_was_sent_before_there_were_several_pains_is_refused(house: House) -> None:
    patient, client = with_two(house), house.client("physician")
    address = reverse("consultation-group", args=[patient.pk, "pain"])
    answer = client.post(address, {"on": today(patient.site), "shown": "", "pain_average_nrs": "4"})
    assert answer.status_code == 409
    assert "several pains are on record since" in answer.content.decode()


def test_the_questions_about_the_person_are_asked_once(house: House) -> None:
    patient, client = with_two(house), house.client("physician")
    views = client.get(reverse("consultation-group", args=[patient.pk, "lesions"])).context["views"]
    assert [view.title for view in views] == ["The person", "right leg", "wrist"]
    assert "diabetes" in views[0].ids
    assert not any("diabetes" in view.ids for view in views[1:])
    only = client.get(reverse("consultation-group", args=[patient.pk, "measurements"])).context
    assert only["views"] == ()


def test_with_a_single_pain_no_form_asks_which(house: House) -> None:
    patient, client = known(house, CANDIDATE), house.client("physician")
    for name, arguments in (("consultation-group", ["pain"]), ("trial-new", []), ("answers-fill", ["peg"])):
        page = client.get(reverse(name, args=[patient.pk, *arguments])).content.decode()
        assert not [name for name in ("pain", "pains", "about") if f'name="{name}"' in page]


def test_a_trial_is_one_of_the_pains_that_are_ticked(house: House) -> None:
    patient, client = with_two(house), house.client("physician")
    leg = key_of(patient, "right leg")
    client.post(reverse("trial-new", args=[patient.pk]), {"therapy": "Lamotrigine", "purpose": "pain", "pains": [leg]})
    (trial,) = (trial for trial in read(patient).trials if trial.therapy == "Lamotrigine")
    assert trial.pains == ("right leg",)
    recorded = Entry.objects.get(patient=patient, kind="trial", current=True, value__therapy="Lamotrigine")
    page = client.get(reverse("trial", args=[patient.pk, recorded.key])).content.decode()
    assert "right leg" in page
    assert leg in page


def test_a_confirmed_trial_is_confirmed_for_the_pain_in_view(house: House) -> None:
    with_two(house)
    patient = treating(house, "right leg")
    value = {"therapy": "gabapentin", "top_dose": 2400, "days": 120, "days_at_top": 90, "relief_percent": 5}
    enter(house, translate.new_trial("t1", {**value, "start": "2025-01-01", "end": "2025-05-01", "ongoing": False}))
    client, ledger = house.client("physician"), reverse("ledger", args=[patient.pk])
    row = Entry.objects.get(patient=patient, key="t1", current=True)
    assert str(row.pk) in client.get(ledger).content.decode()
    assert client.post(ledger, {"confirmed": [row.pk]}).status_code == 302
    (trial,) = (trial for trial in read(patient).trials if trial.adherent and trial.top_dose == 2400)
    assert trial.pains == ("right leg",)


def test_a_form_about_pain_asks_which_and_two_of_a_day_stand_side_by_side(house: House) -> None:
    patient, client = with_two(house), house.client("physician")
    address, day = reverse("answers-fill", args=[patient.pk, "peg"]), date(2026, 11, 1)
    items = {"item0": "3", "item1": "3", "item2": "3", "on": day}
    assert "Which pain is it about?" in client.post(address, items).content.decode()
    for name in ("wrist", "right leg"):
        assert client.post(address, {**items, "pain": key_of(patient, name)}).status_code == 302
    assert sorted(form.pain for form in read(patient).answers if form.on == day) == ["right leg", "wrist"]
    assert client.get(reverse("answers", args=[patient.pk])).status_code == 200
    assert (
        "Which pain is it about?"
        not in client.get(reverse("answers-fill", args=[patient.pk, "phq_9"])).content.decode()
    )


def test_what_names_no_pain_counts_for_none_is_shown_and_can_be_placed(house: House) -> None:
    patient, client = with_two(house), house.client("physician")
    treating(house, "right leg")
    enter(house, New(kind="fact", key="pain_average_nrs", value=9.0, on=today(patient.site)))
    assert read(patient).pains[-1].name == pains.NOT_NAMED
    assert pathway.review(read(patient)).patient.value("pain_average_nrs") is None
    page = client.get(reverse("pains", args=[patient.pk])).content.decode()
    assert "On record without saying which pain it is about" in page
    leg = key_of(patient, "right leg")
    sent = {"kind": "fact", "item": "pain_average_nrs", "pain": leg}
    assert client.post(reverse("pains-place", args=[patient.pk]), sent).status_code == 302
    assert pathway.review(read(patient)).patient.value("pain_average_nrs") == 9
    assert client.post(reverse("pains-place", args=[patient.pk]), sent).status_code == 409


def test_a_red_flag_in_what_names_no_pain_raises_its_alarm_all_the_same(house: House) -> None:
    with_two(house)
    treating(house, "wrist")
    raised = entries.enter(
        by=house.by("physician"),
        patient=house.patient,
        entries=tuple(
            New(kind="fact", key=key, value=True, on=today(house.patient.site))
            for key in ("back_or_leg_pain", "saddle_numbness_new", "bladder_or_bowel_change_new")
        ),
    )
    assert raised


def test_a_pain_that_is_over_decides_nothing_and_its_trials_were_for_another_one(house: House) -> None:
    patient = with_two(house)
    wrist, day = key_of(patient, "wrist"), today(patient.site)
    actions.describe(
        by=house.by("physician"), patient=patient, key=wrist, pain=Described(name="wrist", ended=day), reason="healed"
    )
    now = read(patient)
    assert [pain.name for pain in now.pains] == ["right leg"]
    assert {trial.purpose for trial in now.trials} <= {"another pain", "depression"}
    assert not [form for form in now.answers if form.instrument in ("peg", "pain_nrs")]
    enter(house, translate.new_trial("t2", {"therapy": "gabapentin"}))
    assert (
        next(trial for trial in read(patient).trials if trial.origin.startswith("Test") and not trial.days).purpose
        is None
    )
    with pytest.raises(Conflict, match="resolved on"):
        actions.treat(by=house.by("physician"), patient=patient, key=wrist)


def test_a_pain_is_renamed_and_everything_stays_its_own(house: House) -> None:
    patient, client = with_two(house), house.client("physician")
    wrist = key_of(patient, "wrist")
    before = next(pain for pain in read(patient).pains if pain.name == "wrist")
    sent = {"name": "left wrist", "site": "wrist", "side": "left", "since": "2025-01-05", "reason": "which one"}
    assert client.post(reverse("pain", args=[patient.pk, wrist]), sent).status_code == 302
    after = next(pain for pain in read(patient).pains if pain.name == "left wrist")
    assert (after.side, after.since, after.facts) == ("left", date(2025, 1, 5), before.facts)
    assert {trial.pains for trial in read(patient).trials if trial.pains} == {("left wrist",)}


@pytest.mark.parametrize(
    ("pain", "why"),
    [
        (Described(name="Wrist"), "another pain is called"),
        (Described(name=" "), "give the pain a name"),
        (Described(name="face", since=date(2030, 1, 1)), "a day in the future"),
        (Described(name="face", since=date(2025, 2, 1), ended=date(2025, 1, 1)), "before it began"),
    ],
)
def test_what_a_pain_cannot_be_is_said(house: House, pain: Described, why: str) -> None:
    with_two(house)
    with pytest.raises(Conflict, match=why):
        actions.add(by=house.by("physician"), patient=house.patient, pain=pain)


def test_a_pain_entered_in_error_goes_only_while_nothing_belongs_to_it(house: House) -> None:
    patient, by = with_two(house), house.by("physician")
    with pytest.raises(Conflict, match="belong to «wrist»"):
        actions.remove(by=by, patient=patient, key=key_of(patient, "wrist"), reason="slip")
    actions.remove(by=by, patient=patient, key=key_of(patient, "right leg"), reason="slip")
    after = pathway.review(read(patient))
    assert (after.candidacy.verdict, after.other_pains) == ("candidate", ())  # as the example alone
    shown = house.client("physician").get(reverse("consultation-group", args=[patient.pk, "pain"]))
    assert shown.context["views"] == ()
    assert shown.context["form"].recorded["pain_average_nrs"].pain  # the single one's own


def test_a_pain_of_another_patient_cannot_be_named(house: House) -> None:
    with_two(house)
    theirs, by = house.others_patient, house.by("stranger")
    actions.add(by=by, patient=theirs, pain=Described(name="leg"), first="arm")
    not_ours = key_of(theirs, "leg")
    for new in (
        New(kind="fact", key="pain_average_nrs", value=3.0, pain=not_ours),
        New(kind="answers", key="peg 2026-11-01", value={"instrument": "peg", "total": 3}, pain=not_ours),
        translate.new_trial("t9", {"therapy": "gabapentin", "pains": [not_ours]}),
    ):
        with pytest.raises(Conflict, match="not on this patient's record"):
            enter(house, new)
    for act in (actions.treat, actions.place):
        more = {"kind": "fact", "item": "pain_average_nrs"} if act is actions.place else {}
        with pytest.raises(Conflict, match="not on this patient's record"):
            act(by=house.by("physician"), patient=house.patient, key=not_ours, **more)
    client = house.client("physician")
    assert client.get(reverse("pain", args=[house.patient.pk, not_ours])).status_code == 404
    group = reverse("consultation-group", args=[house.patient.pk, "pain"])
    assert client.get(f"{group}?pain={not_ours}").status_code == 404
    assert client.post(group, {"about": not_ours, "pain_average_nrs": "3"}).status_code == 404
    assert client.get(reverse("pains", args=[theirs.pk])).status_code == 403
    with pytest.raises(Refused):
        actions.add(by=house.by("physician"), patient=theirs, pain=Described(name="face"))


FOOT_AND_LEG = """
title = "Two pains"
story = "Synthetic."
as_of = 2026-11-20

[[pains]]
name = "left foot"
since = 2024-05-01
[pains.facts]
pain_average_nrs = 5

[[pains]]
name = "right leg"
to_treat = true
[pains.facts]
pain_average_nrs = 7

[[trials]]
therapy = "gabapentin"
pains = ["left foot"]

[[answers]]
instrument = "peg"
on = 2026-11-01
items = [3, 3, 3]
pain = "right leg"
"""


def imported(house: House, text: str, name: str = "two.toml") -> comparing.Comparison:
    found = comparing.compare(importing.read(text.encode(), name, today(house.patient.site)), current(house.patient))
    entries.enter(by=house.by("physician"), patient=house.patient, entries=tuple(found.entries), reason="")
    return found


def test_a_case_with_two_pains_is_imported_with_both_and_a_second_time_adds_nothing(house: House) -> None:
    imported(house, FOOT_AND_LEG)
    now = read(house.patient)
    assert {pain.name: pain.facts["pain_average_nrs"].value for pain in now.pains} == {"left foot": 5, "right leg": 7}
    assert [pain.name for pain in now.pains if pain.to_treat] == ["right leg"]
    assert [trial.pains for trial in now.trials] == [("left foot",)]
    assert [form.pain for form in now.answers] == ["right leg"]
    assert not imported(house, FOOT_AND_LEG).entries
    assert read(house.patient).pains == now.pains


def test_an_import_never_replaces_what_was_entered_here_of_a_pain(house: House) -> None:
    imported(house, FOOT_AND_LEG)
    foot = key_of(house.patient, "left foot")
    enter(house, New(kind="fact", key="pain_average_nrs", value=2.0, pain=foot))
    assert len(imported(house, FOOT_AND_LEG).otherwise) == 1
    (left,) = (pain for pain in read(house.patient).pains if pain.name == "left foot")
    assert left.facts["pain_average_nrs"].value == 2


def test_a_case_with_one_named_pain_is_the_pain_on_record(house: House) -> None:
    enter(house, New(kind="fact", key="pain_average_nrs", value=2.0, on=today(house.patient.site)))
    one = FOOT_AND_LEG.split("[[pains]]")
    found = imported(house, one[0] + "[[pains]]" + one[1])
    assert len(found.otherwise) == 1
    (pain,) = read(house.patient).pains
    assert (pain.name, pain.facts["pain_average_nrs"].value) == ("left foot", 2)


def test_the_assessment_and_the_letter_say_which_pain_they_are_about(house: House) -> None:
    with_two(house)
    patient, client = treating(house, "wrist"), house.client("physician")
    sentence = words.pain_in_view(review.review_of(patient, today(patient.site)).review)
    assert "«wrist»" in sentence
    assert "right leg" in sentence
    assert sentence in client.get(reverse("assessment", args=[patient.pk])).content.decode()
    assert sentence in client.get(reverse("letter-draft", args=[patient.pk, "reply"])).content.decode()


@pytest.mark.thorough
@pytest.mark.django_db(transaction=True)
def test_an_old_clinic_keeps_its_meaning() -> None:
    """Entries of the schema before pains are read as they were, and none of them names a pain."""
    executor = MigrationExecutor(connection)
    executor.migrate([("unwound_clinic", "0012_order_and_stage_labels")])
    old = executor.loader.project_state([("unwound_clinic", "0012_order_and_stage_labels")]).apps
    try:
        site = old.get_model("unwound_clinic", "Site").objects.create(name="Old Site", timezone="Europe/Vienna")
        patient = old.get_model("unwound_clinic", "Patient").objects.create(
            site=site, family_name="Testcase", given_name="Old", registered_at="2026-01-01T08:00Z", search="old"
        )
        rows = [
            ("fact", "pain_average_nrs", 8.0), ("fact", "diabetes", True), ("fact", "sensory_loss_in_area", True),
            ("trial", "t1", {"therapy": "gabapentin", "top_dose": 900.0}), ("answers", "peg 2026-11-01", {
                "instrument": "peg", "items": [8.0, 8.0, 8.0]}),
        ]  # fmt: skip
        for kind, key, value in rows:
            old.get_model("unwound_clinic", "Entry").objects.create(
                patient=patient, kind=kind, key=key, value=value, on="2026-11-01", at="2026-11-01T08:00Z", by_name="A"
            )
    finally:
        executor = MigrationExecutor(connection)
        executor.migrate([node for node in executor.loader.graph.leaf_nodes() if node[0] == "unwound_clinic"])
    row = Patient.objects.get(pk=patient.pk)
    now = translate.patient(row, date(2026, 11, 20))
    assert now.pains == ()
    assert {id: fact.value for id, fact in now.facts.items()} == {
        key: value for kind, key, value in rows if kind == "fact"
    }
    assert [(trial.therapy, trial.purpose, trial.pains) for trial in now.trials] == [("gabapentin", "pain", ())]
    assert [(form.instrument, form.items, form.pain) for form in now.answers] == [("peg", (8.0, 8.0, 8.0), "")]
    assert not Entry.objects.exclude(pain="").exists()
