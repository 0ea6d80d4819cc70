"""A decision is signed by a physician, on what was shown, and can be computed again."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone
from known_patients import CANDIDATE, FIRST_LINE_FIRST, known
from small_clinic import PASSWORD, House

from unwound import candidacy, catalogue, pathway
from unwound_clinic import access, audit, reviewing, translate
from unwound_clinic.actions import decisions, record
from unwound_clinic.actions.door import Conflict
from unwound_clinic.actions.record import New
from unwound_clinic.models import Alarm, AuditEvent, Decision, Patient, Stage
from unwound_clinic.pages.door import today

REASON = "seen together with the pain board"


def shown_now(patient: Patient) -> reviewing.Reviewed:
    return reviewing.of(patient, today(patient.site))


def sign(house: House, patient: Patient, role: str = "physician", **given: Any) -> Decision:
    reviewed = shown_now(patient)
    asked = {"decided": reviewed.review.candidacy.verdict, "indication": "crps_1", **given}
    return decisions.sign(by=house.by(role), patient=patient, **{"seen": reviewed.seen, **asked})


@pytest.fixture
def candidate(house: House) -> Patient:
    patient = known(house, CANDIDATE)
    assert shown_now(patient).review.candidacy.verdict == "candidate"
    return patient


def test_accepting_keeps_what_was_known_and_shown_and_leads_to_consent(house: House, candidate: Patient) -> None:
    decision = sign(house, candidate)
    candidate.refresh_from_db()
    assert (decision.advised, decision.decided, decision.overridden) == ("candidate", "candidate", False)
    assert (candidate.stage, candidate.due_what) == (Stage.CONSENT, "talk about consent")
    assert decision.shown["candidacy"]["verdict"] == "candidate"
    assert decision.shown["candidacy"]["would_change"]
    assert decision.data_fingerprint == catalogue.fingerprint()
    decision.refresh_from_db()
    assert translate.known(decision.known) == shown_now(candidate).known


def test_to_decide_otherwise_needs_a_reason(house: House, candidate: Patient) -> None:
    for reason in ("", "no", "   short   "):
        with pytest.raises(Conflict, match="needs a reason"):
            sign(house, candidate, decided="not-a-candidate", override_reason=reason)
    assert Decision.objects.count() == 0
    decision = sign(house, candidate, decided="not-a-candidate", override_reason=REASON)
    candidate.refresh_from_db()
    assert (decision.overridden, decision.override_reason, candidate.stage) == (True, REASON, Stage.DECLINED)


def test_a_reason_to_override_is_not_kept_where_nothing_was_overridden(house: House, candidate: Patient) -> None:
    assert sign(house, candidate, override_reason=REASON).override_reason == ""


@pytest.mark.parametrize(
    "role", ["anaesthesia-provider", "nurse", "coordinator", "administrator", "auditor", "stranger"]
)
def test_nobody_but_a_physician_of_the_site_signs(house: House, candidate: Patient, role: str) -> None:
    before = audit.head()
    with pytest.raises(access.Refused):
        sign(house, candidate, role)
    candidate.refresh_from_db()
    assert (Decision.objects.count(), audit.head(), candidate.stage) == (0, before, Stage.REGISTERED)


def test_nothing_is_signed_on_facts_that_changed_since_they_were_shown(house: House, candidate: Patient) -> None:
    seen = shown_now(candidate).seen
    record.enter(by=house.by("nurse"), patient=candidate, entries=(New("fact", "pregnant", True),), reason="test")
    with pytest.raises(Conflict, match="since this page was shown"):
        sign(house, candidate, seen=seen, decided="candidate")
    assert Decision.objects.count() == 0


def test_the_same_page_is_not_signed_twice(house: House, candidate: Patient) -> None:
    seen = shown_now(candidate).seen
    sign(house, candidate, seen=seen)
    with pytest.raises(Conflict, match="since this page was shown"):
        sign(house, candidate, seen=seen)


def test_a_corrected_birth_date_is_a_change_as_well(house: House, candidate: Patient) -> None:
    before = shown_now(candidate).seen
    candidate.birth_date = date(1931, 1, 1)
    assert shown_now(candidate).seen != before


def test_an_open_alarm_comes_first(house: House, candidate: Patient) -> None:
    alarm = Alarm.objects.create(patient=candidate, finding="item_nine", text="Item 9", raised_at=timezone.now())
    with pytest.raises(Conflict, match="alarm"):
        sign(house, candidate)
    page = house.client("physician").get(f"/patients/{candidate.pk}/decision/").content.decode()
    assert "Nothing is signed while an alarm is open" in page
    assert 'name="decided"' not in page
    Alarm.objects.filter(pk=alarm.pk).update(seen_at=timezone.now())
    assert sign(house, candidate).decided == "candidate"


def test_other_treatments_first_need_a_later_day_and_are_due_then(house: House) -> None:
    patient = known(house, FIRST_LINE_FIRST)
    assert shown_now(patient).review.candidacy.verdict == "first-line-first"
    now = today(patient.site)
    for day in (None, now):
        with pytest.raises(Conflict, match="later day"):
            sign(house, patient, review_on=day, indication="")
    sign(house, patient, review_on=now + timedelta(days=1), indication="")
    patient.refresh_from_db()
    assert (patient.stage, patient.due_on) == (Stage.FIRST_LINE, now + timedelta(days=1))


def test_what_cannot_be_told_leads_back_to_the_consultation(house: House) -> None:
    sign(house, house.patient, indication="", decided="cannot-tell", override_reason=REASON)
    house.patient.refresh_from_db()
    assert (house.patient.stage, house.patient.due_what) == (Stage.CONSULTATION, "find out what is missing")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"decided": "perhaps", "override_reason": REASON}, "no decision"),
        ({"indication": ""}, "for which condition"),
        ({"indication": "made_up"}, "not a condition"),
    ],
)
def test_what_makes_no_sense_is_refused(house: House, candidate: Patient, given: dict[str, str], said: str) -> None:
    with pytest.raises(Conflict, match=said):
        sign(house, candidate, **given)


def post(house: House, patient: Patient, role: str = "physician", **given: str) -> Any:
    client = house.client(role)
    fields = {"decided": "candidate", "indication": "crps_1", "seen": shown_now(patient).seen, **given}
    return client.post(f"/patients/{patient.pk}/decision/", fields)


def test_the_page_signs_with_the_password_and_shows_what_was_kept(house: House, candidate: Patient) -> None:
    answer = post(house, candidate, password=PASSWORD, note="<b>talked through</b>")
    decision = Decision.objects.get()
    assert answer["Location"] == f"/patients/{candidate.pk}/decision/{decision.pk}/"
    record_page = house.client("nurse").get(answer["Location"]).content.decode()
    assert "Ketamine may be considered" in record_page
    assert "&lt;b&gt;talked through" in record_page
    assert AuditEvent.objects.filter(action="decision.sign", patient_id=candidate.pk).count() == 1


def test_a_wrong_password_signs_nothing(house: House, candidate: Patient) -> None:
    assert "not your password" in post(house, candidate, password="wrong").content.decode()
    assert Decision.objects.count() == 0


def test_the_page_asks_for_the_reason_beside_its_field(house: House, candidate: Patient) -> None:
    page = post(house, candidate, password=PASSWORD, decided="not-a-candidate").content.decode()
    assert "Say in words why" in page
    assert Decision.objects.count() == 0


def test_a_stale_page_is_told_so(house: House, candidate: Patient) -> None:
    answer = post(house, candidate, password=PASSWORD, seen="another")
    assert answer.status_code == 409
    assert "since this page was shown" in answer.content.decode()


@pytest.mark.parametrize("role", ["nurse", "coordinator"])
def test_who_may_not_sign_sees_no_form_and_is_refused(house: House, candidate: Patient, role: str) -> None:
    page = house.client(role).get(f"/patients/{candidate.pk}/decision/").content.decode()
    assert "A physician of this site signs" in page
    assert post(house, candidate, role, password=PASSWORD).status_code == 403
    assert Decision.objects.count() == 0


def test_the_record_shows_what_was_shown_not_what_holds_now(house: House, candidate: Patient) -> None:
    decision = sign(house, candidate)
    record.enter(by=house.by("nurse"), patient=candidate, entries=(New("fact", "pregnant", True),), reason="test")
    client = house.client("physician")
    assert "Not a candidate today" in client.get(f"/patients/{candidate.pk}/assessment/").content.decode()
    kept = client.get(f"/patients/{candidate.pk}/decision/{decision.pk}/").content.decode()
    assert "Not a candidate today" not in kept.split("What would have changed")[0]


def test_the_same_knowledge_gives_no_difference(house: House, candidate: Patient) -> None:
    decision = sign(house, candidate)
    decision.refresh_from_db()
    again = reviewing.again(decision)
    assert (again.same_knowledge, again.differences, again.unreadable) == (True, (), "")
    page = house.client("nurse").get(f"/patients/{candidate.pk}/decision/{decision.pk}/replay/").content.decode()
    assert "No difference" in page


def test_changed_knowledge_shows_what_differs(
    house: House, candidate: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    decision = sign(house, candidate)
    decision.refresh_from_db()
    refusing = {
        strength: one.model_copy(update={"rule": "refuse"}) for strength, one in candidacy.requirements().items()
    }
    monkeypatch.setattr(candidacy, "requirements", lambda: refusing)
    monkeypatch.setattr(catalogue, "fingerprint", lambda: "another")
    again = reviewing.again(decision)
    assert again.same_knowledge is False
    assert "«Ketamine may be considered» and is now «Not a candidate today»" in again.differences[0]
    page = house.client("nurse").get(f"/patients/{candidate.pk}/decision/{decision.pk}/replay/").content.decode()
    assert "is now «Not a candidate today»" in page


def test_what_cannot_be_read_any_more_is_said(house: House, candidate: Patient) -> None:
    decision = sign(house, candidate)
    decision.known = {**decision.known, "facts": {"no_such_fact": {"value": "x", "colour": "red"}}}
    assert "colour" in reviewing.again(decision).unreadable


def test_every_example_survives_being_kept(house: House) -> None:
    for number, example in enumerate((CANDIDATE, FIRST_LINE_FIRST)):
        patient = (house.patient, house.others_patient)[number]
        before = known(house, example, patient) if number == 0 else patient
        found = reviewing.of(before, today(before.site)).known
        assert translate.known(translate.known_json(found)) == found
        assert dataclasses.asdict(pathway.review(found)) == dataclasses.asdict(
            pathway.review(translate.known(translate.known_json(found)))
        )
