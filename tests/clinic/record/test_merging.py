"""Two records of one person are made one by two people, and taken apart again; the old number leads on."""

from __future__ import annotations

from typing import Any

import pytest
from arriving import receive
from devices import oru
from in_session import checked_plan, infusing
from small_clinic import PASSWORD, House, register

from unwound_clinic.core import access, drafts, sealed, seals
from unwound_clinic.core.action import Conflict
from unwound_clinic.models import AuditEvent, Draft, Entry, Patient, Plan
from unwound_clinic.record.actions import entries, merging
from unwound_clinic.record.entries import New, current
from unwound_clinic.treatment.actions import plans


@pytest.fixture
def double(house: House) -> Patient:
    """The same person, registered a second time under a married name, with a number."""
    patient = register(house.by("nurse"), house.site, "Doublet", "One")
    Patient.objects.filter(pk=patient.pk).update(number="OLD-7")
    patient.refresh_from_db()
    patient.save()
    return patient


def know(house: House, patient: Patient, **facts: Any) -> None:
    found = tuple(New(kind="fact", key=key, value=value) for key, value in facts.items())
    entries.enter(by=house.by("nurse"), patient=patient, entries=found)


def told(patient: Patient) -> dict[str, Any]:
    return {entry.key: entry.value for entry in current(patient) if entry.kind == "fact"}


def merge(house: House, double: Patient, by: str = "nurse", second: str = "second", **more: Any) -> Any:
    given = {"patient": house.patient, "duplicate": double, "reason": "passport seen by both", **more}
    return merging.merge(by=house.by(by), second=access.Confirmed(house.users[second]), **given)


def apart(house: House, row: Any, by: str = "physician") -> None:
    second = access.Confirmed(house.users["nurse"])
    merging.take_apart(by=house.by(by), patient=house.patient, merged=row, second=second)


def test_letters_in_work_follow_the_record_and_come_back(house: House, double: Patient) -> None:
    writer, other = house.users["physician"], house.users["coordinator"]
    old, new = (drafts.LETTERS.format(patient.pk) for patient in (double, house.patient))
    for user, key in ((writer, f"{old}reply/#letter"), (other, f"{old}reply/#letter"), (other, f"{new}reply/#letter")):
        drafts.keep(user, key, {"opening": [key]})
    before = list(Draft.objects.order_by("pk").values())
    row = merge(house, double)
    assert [draft.key for draft in Draft.objects.order_by("pk")] == [
        f"{new}reply/#letter",
        f"{old}reply/#letter",
        f"{new}reply/#letter",
    ], "what its writer has begun in both stays where it was"
    apart(house, row)
    assert list(Draft.objects.order_by("pk").values()) == before


def test_everything_moves_and_comes_back_as_it_was(house: House, double: Patient) -> None:
    know(house, house.patient, weight_kg=70.0, has_fever=False)
    know(house, double, weight_kg=70.0, pregnant=False)
    know(house, double, pregnant=True)
    before = list(Entry.objects.order_by("id").values())
    row = merge(house, double)
    assert told(house.patient) == {"weight_kg": 70.0, "has_fever": False, "pregnant": True}
    assert not Entry.objects.filter(patient=double).exists()
    assert Entry.objects.filter(patient=house.patient, key="pregnant").count() == 2, "the history came too"
    apart(house, row)
    assert list(Entry.objects.order_by("id").values()) == before
    double.refresh_from_db()
    assert double.merged_into is None
    assert {event.patient_id for event in AuditEvent.objects.filter(action="patient.merge")} == {
        house.patient.pk, double.pk,
    }  # fmt: skip


def test_what_was_moved_still_fits_the_log_and_what_was_changed_does_not(house: House, double: Patient) -> None:
    know(house, double, weight_kg=70.0, pregnant=False)
    events = AuditEvent.objects.filter(detail__has_key=seals.NAME).order_by("number")
    merged = merge(house, double)
    assert sealed.compare(events).faults == []
    apart(house, merged)
    assert sealed.compare(events).faults == []
    entry = Entry.objects.filter(patient=double).first()
    assert entry is not None
    Entry.objects.filter(pk=entry.pk).update(patient=house.patient)
    assert sealed.compare(events).faults, "moved by no merge"


def test_what_was_added_since_stays_and_each_record_has_its_newest(house: House, double: Patient) -> None:
    know(house, double, pregnant=False)
    row = merge(house, double)
    know(house, house.patient, pregnant=True)
    apart(house, row)
    assert (told(house.patient), told(double)) == ({"pregnant": True}, {"pregnant": False})


def test_what_they_say_differently_is_decided_by_a_person_first(house: House, double: Patient) -> None:
    know(house, house.patient, pregnant=False)
    know(house, double, pregnant=True)
    with pytest.raises(Conflict, match="«pregnant»: «False» here, «True» there"):
        merge(house, double)
    know(house, double, pregnant=False)
    merge(house, double)
    assert told(house.patient) == {"pregnant": False}


@pytest.mark.parametrize(
    ("by", "second", "error"),
    [
        ("nurse", "nurse", "somebody else"),
        ("nurse", "administrator", "requires the role"),
        ("nurse", "stranger", "no role at this site"),
        ("auditor", "nurse", "requires the role"),
        ("stranger", "nurse", "no role at this site"),
    ],
)
def test_two_people_of_the_team_are_needed(house: House, double: Patient, by: str, second: str, error: str) -> None:
    with pytest.raises((Conflict, access.Refused), match=error):
        merge(house, double, by, second)
    double.refresh_from_db()
    assert double.merged_into is None


def test_a_name_alone_is_no_second_person(house: House, double: Patient) -> None:
    somebody: Any = house.users["second"]
    with pytest.raises(Conflict, match="two people"):
        merging.merge(by=house.by("nurse"), patient=house.patient, duplicate=double, reason="known", second=somebody)


def test_records_that_are_not_of_one_person_or_site_stay_two(house: House, double: Patient) -> None:
    with pytest.raises(Conflict, match="another site"):
        merge(house, house.others_patient)
    with pytest.raises(Conflict, match="same record"):
        merge(house, house.patient)
    Patient.objects.filter(pk=double.pk).update(birth_date="1981-05-05")
    with pytest.raises(Conflict, match="birth date differs"):
        merge(house, double)
    Patient.objects.filter(pk=double.pk).update(birth_date="1980-05-05", sex="male")
    with pytest.raises(Conflict, match="sex at birth differs"):
        merge(house, double)


def test_never_during_a_session(house: House, double: Patient) -> None:
    row = infusing(house)
    with pytest.raises(Conflict, match="in a session"):
        merge(house, double)
    row.state = "discharged"
    row.save()
    merged = merge(house, double)
    row.state = "recovering"
    row.save()
    with pytest.raises(Conflict, match="in a session"):
        apart(house, merged)


def test_one_order_may_be_open_and_what_rests_on_it_keeps_the_records_together(house: House, double: Patient) -> None:
    order = checked_plan(house)
    row = merging.merge(
        by=house.by("nurse"), patient=double, duplicate=house.patient, reason="known",
        second=access.Confirmed(house.users["second"]),
    )  # fmt: skip
    order.refresh_from_db()
    assert order.patient_id == double.pk
    plans.cancel(by=house.by("physician"), patient=double, plan=order, reason="another one")
    Plan.objects.create(
        patient=double, decision=order.decision, protocol=order.protocol, weight_kg=70, concentration_mg_per_ml=2,
        shown={}, version="1", data_fingerprint="", ordered_by=house.users["physician"], ordered_at=order.ordered_at,
    )  # fmt: skip
    with pytest.raises(Conflict, match="rests on a decision"):
        merging.take_apart(
            by=house.by("nurse"), patient=double, merged=row, second=access.Confirmed(house.users["second"])
        )


def test_the_old_number_leads_on_and_a_form_of_the_old_page_is_not_moved(house: House, double: Patient) -> None:
    client = house.client("nurse")
    merge(house, double)
    for page in ("", "consultation/medicines/", "ledger/", "letters/"):
        answer = client.get(f"/patients/{double.pk}/{page}")
        assert answer["Location"] == f"/patients/{house.patient.pk}/{page}"
    sent = client.post(f"/patients/{double.pk}/consultation/medicines/", {"form": "allergy", "substance": "latex"})
    assert sent.status_code == 409
    assert "was merged into that of One Testcase" in sent.content.decode()
    assert not Entry.objects.filter(kind="allergy").exists()
    assert house.client("stranger").get(f"/patients/{double.pk}/").status_code == 403
    shown = client.post("/patients/", {"q": "old-7"}, follow=True).content.decode()
    assert "Testcase, One" in shown
    assert "Doublet" not in client.get("/patients/").content.decode()
    again = {"family_name": "Doublet", "given_name": "One", "birth_date": "1980-05-05"}
    assert f'href="/patients/{house.patient.pk}/"' in client.post("/patients/new/", again).content.decode()


def test_a_monitor_that_knows_the_old_number_finds_the_patient(house: House, double: Patient) -> None:
    merge(house, double)
    row = infusing(house)
    receive(house, oru(1, patient_id="OLD-7", bed=""))
    receive(house, oru(2, patient_id=f"{double.pk}^^^UNWOUND", bed=""))
    assert row.messages.count() == 2


def test_on_the_page_both_stand_beside_each_other_and_two_passwords_are_needed(house: House, double: Patient) -> None:
    client, page = house.client("nurse"), f"/patients/{house.patient.pk}/merge/"
    looked = client.post(page, {"do": "look", "other": str(double.pk)}).content.decode()
    assert "Doublet, One" in looked
    assert "OLD-7" in looked
    assert AuditEvent.objects.filter(action="view", patient_id=double.pk).exists()
    form = {"do": "merge", "other": str(double.pk), "reason": "known", "person": house.users["second"].pk}
    assert "Incorrect password" in client.post(page, {**form, "password": "x"}).content.decode()
    assert client.post(page, {**form, "password": PASSWORD}).status_code == 302
    row = house.patient.merges.get()
    undo = {"do": "apart", "merged": row.pk, "apart-person": house.users["second"].pk, "apart-password": PASSWORD}
    assert client.post(page, undo).status_code == 302
    assert client.get(f"/patients/{double.pk}/").status_code == 200
    for other in ("0", "x", "9" * 18, str(house.patient.pk), str(house.others_patient.pk)):
        assert "no other record" in client.post(page, {"do": "look", "other": other}).content.decode()
