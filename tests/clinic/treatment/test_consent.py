"""Consent: read and signed by the patient, whole or not at all; withdrawn at any time; no other person's to give."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from coordinated import COURSE, OTHER_COURSE, decided
from django.test import Client
from django.utils import timezone
from small_clinic import PASSWORD, House

from unwound import catalogue, consents
from unwound_clinic.core import access, audit
from unwound_clinic.core.action import Conflict
from unwound_clinic.models import AuditEvent, Consent, ConsentOffer, Decision, Patient, Stage
from unwound_clinic.treatment import current
from unwound_clinic.treatment.actions import consents as treatment_consents
from unwound_clinic.treatment.pages.consent import text_for

SQUIGGLE = [[[0.1, 0.5], [0.3, 0.2], [0.5, 0.8]], [[0.6, 0.5], [0.9, 0.5]]]


def offered(house: House, role: str = "nurse", protocol: str = COURSE, **given: Any) -> tuple[ConsentOffer, str]:
    text = text_for(house.patient, {"protocol": protocol})
    return treatment_consents.offer(by=house.by(role), patient=house.patient, here=True, **{**text, **given})


def ticked(offer: ConsentOffer) -> dict[str, bool]:
    return {one["id"]: bool(one["needed"]) for one in offer.statements}


def signed(house: House, protocol: str = COURSE, **given: Any) -> Consent:
    offer, _ = offered(house, protocol=protocol)
    what: dict[str, Any] = {"choices": ticked(offer), "typed_name": house.patient.full_name, **given}
    text_hash = consents.fingerprint(offer.text)
    return treatment_consents.sign(
        by=access.patient_link(offer), patient=house.patient, offer=offer, text_hash=text_hash, **what
    )


def test_a_consent_keeps_the_words_who_took_it_and_ends_with_its_series(house: House) -> None:
    patient = decided(house)
    consent = signed(house)
    text = consents.consents()["ketamine_infusion"]
    assert consents.fingerprint(consent.text) == consent.text_hash
    assert "10 days" in consent.text
    assert consent.taken_by == house.users["nurse"]
    assert (consent.expires_on - consent.signed_at.date()).days in (text.start_within.value + n for n in (11, 12, 13))
    assert consent.choices["off_label"] is True
    assert consent.choices["tell_team"] is False
    assert consent.rests_on == catalogue.rests_on()
    patient.refresh_from_db()
    assert patient.stage == Stage.PLAN


@pytest.mark.parametrize("protocol", [COURSE, OTHER_COURSE, "crps_esketamine_4_days", "crps_booster_quarterly"])
def test_it_holds_for_its_own_protocol_until_its_last_day_and_no_longer(house: House, protocol: str) -> None:
    decided(house)
    consent = signed(house, protocol)
    zone = house.site.zone
    noon = timezone.datetime(consent.expires_on.year, consent.expires_on.month, consent.expires_on.day, 12, tzinfo=zone)
    assert consent.valid_on(noon, protocol)
    assert not consent.valid_on(noon + timedelta(days=1), protocol)
    assert not consent.valid_on(noon, "another")
    assert current.why_no_consent(house.patient, protocol, noon + timedelta(days=1))[0].startswith(
        "The consent expired"
    )


@pytest.mark.parametrize("decision", ["first-line-first", "not-a-candidate", "cannot-tell"])
def test_without_a_decision_for_ketamine_no_consent_is_asked(house: House, decision: str) -> None:
    decided(house, decision)
    with pytest.raises(Conflict, match="signed decision"):
        offered(house)


def test_a_decision_overridden_to_ketamine_is_one(house: House) -> None:
    decided(house, "candidate", advised="first-line-first")
    assert signed(house).pk


def test_a_decision_changed_while_the_patient_reads_stops_the_signature(house: House) -> None:
    patient = decided(house)
    offer, _ = offered(house)
    last = Decision.objects.get()
    last.pk, last.decided = None, "not-a-candidate"
    last.save()
    with pytest.raises(Conflict, match="decision has changed"):
        treatment_consents.sign(
            by=access.patient_link(offer), patient=patient, offer=offer, choices=ticked(offer),
            typed_name=patient.full_name, text_hash="",
        )  # fmt: skip
    assert not Consent.objects.exists()


@pytest.mark.parametrize("role", ["coordinator", "administrator", "auditor", "stranger"])
def test_who_may_not_take_consent_lays_nothing_before_the_patient(house: House, role: str) -> None:
    decided(house)
    before = audit.head()
    with pytest.raises(access.Refused):
        offered(house, role)
    assert (ConsentOffer.objects.count(), audit.head()) == (0, before)


def test_staff_sign_for_nobody(house: House) -> None:
    patient = decided(house)
    offer, _ = offered(house)
    with pytest.raises(access.Refused):
        treatment_consents.sign(
            by=house.by("physician"), patient=patient, offer=offer, choices=ticked(offer),
            typed_name=patient.full_name, text_hash="",
        )  # fmt: skip


@pytest.mark.parametrize("left_open", ["off_label", "uncertain", "effects", "day", "changes", "withdraw"])
def test_nothing_is_signed_while_a_needed_statement_is_open(house: House, left_open: str) -> None:
    decided(house)
    offer, _ = offered(house)
    with pytest.raises(Conflict, match="please tick"):
        signed(house, choices={**ticked(offer), left_open: False})
    assert not Consent.objects.exists()


@pytest.mark.parametrize(
    ("name", "fits"), [("One Testcase", True), ("testcase,  ONE", True), ("One", False), ("", False)]
)
def test_a_typed_name_is_the_patients_own(house: House, name: str, fits: bool) -> None:
    decided(house)
    if fits:
        assert signed(house, typed_name=name).signature is None
    else:
        with pytest.raises(Conflict, match="full name"):
            signed(house, typed_name=name)


def test_a_drawn_signature_is_kept_as_strokes(house: House) -> None:
    decided(house)
    consent = signed(house, typed_name="", strokes=SQUIGGLE)
    assert consent.signature == SQUIGGLE
    assert consent.signed_name == house.patient.full_name


@pytest.mark.parametrize(
    "strokes",
    [
        [[[0.5, 0.5]]],
        [[[0.5, 0.5], [0.5, 0.51]]],
        [[[0.0, 0.0], [1.2, 0.0]]],
        [[[0.0, 0.0], [float("nan"), 0.9]]],
        [[[0.0, 0.0], ["x", 0.9]]],
        [[[0.0, 0.0, 1.0], [0.4, 0.4]]],
        [5],
        [[[0.0, 0.0], [0.9, 0.9]]] * 81,
        [[[0.0, 0.0], [0.9, 0.9]] * 2001],
    ],
)
def test_what_is_no_signature_is_refused_and_nothing_is_kept(house: House, strokes: Any) -> None:
    decided(house)
    with pytest.raises(Conflict, match="nothing was signed"):
        signed(house, typed_name="", strokes=strokes)
    assert not Consent.objects.exists()


def test_a_consent_is_signed_once(house: House) -> None:
    patient = decided(house)
    offer = signed(house).offer
    with pytest.raises(Conflict, match="no longer valid"):
        treatment_consents.sign(
            by=access.patient_link(offer), patient=patient, offer=offer, choices=ticked(offer),
            typed_name=patient.full_name, text_hash="",
        )  # fmt: skip


def test_a_newer_consent_takes_the_place_of_the_one_before(house: House) -> None:
    decided(house)
    first, second = signed(house), signed(house, OTHER_COURSE)
    first.refresh_from_db()
    assert first.ended_reason == "replaced by a newer consent"
    assert current.valid_consent(house.patient, timezone.now()) == second


def test_withdrawing_needs_words_and_ends_it_at_once(house: House) -> None:
    patient = decided(house)
    consent = signed(house)
    with pytest.raises(Conflict, match="what the patient said"):
        treatment_consents.withdraw(by=house.by("coordinator"), patient=patient, consent=consent, reason=" ")
    treatment_consents.withdraw(by=house.by("coordinator"), patient=patient, consent=consent, reason="afraid of it")
    assert current.valid_consent(patient, timezone.now()) is None
    assert current.why_no_consent(patient, COURSE, timezone.now()) == ("The consent was withdrawn: afraid of it.",)
    assert patient.stage == Stage.CONSENT
    with pytest.raises(Conflict, match="no longer valid"):
        treatment_consents.withdraw(by=house.by("nurse"), patient=patient, consent=consent, reason="again")


@pytest.mark.parametrize("role", ["administrator", "auditor", "stranger"])
def test_nobody_else_withdraws_it(house: House, role: str) -> None:
    patient = decided(house)
    consent = signed(house)
    with pytest.raises(access.Refused):
        treatment_consents.withdraw(by=house.by(role), patient=patient, consent=consent, reason="a reason")
    consent.refresh_from_db()
    assert consent.withdrawn_at is None


def test_a_consent_of_somebody_else_is_not_withdrawn_here(house: House) -> None:
    decided(house)
    consent = signed(house)
    other = Patient.objects.create(
        site=house.site,
        family_name="Other",
        given_name="Test",
        birth_date=date(1970, 1, 1),
        registered_at=timezone.now(),
    )
    with pytest.raises(Conflict):
        treatment_consents.withdraw(by=house.by("nurse"), patient=other, consent=consent, reason="a reason")


# the patient's own page


def handed_over(house: House) -> tuple[Client, str]:
    """The clinic's tablet in the patient's hands."""
    tablet = house.client("nurse")
    page = f"/patients/{house.patient.pk}/consent/"
    answer = tablet.post(page, {"protocol": COURSE, "talked": "on", "where": "here"})
    assert answer.status_code == 302, answer.content.decode()
    return tablet, answer["Location"]


def opened(house: House, birth_date: str = "1980-05-05") -> tuple[Client, str]:
    tablet, page = handed_over(house)
    tablet.post(page, {"do": "open", "birth_date": birth_date})
    return tablet, page


ALL = {f"agree_{id}": "on" for id in ("off_label", "uncertain", "effects", "day", "changes", "withdraw")}


def test_a_screen_that_was_handed_over_opens_nothing_else_until_the_password(house: House) -> None:
    decided(house)
    tablet, page = handed_over(house)
    assert tablet.get(f"/patients/{house.patient.pk}/")["Location"].startswith("/unlock/")
    assert tablet.get("/")["Location"].startswith("/unlock/")
    assert tablet.get(page).status_code == 200
    tablet.post("/unlock/", {"password": PASSWORD, "next": "/"})
    assert tablet.get("/").status_code == 200


def test_nothing_of_the_text_is_shown_before_the_birth_date(house: House) -> None:
    decided(house)
    tablet, page = handed_over(house)
    seen = tablet.get(page).content.decode()
    assert "date of birth" in seen
    assert "One Testcase" not in seen
    assert "off-label" not in seen
    assert "not the date of birth" in tablet.post(page, {"do": "open", "birth_date": "1980-05-06"}).content.decode()
    assert tablet.post(page, {"do": "sign", **ALL, "typed_name": "One Testcase"}).status_code == 200
    assert not Consent.objects.exists()
    assert tablet.post(page, {"do": "open", "birth_date": "1980-05-05"}).status_code == 302
    assert "off-label" in tablet.get(page).content.decode()


def test_after_five_wrong_birth_dates_the_link_is_dead(house: House) -> None:
    decided(house)
    tablet, page = handed_over(house)
    for _ in range(5):
        tablet.post(page, {"do": "open", "birth_date": "1990-01-01"})
    assert tablet.post(page, {"do": "open", "birth_date": "1980-05-05"}).status_code == 410


def test_ticks_are_there_again_after_the_browser_was_killed_and_nothing_is_half_signed(house: House) -> None:
    decided(house)
    tablet, page = opened(house)
    kept = tablet.post(
        page, {"do": "keep", "agree_off_label": "on", "agree_tell_team": "on"}, headers={"X-Unwound-Keep": "1"}
    )
    assert kept.status_code == 204
    after = Client()
    after.post(page, {"do": "open", "birth_date": "1980-05-05"})
    seen = after.get(page).content.decode()
    assert seen.count("checked") == 2
    assert not Consent.objects.exists()


def test_a_missing_tick_is_told_and_the_others_stay(house: House) -> None:
    decided(house)
    tablet, page = opened(house)
    some = {key: value for key, value in ALL.items() if key != "agree_day"}
    seen = tablet.post(page, {"do": "sign", **some, "typed_name": "One Testcase"}).content.decode()
    assert "Somebody takes me home" in seen
    assert "Not signed yet" in seen
    assert not Consent.objects.exists()
    assert tablet.get(page).content.decode().count("checked") == 5


@pytest.mark.parametrize("signature", [{"typed_name": "One Testcase"}, {"strokes": json.dumps(SQUIGGLE)}])
def test_the_patient_signs_and_the_team_prints_it(house: House, signature: dict[str, str]) -> None:
    decided(house)
    tablet, page = opened(house)
    answer = tablet.post(page, {"do": "sign", **ALL, **signature})
    assert answer.status_code == 302, answer.content.decode()
    assert "Your consent is signed" in tablet.get(page).content.decode()
    consent = Consent.objects.get()
    shown = house.client("nurse").get(f"/patients/{house.patient.pk}/consent/{consent.pk}/").content.decode()
    assert ("<polyline" in shown) == ("strokes" in signature)
    assert "taken by" in shown
    assert Client().get(page).status_code == 410
    event = AuditEvent.objects.filter(action="consent.sign").get()
    assert (event.who, event.detail["hash"]) == ("the patient", consent.text_hash)


@pytest.mark.parametrize("strokes", ["not json", "{}", '"x"', "7"])
def test_a_broken_drawing_gives_a_sentence_and_no_consent(house: House, strokes: str) -> None:
    decided(house)
    tablet, page = opened(house)
    answer = tablet.post(page, {"do": "sign", **ALL, "strokes": strokes})
    assert answer.status_code == 200
    assert "draw it again" in answer.content.decode()
    assert not Consent.objects.exists()


def test_a_link_taken_back_or_replaced_or_too_old_opens_nothing(house: House) -> None:
    patient = decided(house)
    first, token = offered(house)
    offered(house)
    assert Client().get(f"/c/{token}/").status_code == 410
    second, other = offered(house)
    treatment_consents.revoke_offer(by=house.by("nurse"), patient=patient, offer=second)
    assert Client().get(f"/c/{other}/").status_code == 410
    third, late = offered(house)
    ConsentOffer.objects.filter(pk=third.pk).update(expires_at=timezone.now())
    assert Client().get(f"/c/{late}/").status_code == 410
    assert Client().get("/c/guessed/").status_code == 404
    assert first.pk != second.pk != third.pk


def test_words_that_were_altered_later_are_told(house: House) -> None:
    decided(house)
    consent = signed(house)
    Consent.objects.filter(pk=consent.pk).update(text=consent.text.replace("24 hours", "2 hours"))
    shown = house.client("nurse").get(f"/patients/{house.patient.pk}/consent/{consent.pk}/").content.decode()
    assert "not the text that was signed" in shown


def test_the_form_wants_it_talked_through_first(house: House) -> None:
    decided(house)
    answer = house.client("nurse").post(f"/patients/{house.patient.pk}/consent/", {"protocol": COURSE, "where": "here"})
    assert "First discuss it" in answer.content.decode()
    assert not ConsentOffer.objects.exists()


def test_a_link_for_the_patients_own_screen_is_shown_once(house: House) -> None:
    decided(house)
    staff = house.client("physician")
    page = f"/patients/{house.patient.pk}/consent/"
    seen = staff.post(page, {"protocol": COURSE, "where": "away", "talked": "on"}).content.decode()
    assert "/c/" in seen
    assert "/c/" not in staff.get(page).content.decode()
    assert "not opened yet" in staff.get(page).content.decode()


def test_the_words_can_be_read_before_anything_is_laid_before_the_patient(house: House) -> None:
    decided(house)
    staff, page = house.client("nurse"), f"/patients/{house.patient.pk}/consent/words/"
    assert "off-label" in staff.get(page, {"protocol": COURSE}).content.decode()
    assert staff.get(page, {"protocol": "nothing"}).status_code == 302
    assert not ConsentOffer.objects.exists()


def test_a_link_of_somebody_else_signs_nothing_here(house: House) -> None:
    decided(house)
    offer, _ = offered(house)
    other = Patient.objects.create(
        site=house.site,
        family_name="Other",
        given_name="Test",
        birth_date=date(1970, 1, 1),
        registered_at=timezone.now(),
    )
    by = access.PatientLink(other.pk)
    with pytest.raises(Conflict, match="no longer valid"):
        treatment_consents.open_offer(by=by, patient=other, offer=offer, birth_date=other.birth_date)
    with pytest.raises(access.Refused):
        treatment_consents.open_offer(by=by, patient=house.patient, offer=offer, birth_date=house.patient.birth_date)
