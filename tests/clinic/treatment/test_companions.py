"""Guardian, interpreter, chaperone; consent signed in the patient's place, and in another language."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from coordinated import COURSE, decided
from django.utils import timezone
from in_session import infusing
from small_clinic import House

from unwound import consents
from unwound.record import UnwoundError
from unwound_clinic.core import access, sealed
from unwound_clinic.core.action import Conflict
from unwound_clinic.letters import content
from unwound_clinic.models import AuditEvent, Companion, Consent, ConsentOffer
from unwound_clinic.operations import integrity
from unwound_clinic.session.infusion_record import head
from unwound_clinic.treatment import companions
from unwound_clinic.treatment.actions import companions as companion_actions
from unwound_clinic.treatment.actions import consents as consent_actions
from unwound_clinic.treatment.companions import Beside
from unwound_clinic.treatment.pages.consent import text_for

MOTHER = {"role": "guardian", "name": "Ada Testcase", "relation": "mother"}
HELPER = {
    "role": "interpreter",
    "name": "Ana Testcase",
    "language": "Spanish",
    "presence": "telephone",
    "licence": "12",
}


def here(house: House, **what: str) -> Companion:
    today = timezone.now().astimezone(house.site.zone).date()
    return companion_actions.record(by=house.by("nurse"), patient=house.patient, **{"on": today, **what})


def offered(house: House, **beside: Any) -> ConsentOffer:
    text = text_for(house.patient, {"protocol": COURSE})
    nurse, both = house.by("nurse"), Beside(**beside)
    return consent_actions.offer(by=nurse, patient=house.patient, here=True, beside=both, **text)[0]


def signed(house: House, offer: ConsentOffer, name: str) -> Consent:
    return consent_actions.sign(
        by=access.patient_link(offer), patient=house.patient, offer=offer, typed_name=name,
        choices={line["id"]: True for line in offer.statements}, text_hash=consents.fingerprint(offer.text),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ({**MOTHER, "relation": " "}, "relation"),
        ({**MOTHER, "name": ""}, "name"),
        ({**HELPER, "language": ""}, "language"),
        ({**HELPER, "presence": "declined"}, "only a chaperone"),
        ({"role": "friend", "name": "x"}, "what the person was there for"),
        ({"role": "chaperone", "name": "x", "presence": "by post"}, "how they took part"),
    ],
)
def test_each_role_needs_its_own(house: House, what: dict[str, str], says: str) -> None:
    with pytest.raises(Conflict, match=says):
        here(house, **what)


def test_a_chaperone_who_was_declined_has_no_name_and_is_on_record(house: House) -> None:
    assert here(house, role="chaperone", presence="declined").line == (
        "Chaperone: offered, and declined by the patient"
    )


def test_a_visit_is_not_tomorrow(house: House) -> None:
    tomorrow = timezone.now().astimezone(house.site.zone).date() + timedelta(days=1)
    with pytest.raises(Conflict, match="in the future"):
        companion_actions.record(by=house.by("nurse"), patient=house.patient, on=tomorrow, **MOTHER)


def test_an_error_is_struck_out_and_stays_and_the_row_is_sealed(house: House) -> None:
    row = here(house, **MOTHER)
    companion_actions.strike_out(by=house.by("nurse"), patient=house.patient, companion=row, reason="the aunt")
    page = house.client("nurse").get(f"/patients/{house.patient.pk}/companions/").content.decode()
    assert "<s>" in page
    assert "the aunt" in page
    assert companions.present(house.patient, row.on, "guardian") == []
    assert not integrity.faults()
    Companion.objects.update(name="Somebody Else")
    assert sealed.compare(AuditEvent.objects.filter(detail__has_key="rows")).faults


def test_a_mother_signs_and_the_childs_own_word_stands_in_what_is_signed(house: House) -> None:
    decided(house)
    mother = here(house, **MOTHER)
    offer = offered(house, proxy=mother, ground="parent", assent="agrees", assent_words="I want it\nto hurt less")
    first = offer.text.splitlines()[0]
    assert first == (
        f"Signed for {house.patient.full_name} by Ada Testcase (mother), parent of a minor, with parental "
        "responsibility. Asked in words they understand, the patient agrees: «I want it to hurt less»."
    )
    with pytest.raises(Conflict, match="Ada Testcase"):
        signed(house, offer, house.patient.full_name)
    consent = signed(house, offer, "ada  testcase")
    assert (consent.signed_name, consent.beside["proxy"]) == ("ada  testcase", "Ada Testcase")
    assert not integrity.faults()
    page = house.client("nurse").get(f"/patients/{house.patient.pk}/consent/{consent.pk}/").content.decode()
    assert "parental responsibility" in page
    assert "parental responsibility" in content._beside(house.patient)[0]


def test_who_signs_for_another_cannot_be_signed_for_by_the_patient_and_the_other_way_round(house: House) -> None:
    decided(house)
    offer = offered(house)
    with pytest.raises(Conflict, match="type your full name"):
        signed(house, offer, "Ada Testcase")
    assert signed(house, offer, house.patient.full_name).beside == {}


@pytest.mark.parametrize(
    ("beside", "says"),
    [
        ({"ground": "", "assent": "agrees"}, "legal ground"),
        ({"ground": "friend", "assent": "agrees"}, "legal ground"),
        ({"ground": "parent", "assent": ""}, "ask the patient too"),
        ({"ground": "parent", "assent": "refuses"}, "the patient refuses"),
    ],
)
def test_no_consent_in_the_patients_place_without_ground_and_own_word(
    house: House, beside: dict[str, str], says: str
) -> None:
    decided(house)
    with pytest.raises(Conflict, match=says):
        offered(house, proxy=here(house, **MOTHER), **beside)
    assert not ConsentOffer.objects.exists()


def test_who_was_not_there_today_or_was_struck_out_signs_nothing(house: House) -> None:
    decided(house)
    given = {"ground": "parent", "assent": "agrees"}
    yesterday = timezone.now().astimezone(house.site.zone).date() - timedelta(days=1)
    for row in (here(house, **MOTHER, on=yesterday), here(house, **HELPER)):  # type: ignore[arg-type]
        with pytest.raises(Conflict, match="not recorded as guardian"):
            offered(house, proxy=row, **given)
    mother = here(house, **MOTHER)
    companion_actions.strike_out(by=house.by("nurse"), patient=house.patient, companion=mother, reason="wrong")
    with pytest.raises(Conflict, match="not recorded as guardian"):
        offered(house, proxy=mother, **given)


def test_in_another_language_an_interpreter_is_named(house: House) -> None:
    decided(house)
    with pytest.raises(Conflict, match="record the interpreter"):
        offered(house, language="Spanish")
    offer = offered(house, language="Spanish", interpreter=here(house, **HELPER))
    assert offer.text.startswith(
        "Discussed in Spanish with help. Interpreter: Ana Testcase, Spanish, by telephone, licence 12."
    )


def test_by_page_and_on_the_record_of_the_session(house: House) -> None:
    row = infusing(house)
    client, number = house.client("nurse"), house.patient.pk
    today = row.scheduled_at.astimezone(house.site.zone).date().isoformat()
    assert (
        client.post(f"/patients/{number}/companions/", {"on": today, "presence": "telephone", **HELPER}).status_code
        == 302
    )
    assert ("Present", Companion.objects.get().line) in list(head.present(row))
    assert "licence 12" in client.get(f"/sessions/{row.pk}/record/").content.decode()
    form = {"protocol": COURSE, "talked": "on", "where": "away", "language": "Spanish"}
    page = client.post(f"/patients/{number}/consent/", form).content.decode()
    assert "record the interpreter of today" in page
    page = client.post(f"/patients/{number}/consent/", {**form, "interpreter": Companion.objects.get().pk})
    assert page.status_code == 200
    assert ConsentOffer.objects.get().beside["language"] == "Spanish"


@pytest.mark.parametrize(("status", "signs"), [("draft", False), ("reviewed", True)])
def test_a_text_in_another_language_counts_only_when_a_person_signed_for_it(
    monkeypatch: pytest.MonkeyPatch, status: str, signs: bool
) -> None:
    ours = consents.consents()["ketamine_infusion"]
    spanish = ours.model_copy(update={"language": "es", "status": status})
    monkeypatch.setattr(consents, "consents", lambda: {"a_spanish": spanish, "ketamine_infusion": ours})
    assert consents.consent_for("pain") == ("ketamine_infusion", ours)
    assert consents.languages("pain") == (("en", "es") if signs else ("en",))
    if signs:
        assert consents.consent_for("pain", "es") == ("a_spanish", spanish)
        return
    with pytest.raises(UnwoundError, match="no person has signed"):
        consents.consent_for("pain", "es")
