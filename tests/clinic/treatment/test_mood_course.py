"""A course for the mood: decided, consented to, ordered, checked and given by itself, beside that for the pain."""

from __future__ import annotations

import html
from datetime import date
from typing import Any

import pytest
from coordinated import COURSE, decided, known, wren
from django.utils import timezone
from in_session import START, TODAY
from small_clinic import PASSWORD, House

from unwound import consents
from unwound_clinic.core import access
from unwound_clinic.core.action import Conflict
from unwound_clinic.core.page import today
from unwound_clinic.models import Consent, Decision, InfusionSession, Patient, Plan, Stage
from unwound_clinic.record import review as record_review
from unwound_clinic.record import translate as record_translate
from unwound_clinic.record.actions import entries as record_entries
from unwound_clinic.session import order
from unwound_clinic.session.actions import appointments, controlled_drug, course, preparation
from unwound_clinic.treatment import current, second_check
from unwound_clinic.treatment.actions import consents as treatment_consents
from unwound_clinic.treatment.actions import decisions, plans
from unwound_clinic.treatment.pages.consent import text_for

MOOD = "depression_ketamine_40_min"
RESISTANT: dict[str, Any] = {
    "depression_diagnosed": True, "bipolar_disorder": False, "psychiatric_care": True, "antidepressants_failed": 2.0,
}  # fmt: skip
DEPRESSED = [3, 3, 3, 2, 2, 2, 2, 1, 0]
REASON = "discussed with the psychiatrist who treats her"


@pytest.fixture
def depressed(house: House) -> Patient:
    """Testcase Wren, whose depression has resisted two antidepressants as well."""
    patient = known(house, **RESISTANT)
    answered(house, DEPRESSED)
    return patient


def answered(house: House, items: list[int]) -> None:
    form = record_translate.new_answers({"instrument": "phq_9", "items": items}, wren().as_of)
    record_entries.enter(by=house.by("nurse"), patient=house.patient, entries=(form,), reason="asked again")


def sign(house: House, role: str = "physician", **given: Any) -> Decision:
    reviewed = record_review.review_of(house.patient, today(house.site))
    assert reviewed.review.depression is not None
    asked = {
        "decided": reviewed.review.depression.verdict, "aim": "depression", "review_on": date(2099, 1, 2), **given,
    }  # fmt: skip
    return decisions.sign(by=house.by(role), patient=house.patient, **{"seen": reviewed.seen, **asked})


def signed(house: House, protocol: str = MOOD) -> Consent:
    offer, _ = treatment_consents.offer(
        by=house.by("nurse"), patient=house.patient, here=True, **text_for(house.patient, {"protocol": protocol})
    )
    return treatment_consents.sign(
        by=access.patient_link(offer),
        patient=house.patient,
        offer=offer,
        choices={one["id"]: bool(one["needed"]) for one in offer.statements},
        typed_name=house.patient.full_name,
        text_hash=consents.fingerprint(offer.text),
    )


def total(house: House, protocol: str = MOOD) -> float:
    return plans.calculate(
        house.patient,
        protocol,
        concentration_mg_per_ml=2.0,
        start_on=None,
        drug=None,
        despite=(),
        now=timezone.now(),
    ).total_mg


def ordered(house: House, role: str = "physician", protocol: str = MOOD, **given: Any) -> Plan:
    what = {"seen_total_mg": total(house, protocol), **given}
    return plans.order(by=house.by(role), patient=house.patient, protocol=protocol, concentration_mg_per_ml=2.0, **what)


def checked(house: House) -> Plan:
    plan = ordered(house)
    assert not plans.check(
        by=house.by("anaesthesia-provider"),
        patient=house.patient,
        plan=plan,
        worked_out=second_check.WorkedOut.of(plan),
    )
    plan.refresh_from_db()
    return plan


def test_the_decision_on_the_mood_is_one_of_its_own(house: House, depressed: Patient) -> None:
    decision = sign(house)
    depressed.refresh_from_db()
    assert (decision.aim, decision.advised, decision.decided) == ("depression", "candidate", "candidate")
    assert decision.indication == "depression"
    assert decision.shown["depression"]["verdict"] == "candidate"
    assert current.decision(depressed) is None
    assert not current.is_candidate(depressed)
    assert current.decided_aims(depressed) == ("depression",)
    assert (depressed.stage, depressed.due_what) == (Stage.CONSENT, "discuss consent")


def test_a_decision_on_the_pain_allows_no_course_for_the_mood_nor_the_other_way_round(
    house: House, depressed: Patient
) -> None:
    sign(house)
    with pytest.raises(Conflict, match="needs a signed decision"):
        signed(house, COURSE)
    signed(house)
    with pytest.raises(Conflict, match="needs a signed decision"):
        ordered(house, protocol=COURSE)


def test_a_decision_on_the_pain_alone_reaches_no_consent_for_the_mood(house: House) -> None:
    decided(house)
    with pytest.raises(Conflict, match="needs a signed decision"):
        signed(house)
    page = house.client("nurse").get(f"/patients/{house.patient.pk}/consent/").content.decode()
    assert MOOD not in page
    assert COURSE in page


def test_where_no_depression_is_recorded_there_is_nothing_to_decide(house: House) -> None:
    # PHQ-9 of 6, no diagnosis, no antidepressant for depression.
    patient = known(house)
    reviewed = record_review.review_of(patient, today(patient.site))
    with pytest.raises(Conflict, match="nothing to decide"):
        decisions.sign(
            by=house.by("physician"), patient=patient, seen=reviewed.seen, decided="candidate", aim="depression"
        )
    client = house.client("physician")
    assert client.get(f"/patients/{patient.pk}/decision/depression/").status_code == 302
    assert MOOD not in client.get(f"/patients/{patient.pk}/plan/").content.decode()
    for page in ("assessment", "decision", "plain"):
        assert "epression:" not in client.get(f"/patients/{patient.pk}/{page}/").content.decode(), page


def test_to_decide_otherwise_needs_a_reason(house: House, depressed: Patient) -> None:
    with pytest.raises(Conflict, match="needs a reason"):
        sign(house, decided="not-refractory")
    decision = sign(house, decided="not-refractory", override_reason=REASON)
    assert (decision.overridden, decision.override_reason) == (True, REASON)
    page = html.unescape(house.client("nurse").get(f"/patients/{depressed.pk}/plain/").content.decode())
    assert "another full treatment for the depression" in page


@pytest.mark.parametrize(
    "role", ["anaesthesia-provider", "nurse", "coordinator", "administrator", "auditor", "stranger"]
)
def test_nobody_but_a_physician_of_the_site_signs(house: House, depressed: Patient, role: str) -> None:
    with pytest.raises(access.Refused):
        sign(house, role)
    assert Decision.objects.count() == 0


def test_item_nine_comes_before_any_decision_for_ketamine(house: House, depressed: Patient) -> None:
    answered(house, [3, 3, 3, 2, 2, 2, 2, 1, 1])
    reviewed = record_review.review_of(depressed, today(depressed.site))
    assert reviewed.review.depression is not None
    assert (reviewed.review.depression.verdict, reviewed.review.depression.urgent) == ("not-a-candidate", True)
    said = html.unescape(house.client("physician").get(f"/patients/{depressed.pk}/assessment/").content.decode())
    assert "Depression: Not a candidate today" in said
    assert "no evidence that ketamine prevents suicide" in said


def test_a_no_for_the_pain_leaves_the_course_for_the_mood(house: House, depressed: Patient) -> None:
    sign(house)
    signed(house)
    depressed.refresh_from_db()
    stage = depressed.stage
    reviewed = record_review.review_of(depressed, today(depressed.site))
    decisions.sign(
        by=house.by("physician"), patient=depressed, seen=reviewed.seen, decided="not-a-candidate",
        override_reason=REASON,
    )  # fmt: skip
    depressed.refresh_from_db()
    assert depressed.stage == stage
    assert current.decided_aims(depressed) == ("depression",)
    assert ordered(house).protocol == MOOD


def test_a_no_for_the_mood_leaves_the_decision_on_the_pain(house: House) -> None:
    patient = decided(house, **RESISTANT)
    answered(house, DEPRESSED)
    sign(house, decided="not-a-candidate", override_reason=REASON)
    patient.refresh_from_db()
    assert patient.stage == Stage.CONSENT
    assert current.decided_aims(patient) == ("pain",)


def test_the_day_of_the_next_review_is_kept_in_the_note_where_the_stage_stays(house: House) -> None:
    decided(house, **RESISTANT)
    answered(house, DEPRESSED)
    decision = sign(
        house, decided="first-line-first", override_reason=REASON, review_on=date(2099, 1, 2), note="augmentation"
    )
    assert decision.note == "augmentation\nNext review on 2 January 2099."


def test_the_consent_is_that_for_depression_and_names_its_alternatives(house: House, depressed: Patient) -> None:
    sign(house)
    consent = signed(house)
    text = consents.consents()["ketamine_infusion_depression"]
    assert consent.text_version == f"ketamine_infusion_depression {text.version}"
    assert "not approved for depression" in consent.text
    assert "another antidepressant" in consent.text
    assert "gabapentin" not in consent.text.lower()
    depressed.refresh_from_db()
    assert depressed.stage == Stage.PLAN


def test_without_a_decision_still_for_the_mood_nothing_is_checked(house: House, depressed: Patient) -> None:
    sign(house)
    signed(house)
    plan = ordered(house)
    sign(house, decided="not-a-candidate", override_reason=REASON)
    assert current.NOT_DECIDED in current.why_not_given(depressed, timezone.now())
    with pytest.raises(Conflict, match="cannot be checked yet"):
        plans.check(
            by=house.by("second"),
            patient=depressed,
            plan=plan,
            worked_out=second_check.WorkedOut.of(plan),
        )


def test_who_ordered_does_not_check(house: House, depressed: Patient) -> None:
    sign(house)
    signed(house)
    plan = ordered(house)
    with pytest.raises(access.Refused, match="another person"):
        plans.check(by=house.by("physician"), patient=depressed, plan=plan, worked_out=second_check.WorkedOut.of(plan))


def test_a_withdrawn_consent_stops_it(house: House, depressed: Patient) -> None:
    sign(house)
    consent = signed(house)
    checked(house)
    assert current.why_not_given(depressed, timezone.now()) == ()
    treatment_consents.withdraw(by=house.by("nurse"), patient=depressed, consent=consent, reason="wants no more")
    assert current.why_not_given(depressed, timezone.now()) == ("The consent was withdrawn: wants no more.",)


def test_the_session_of_a_course_for_the_mood(house: House, depressed: Patient) -> None:
    sign(house)
    signed(house)
    row = _given(house, checked(house))
    assert row.state == "recovering"
    page = house.client("nurse").get(f"/sessions/{row.pk}/when-to-call/").content.decode()
    assert "Thoughts of harming yourself" in page
    record = house.client("nurse").get(f"/sessions/{row.pk}/record/")
    assert record.status_code == 200


def _given(house: House, plan: Plan) -> InfusionSession:
    (row,) = appointments.schedule(
        by=house.by("coordinator"), patient=house.patient, plan=plan, first_at=timezone.now(), bed="Bed 3",
        provider=house.users["physician"], days=(1,),
    )  # fmt: skip
    identifiers = {"name": "stated", "birth-date": "1980-05-05"}
    row = appointments.check_in(by=house.by("nurse"), patient=house.patient, session=row, identifiers=identifiers)
    here: dict[str, Any] = {"by": house.by("nurse"), "patient": house.patient, "session": row}
    preparation.record_today(**here, answers={**TODAY, "weight_kg": plan.weight_kg})
    preparation.baseline(**here, values=START)
    checker = access.Confirmed(house.users["anaesthesia-provider"])
    preparation.prepare(**here, checker=checker, syringe=preparation.Syringe.of(row))
    preparation.ready(**here)
    controlled_drug.account(**here, what="drawn", lot="K-78", drug="racemic ketamine", mg="200", witness=checker)
    run = order.run_of(row)
    assert run is not None
    assert run.hours == pytest.approx(40 / 60)
    course.start(**here, rate_mg_per_h=run.rates[0].mg_per_h)
    return course.stop(**here)


def test_the_whole_way_in_the_pages(house: House, depressed: Patient) -> None:
    here = f"/patients/{depressed.pk}"
    physician = house.client("physician")
    said = html.unescape(physician.get(f"{here}/assessment/").content.decode())
    assert "Depression: Ketamine may be considered" in said
    assert f"{here}/decision/depression/" in said
    reviewed = record_review.review_of(depressed, today(depressed.site))
    form = physician.get(f"{here}/decision/depression/").content.decode()
    assert "Not resistant to treatment now" in form
    assert "Ketamine would be for" not in form
    fields = {"decided": "candidate", "seen": reviewed.seen, "password": PASSWORD}
    answer = physician.post(f"{here}/decision/depression/", fields)
    assert answer.status_code == 302
    kept = html.unescape(physician.get(answer["Location"]).content.decode())
    assert "Decided for the depression: Ketamine may be considered" in " ".join(kept.split())
    replayed = physician.get(f"{answer['Location']}replay/").content.decode()
    assert "No difference" in replayed

    nurse = house.client("nurse")
    offered = nurse.get(f"{here}/consent/").content.decode()
    assert MOOD in offered
    assert COURSE not in offered
    words = html.unescape(nurse.get(f"{here}/consent/words/?protocol={MOOD}").content.decode())
    assert "Consent to a ketamine infusion for depression" in words
    assert nurse.get(f"{here}/consent/words/?protocol={COURSE}").status_code == 302
    link = nurse.post(f"{here}/consent/", {"protocol": MOOD, "talked": "on", "where": "here"})["Location"]
    nurse.post(link, {"do": "open", "birth_date": "1980-05-05"})
    text = consents.consents()["ketamine_infusion_depression"]
    ticks = {f"agree_{one.id}": "on" for one in text.statements}
    nurse.post(link, {"do": "sign", **ticks, "typed_name": depressed.full_name})
    assert Consent.objects.get().protocol == MOOD

    chosen = {"protocol": MOOD, "concentration_mg_per_ml": "2", "drug": "racemic"}
    calculated = physician.get(f"{here}/plan/", chosen).content.decode()
    assert "Sign the order" in calculated
    sent = {**chosen, "seen_total_mg": f"{total(house):.6f}", "password": PASSWORD, "note": ""}
    assert physician.post(f"{here}/plan/", sent).status_code == 302
    plan = Plan.objects.get()
    assert (plan.protocol, plan.decision.aim) == (MOOD, "depression")
    for_pain = physician.get(f"{here}/plan/", {**chosen, "protocol": COURSE}).content.decode()
    assert "Sign the order" not in for_pain


def test_letters_tell_it_in_few_lines_and_none_argues_for_the_pain_with_a_course_for_the_mood(
    house: House, depressed: Patient
) -> None:
    sign(house)
    signed(house)
    ordered(house)
    physician = house.client("physician")
    for kind in ("summary", "reply", "referral"):
        said = html.unescape(physician.get(f"/patients/{depressed.pk}/letters/new/{kind}/").content.decode())
        assert "Ketamine for the depression, decided apart from the pain" in said, kind
        assert "signed by Test Physician" in said, kind
    plain = html.unescape(physician.get(f"/patients/{depressed.pk}/letters/new/plain/").content.decode())
    assert "Your mood" in plain
    assert "does not keep anyone safe from suicide" in plain
    argues = html.unescape(physician.get(f"/patients/{depressed.pk}/letters/new/medical-necessity/").content.decode())
    assert "Depression: ketamine 0.5 mg/kg" not in argues
