"""The plan: ordered by one, checked by another with numbers of their own; consent, record and ceilings hold it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from coordinated import COURSE, OTHER_COURSE, decided
from django.utils import timezone
from small_clinic import PASSWORD, House
from test_consent import signed

from unwound import protocols
from unwound.patient import Fact
from unwound.patient import Patient as Known
from unwound_clinic.core import access, audit
from unwound_clinic.core.action import Conflict
from unwound_clinic.models import AuditEvent, Plan, Stage
from unwound_clinic.record import translate as record_translate
from unwound_clinic.record.actions import entries
from unwound_clinic.record.entries import New
from unwound_clinic.treatment import charts, current, second_check
from unwound_clinic.treatment.actions import consents, plans

TOTAL_AT_68_KG = protocols.plan(
    COURSE,
    Known(as_of=date(2026, 11, 21), facts={"weight_kg": Fact(value=68.0, on=date(2026, 11, 21))}),
    concentration_mg_per_ml=1.0,
).total_mg


def total(house: House, protocol: str = COURSE, **given: Any) -> float:
    known = record_translate.patient(house.patient, timezone.now().date())
    return protocols.plan(protocol, known, concentration_mg_per_ml=1.0, **given).total_mg


def ordered(house: House, role: str = "physician", protocol: str = COURSE, **given: Any) -> Plan:
    what: dict[str, Any] = {"seen_total_mg": total(house, protocol), **given}
    return plans.order(by=house.by(role), patient=house.patient, protocol=protocol, concentration_mg_per_ml=1.0, **what)


def checked(house: House, plan: Plan, role: str = "nurse", **given: Any) -> tuple[str, ...]:
    worked_out = replace(second_check.WorkedOut.of(plan), **{"weight_kg": 68.0, "total_mg": TOTAL_AT_68_KG, **given})
    return plans.check(by=house.by(role), patient=house.patient, plan=plan, worked_out=worked_out)


def consented(house: House, protocol: str = COURSE, **changed: object) -> None:
    decided(house, **changed)  # type: ignore[arg-type]
    signed(house, protocol)


def test_ordered_checked_ready(house: House) -> None:
    consented(house)
    plan = ordered(house, start_on=date(2026, 12, 1))
    assert (plan.state, house.patient.stage) == ("ordered", Stage.SECOND_CHECK)
    assert plan.shown["total_mg"] == pytest.approx(TOTAL_AT_68_KG)
    assert checked(house, plan) == ()
    plan.refresh_from_db()
    house.patient.refresh_from_db()
    assert (plan.state, plan.checked_by, house.patient.stage) == ("checked", house.users["nurse"], Stage.READY)
    assert house.patient.due_on == date(2026, 12, 1)
    assert current.why_not_given(house.patient, timezone.now()) == ()


def test_who_ordered_does_not_check(house: House) -> None:
    consented(house)
    plan = ordered(house)
    with pytest.raises(access.Refused, match="another person"):
        checked(house, plan, "physician")
    with pytest.raises(access.Refused, match="another person"):
        plans.refuse(by=house.by("physician"), patient=house.patient, plan=plan, reason="a reason")
    assert house.client("physician").get(f"/patients/{house.patient.pk}/plan/{plan.pk}/check/").status_code == 403
    assert checked(house, plan, "second") == ()


@pytest.mark.parametrize(
    "role", ["anaesthesia-provider", "nurse", "coordinator", "administrator", "auditor", "stranger"]
)
def test_only_a_physician_of_the_site_orders(house: House, role: str) -> None:
    consented(house)
    before = audit.head()
    with pytest.raises(access.Refused):
        ordered(house, role)
    assert (Plan.objects.count(), audit.head()) == (0, before)


@pytest.mark.parametrize("role", ["coordinator", "administrator", "auditor", "stranger"])
def test_who_does_not_care_for_the_patient_checks_nothing(house: House, role: str) -> None:
    consented(house)
    plan = ordered(house)
    with pytest.raises(access.Refused):
        checked(house, plan, role)
    plan.refresh_from_db()
    assert plan.state == "ordered"


@pytest.mark.parametrize(
    ("weight_kg", "total_mg", "agree"),
    [
        (68.0, TOTAL_AT_68_KG, True),
        (68.04, TOTAL_AT_68_KG + 0.04, True),
        (68.1, TOTAL_AT_68_KG, False),
        (67.9, TOTAL_AT_68_KG, False),
        (68.0, TOTAL_AT_68_KG + 0.1, False),
        (86.0, TOTAL_AT_68_KG, False),
        (68.0, TOTAL_AT_68_KG / 10, False),
        (float("nan"), TOTAL_AT_68_KG, False),
        (68.0, float("nan"), False),
    ],
)
def test_the_second_persons_numbers_have_to_agree(house: House, weight_kg: float, total_mg: float, agree: bool) -> None:
    consented(house)
    plan = ordered(house)
    differs = checked(house, plan, weight_kg=weight_kg, total_mg=total_mg)
    plan.refresh_from_db()
    assert (not differs, plan.state) == ((True, "checked") if agree else (False, "ordered"))
    assert AuditEvent.objects.filter(action="plan.check-differs").exists() != agree


@pytest.mark.parametrize("name", ["concentration_mg_per_ml", "first_rate_ml_per_h"])
@pytest.mark.parametrize("factor", [10, 0.1, float("nan")])
def test_a_solution_ten_times_as_strong_is_not_checked(house: House, name: str, factor: float) -> None:
    consented(house)
    plan = ordered(house)
    differs = checked(house, plan, **{name: getattr(second_check.WorkedOut.of(plan), name) * factor})
    plan.refresh_from_db()
    assert (len(differs), plan.state) == (1, "ordered")


def test_the_rule_says_that_the_maximum_comes_before_the_share_of_a_day() -> None:
    lines = list(second_check.dosing_rule(protocols.protocol("crps_ketamine_10_days")))
    assert lines[0].endswith("at most 25 mg/h, 50 % of that, for 4 h, on day 1")
    assert "on days 3, 4, 5" in lines[2]


def test_the_check_page_does_not_give_the_numbers_away(house: House) -> None:
    consented(house)
    plan = ordered(house)
    page = f"/patients/{house.patient.pk}/plan/{plan.pk}/check/"
    nurse = house.client("nurse")
    seen = nurse.get(page).content.decode()
    shown = re.sub(r'<input type="hidden"[^>]*>', "", seen.split("<main")[1])
    assert "68" not in shown, "a token may hold these digits, a page that is read may not"
    assert f"{TOTAL_AT_68_KG:.1f}" not in seen
    assert "0.35 mg/kg/h" in seen
    assert "mg/mL" not in seen.split("<main")[1].split("<form")[0], "the solution is read from its label"
    right = second_check.WorkedOut.of(plan)
    wrong = {
        "do": "check", "weight_kg": "86", "total_mg": f"{TOTAL_AT_68_KG:.1f}", "concentration_mg_per_ml": "1",
        "first_rate_ml_per_h": f"{right.first_rate_ml_per_h:.1f}", "password": PASSWORD,
    }  # fmt: skip
    answer = nurse.post(page, wrong).content.decode()
    assert "The weight differs" in answer
    assert "The total amount" not in answer
    assert nurse.post(page, {**wrong, "weight_kg": "68", "password": "wrong"}).status_code == 200
    plan.refresh_from_db()
    assert plan.state == "ordered"
    assert nurse.post(page, {**wrong, "weight_kg": "68"}).status_code == 302
    plan.refresh_from_db()
    assert plan.state == "checked"


@pytest.mark.parametrize("decision", ["first-line-first", "not-a-candidate"])
def test_without_a_decision_for_ketamine_nothing_is_ordered(house: House, decision: str) -> None:
    decided(house, decision)
    with pytest.raises(Conflict, match="signed decision"):
        ordered(house)


def test_without_consent_nothing_is_ordered(house: House) -> None:
    decided(house)
    with pytest.raises(Conflict, match="has not consented"):
        ordered(house)


def test_a_withdrawn_consent_blocks_the_order(house: House) -> None:
    consented(house)
    last = current.consent(house.patient)
    assert last is not None
    consents.withdraw(by=house.by("nurse"), patient=house.patient, consent=last, reason="afraid of it")
    with pytest.raises(Conflict, match="withdrawn: afraid of it"):
        ordered(house)


def test_a_consent_withdrawn_after_the_order_blocks_its_check(house: House) -> None:
    consented(house)
    plan = ordered(house)
    last = current.consent(house.patient)
    assert last is not None
    consents.withdraw(by=house.by("nurse"), patient=house.patient, consent=last, reason="afraid of it")
    with pytest.raises(Conflict, match="withdrawn: afraid of it"):
        checked(house, plan)
    plan.refresh_from_db()
    assert plan.state == "ordered"


def test_a_consent_withdrawn_after_the_check_blocks_what_is_given(house: House) -> None:
    consented(house)
    checked(house, ordered(house))
    last = current.consent(house.patient)
    assert last is not None
    consents.withdraw(by=house.by("nurse"), patient=house.patient, consent=last, reason="afraid of it")
    assert current.why_not_given(house.patient, timezone.now()) == ("The consent was withdrawn: afraid of it.",)
    signed(house)
    house.patient.refresh_from_db()
    assert current.why_not_given(house.patient, timezone.now()) == ()
    assert house.patient.stage == Stage.READY


def test_a_consent_to_another_course_ends_with_the_order_and_is_asked_for_again(house: House) -> None:
    consented(house, OTHER_COURSE)
    plan = ordered(house)
    last = current.consent(house.patient)
    assert last is not None
    assert last.ended_reason == "another course was ordered"
    assert house.patient.stage == Stage.CONSENT
    with pytest.raises(Conflict, match="another course was ordered"):
        checked(house, plan)
    signed(house)
    house.patient.refresh_from_db()
    assert house.patient.stage == Stage.SECOND_CHECK
    assert checked(house, plan) == ()


def test_a_changed_order_needs_a_reason_and_the_one_before_stays(house: House) -> None:
    consented(house)
    first = ordered(house)
    checked(house, first)
    with pytest.raises(Conflict, match="reason for the change"):
        ordered(house)
    second = ordered(house, reason="another day", start_on=date(2026, 12, 8))
    first.refresh_from_db()
    assert (first.state, second.replaces, current.plan(house.patient)) == ("replaced", first, second)
    assert first.checked_by is not None
    with pytest.raises(Conflict, match="not waiting"):
        checked(house, first)
    assert "has not been checked" in " ".join(current.why_not_given(house.patient, timezone.now()))


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (New(kind="allergy", key="ketamine", value={"substance": "ketamine"}), "An allergy to ketamine"),
        (New(kind="fact", key="psychosis_active", value=True), "psychosis"),
        (New(kind="fact", key="weight_kg", value=None), "weight is not known"),
    ],
)
def test_what_forbids_it_is_told_and_nothing_is_ordered(house: House, entry: New, said: str) -> None:
    consented(house)
    entries.enter(by=house.by("nurse"), patient=house.patient, entries=(entry,))
    with pytest.raises(Conflict, match=f"(?i){said}"):
        ordered(house, seen_total_mg=TOTAL_AT_68_KG)
    assert not Plan.objects.exists()


def test_the_drug_in_the_vial_has_to_be_the_courses_own(house: House) -> None:
    consented(house)
    with pytest.raises(Conflict, match="wrong drug"):
        ordered(house, drug="esketamine")


def test_what_became_known_after_the_order_stops_its_check(house: House) -> None:
    consented(house)
    plan = ordered(house)
    allergy = New(kind="allergy", key="ketamine", value={"substance": "ketamine"})
    entries.enter(by=house.by("nurse"), patient=house.patient, entries=(allergy,))
    with pytest.raises(Conflict, match="An allergy to ketamine"):
        checked(house, plan)


def test_a_weight_amended_after_the_order_stops_its_check(house: House) -> None:
    consented(house)
    plan = ordered(house)
    heavier = New(kind="fact", key="weight_kg", value=70.0)
    entries.enter(by=house.by("nurse"), patient=house.patient, entries=(heavier,), reason="weighed again")
    with pytest.raises(Conflict, match="ordered again"):
        checked(house, plan)


def test_an_order_is_what_was_seen(house: House) -> None:
    consented(house)
    with pytest.raises(Conflict, match="record changed since you calculated"):
        ordered(house, seen_total_mg=TOTAL_AT_68_KG + 1)


def test_a_relative_stop_is_set_aside_only_with_a_reason_and_is_shown(house: House) -> None:
    consented(house)
    raised = New(kind="fact", key="intraocular_pressure_raised", value=True)
    entries.enter(by=house.by("nurse"), patient=house.patient, entries=(raised,), reason="seen today")
    known = record_translate.patient(house.patient, timezone.now().date())
    refused = protocols.plan(COURSE, known, concentration_mg_per_ml=1.0)
    relative = [one.id for one in refused.refusals if one.relative]
    assert relative
    with pytest.raises(Conflict, match="refused"):
        ordered(house, seen_total_mg=TOTAL_AT_68_KG)
    with pytest.raises(Conflict, match="enter the reason for overriding"):
        ordered(house, seen_total_mg=TOTAL_AT_68_KG, despite=relative)
    plan = ordered(house, seen_total_mg=TOTAL_AT_68_KG, despite=relative, note="discussed with psychiatry")
    assert [one["id"] for one in plan.shown["reasons"] if one["overridden"]] == relative
    assert checked(house, plan) == ()


def test_an_order_sent_back_or_cancelled_keeps_its_reason(house: House) -> None:
    consented(house)
    plan = ordered(house)
    with pytest.raises(Conflict, match="enter why"):
        plans.refuse(by=house.by("nurse"), patient=house.patient, plan=plan, reason="")
    plans.refuse(by=house.by("nurse"), patient=house.patient, plan=plan, reason="weight looks wrong")
    house.patient.refresh_from_db()
    assert house.patient.stage == Stage.PLAN
    again = ordered(house)
    with pytest.raises(access.Refused):
        plans.cancel(by=house.by("nurse"), patient=house.patient, plan=again, reason="a reason")
    plans.cancel(by=house.by("second"), patient=house.patient, plan=again, reason="another day")
    assert current.plan(house.patient) is None
    assert [one.state for one in Plan.objects.order_by("id")] == ["refused", "cancelled"]


def test_the_page_shows_looks_and_orders(house: House) -> None:
    consented(house)
    physician = house.client("physician")
    page = f"/patients/{house.patient.pk}/plan/"
    look = {"protocol": COURSE, "concentration_mg_per_ml": "2", "drug": "racemic", "start_on": "2026-12-01"}
    seen = physician.get(page, look).content.decode()
    for words in (
        "On the pump",
        "When to stop",
        "Ceilings at this weight",
        "chart",
        "Sign the order",
        f"{TOTAL_AT_68_KG:.1f} mg",
    ):
        assert words in seen
    assert "Sign the order" not in house.client("nurse").get(page, look).content.decode()
    post = {**look, "seen_total_mg": f"{TOTAL_AT_68_KG:.6f}", "note": "", "password": PASSWORD}
    assert "not your password" in physician.post(page, {**post, "password": "wrong"}).content.decode()
    assert not Plan.objects.exists()
    assert physician.post(page, post).status_code == 302
    plan = Plan.objects.get()
    assert (plan.concentration_mg_per_ml, plan.start_on) == (2.0, date(2026, 12, 1))
    assert "Do the second check" not in physician.get(page).content.decode()
    for role in ("nurse", "second"):
        seen = house.client(role).get(page, follow=True).content.decode().split("<main")[1]
        assert "Do the second check" in seen
        for words in (f"{TOTAL_AT_68_KG:.1f}", "68.0 kg", "2.00 mg/mL", "View or print"):
            assert words not in seen, "whoever may check the order works its numbers out unseen"
    assert f"{TOTAL_AT_68_KG:.1f}" in physician.get(page, look).content.decode()
    assert f"{TOTAL_AT_68_KG:.1f}" not in house.client("nurse").get(page, look).content.decode(), "nor by the page"
    for role in ("nurse", "second"):
        for address in (f"{page}{plan.pk}/", f"{page}{plan.pk}/flowsheet.pdf"):
            assert house.client(role).get(address).headers["Location"] == f"{page}{plan.pk}/check/"
    assert physician.get(f"{page}{plan.pk}/").status_code == 200


@pytest.mark.parametrize("strength", ["0", "-1", "nan", "inf", "1000", "x"])
def test_an_impossible_solution_is_told_on_the_form(house: House, strength: str) -> None:
    decided(house)
    look = {"protocol": COURSE, "concentration_mg_per_ml": strength, "drug": "racemic"}
    answer = house.client("physician").get(f"/patients/{house.patient.pk}/plan/", look)
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert "On the pump" not in answer.content.decode()


def test_courses_are_compared_for_the_patient(house: House) -> None:
    decided(house)
    seen = house.client("physician").get(f"/patients/{house.patient.pk}/plan/compare/").content.decode()
    assert "Courses compared at 68" in seen
    assert "More is not always better" in seen


def test_a_chart_is_drawn_once_and_names_nobody(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    client = house.client("nurse")
    page = f"/charts/course/{COURSE}/rate.svg?kg=68.0"
    first = client.get(page)
    assert (first.status_code, first["Content-Type"]) == (200, "image/svg+xml")
    assert b"Testcase" not in first.content

    def never(*_: object) -> str:
        raise AssertionError("drawn a second time")

    monkeypatch.setattr("unwound.plots.saving.svg", never)
    assert client.get(page).content == first.content
    assert charts.rate(COURSE, 68.0).encode() == first.content


@pytest.mark.parametrize(
    "page",
    [
        f"/charts/course/{COURSE}/rate.svg",
        f"/charts/course/{COURSE}/rate.svg?kg=x",
        f"/charts/course/{COURSE}/rate.svg?kg=-5",
        f"/charts/course/{COURSE}/rate.svg?kg=nan",
        f"/charts/course/{COURSE}/other.svg?kg=70",
        "/charts/course/nothing/rate.svg?kg=70",
        "/charts/comparison.svg?kg=70&of=nothing",
    ],
)
def test_a_chart_of_nothing_is_not_found(house: House, page: str) -> None:
    assert house.client("nurse").get(page).status_code == 404


def test_nobody_without_an_account_draws(house: House, client: Any) -> None:
    assert client.get(f"/charts/course/{COURSE}/rate.svg?kg=68").status_code == 302
