"""A record erased for good: nothing of the person is left but what is said to stay, and the log still verifies."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from in_session import infusing
from small_clinic import PASSWORD, House

from unwound_clinic.core import access, audit
from unwound_clinic.core.access import Confirmed
from unwound_clinic.core.action import Conflict
from unwound_clinic.models import (
    Alarm,
    AuditEvent,
    Consent,
    Decision,
    Draft,
    Entry,
    InfusionSession,
    Letter,
    Message,
    OrderState,
    Patient,
    Plan,
    SessionEvent,
    SessionPast,
    VitalReading,
)
from unwound_clinic.operations import erasing, integrity
from unwound_clinic.record import retention
from unwound_clinic.record.actions import entries, erasure, patients
from unwound_clinic.record.entries import New

FAMILY, GIVEN = "Zyxwander", "Quillonia"
SEEDED = (FAMILY, GIVEN, "quillonia@example.test", "Ankle broke at Oxgang mill")


def seeded(house: House) -> Patient:
    """A patient whose name stands wherever a clinic writes one: record, letter, message of a monitor, log, draft."""
    row = infusing(house)
    patient, nurse = house.patient, house.by("nurse")
    patients.correct(by=nurse, patient=patient, reason=f"she is {GIVEN}", family_name=FAMILY, given_name=GIVEN,
                     email=SEEDED[2])  # fmt: skip
    patients.correct(by=nurse, patient=patient, reason="typed wrongly", phone="555 0199")  # the name is in «before» too
    entries.enter(by=nurse, patient=patient, entries=(New(kind="story", key="story", value={"text": SEEDED[3]}),))
    assert row.readings.exists()
    SessionPast.objects.create(session=row, until=timezone.now(), readings=1, last=1, rewound=0, rests_on="x",
                               content=GIVEN.encode())  # fmt: skip
    raw = f"PID|||1||{FAMILY}^{GIVEN}".encode()
    Message.objects.create(
        site=house.site, sender="m", digest=integrity._sha256(raw), received_at=patient.registered_at, raw=raw,
        answer="AA", session=row, patient_ids=[FAMILY],
    )  # fmt: skip
    Letter.objects.create(patient=patient, kind="summary", addressee=FAMILY, content={"x": GIVEN}, pdf=FAMILY.encode(),
                          written_at=patient.registered_at, written_by=house.users["physician"])  # fmt: skip
    for consent in Consent.objects.all():  # this one was made without its page
        Consent.objects.filter(pk=consent.pk).update(text_hash=integrity._sha256(consent.text.encode()))
    Alarm.objects.create(patient=patient, finding="x", text=f"{GIVEN} is numb", raised_at=timezone.now(),
                         seen_at=timezone.now(), seen_by=house.users["nurse"])  # fmt: skip
    Draft.objects.create(user=house.users["nurse"], key=f"/patients/{patient.pk}/personal/#", fields={"a": FAMILY},
                         at=timezone.now())  # fmt: skip
    InfusionSession.objects.filter(pk=row.pk).update(state="discharged")
    Plan.objects.update(state=OrderState.DONE)
    patient.refresh_from_db()
    return patient


def second(house: House) -> Confirmed:
    return Confirmed(house.users["nurse"])


def erase(house: House, patient: Patient, **more: Any) -> None:
    given = {"second": second(house), "reason": "the law", "ground": "asked for by the person", **more}
    erasure.erase(by=house.by("physician"), patient=patient, **given)


def every_value() -> Iterator[tuple[str, str]]:
    """Every value of every row of every table, as text; what is stored as bytes too."""
    for model in apps.get_models(include_auto_created=True):
        for row in model._base_manager.values():
            for name, value in row.items():
                shown = bytes(value).decode("utf-8", "replace") if isinstance(value, bytes | memoryview) else str(value)
                yield f"{model.__name__}.{name} of {row.get('id')}", shown


def left() -> set[str]:
    """Where one of the seeded words is left."""
    return {where for where, value in every_value() for word in SEEDED if word.casefold() in value.casefold()}


@pytest.fixture
def no_folder(tmp_path: Path, settings: Any) -> Path:
    settings.DATA = tmp_path
    return tmp_path


def test_nothing_of_the_person_is_left_and_the_log_still_verifies(house: House) -> None:
    patient = seeded(house)
    assert len(left()) > 8
    before = {event.number: event.digest for event in AuditEvent.objects.all()}
    assert not integrity.faults()
    erase(house, patient)
    assert left() == set()
    assert not integrity.faults()
    assert {event.number: event.digest for event in AuditEvent.objects.all()}.items() >= before.items()
    patient.refresh_from_db()
    assert (patient.name, patient.birth_date, patient.erased_at is not None) == (erasure.NAME, None, True)
    assert not Entry.objects.filter(patient=patient).exists()
    assert not VitalReading.objects.filter(session__patient=patient).exists()
    assert not Consent.objects.filter(patient=patient).exists()


def test_what_stays_is_the_log_of_controlled_drugs_and_it_can_be_read(house: House) -> None:
    patient = seeded(house)
    row = InfusionSession.objects.get()
    kept = list(SessionEvent.objects.filter(kind="drug").values_list("pk", "content"))
    assert kept
    erase(house, patient)
    assert list(SessionEvent.objects.values_list("pk", "content")) == kept
    assert Decision.objects.get().shown == Plan.objects.get().shown == {}
    assert "K-77" in house.client("nurse").get(f"/sessions/{row.pk}/drug/").content.decode()
    for path in (f"/sessions/{row.pk}/", f"/sessions/{row.pk}/record/", f"/patients/{patient.pk}/"):
        answer = house.client("nurse").get(path)
        assert answer.status_code == 409
        assert "erased" in answer.content.decode()
    assert erasure.NAME not in house.client("nurse").get("/patients/").content.decode()
    event = AuditEvent.objects.get(action="patient.erase")
    assert (event.who, event.detail["second"]) == ("Test Physician", "Test Nurse")
    assert "controlled drugs" in event.detail["stays"]


def test_what_was_merged_into_it_goes_with_it(house: House) -> None:
    other = patients.register(by=house.by("nurse"), site=house.site, family_name=FAMILY, given_name=GIVEN)
    Patient.objects.filter(pk=other.pk).update(merged_into=house.patient)
    erase(house, house.patient)
    assert left() == set()
    other.refresh_from_db()
    assert other.family_name == erasure.NAME
    assert FAMILY.casefold() not in other.search


@pytest.mark.parametrize(
    "harm",
    [
        lambda event: AuditEvent.objects.filter(pk=event.pk).update(who="Somebody Else"),
        lambda event: AuditEvent.objects.filter(pk=event.pk).update(detail={"erased": "yes"}),
        lambda event: AuditEvent.objects.filter(pk=event.pk).update(detail={**event.detail, "reason": "another"}),
        lambda event: AuditEvent.objects.filter(pk=event.pk).delete(),
    ],
)
def test_an_erasure_opens_no_door_for_changing_other_events(house: House, harm: Any) -> None:
    erase(house, seeded(house))
    assert audit.verify() is None
    harm(AuditEvent.objects.get(action="patient.erase"))
    assert audit.verify() is not None


def test_an_emptied_event_that_no_erasure_names_is_a_fault(house: House) -> None:
    seeded(house)
    event = AuditEvent.objects.filter(action="patient.correct").first()
    assert event is not None
    AuditEvent.objects.filter(pk=event.pk).update(detail=audit.EMPTIED)
    assert "altered" in str(audit.verify())


def test_an_emptied_event_is_still_held_to_its_place(house: House) -> None:
    erase(house, seeded(house))
    event = AuditEvent.objects.filter(detail=audit.EMPTIED).first()
    assert event is not None
    AuditEvent.objects.filter(pk=event.pk).update(digest="0" * 64)
    assert audit.verify() is not None


def test_others_keep_everything_and_it_is_still_sealed(house: House) -> None:
    patient = seeded(house)
    other = patients.register(by=house.by("nurse"), site=house.site, family_name="Testcase", given_name="Other")
    entries.enter(by=house.by("nurse"), patient=other, entries=(New(kind="story", key="story", value={"text": "x"}),))
    erase(house, patient)
    entry = Entry.objects.get(patient=other)
    assert AuditEvent.objects.filter(patient_id=other.pk, detail=audit.EMPTIED).count() == 0
    Entry.objects.filter(pk=entry.pk).update(value={"text": "y"})
    assert integrity.faults()


def test_during_a_course_it_is_refused(house: House) -> None:
    patient = seeded(house)
    for change, back, says in (
        (lambda: InfusionSession.objects.update(state="infusing"), lambda: InfusionSession.objects.update(
            state="discharged"), "session is planned or under way"),
        (lambda: Plan.objects.update(state=OrderState.CHECKED), lambda: Plan.objects.update(state=OrderState.DONE),
         "an order stands"),
        (lambda: Alarm.objects.update(seen_at=None), lambda: Alarm.objects.update(seen_at=timezone.now()),
         "alarm is open"),
    ):  # fmt: skip
        change()
        with pytest.raises(Conflict, match=says):
            erase(house, patient)
        back()
    assert left()
    erase(house, patient)


@pytest.mark.parametrize(
    ("more", "says"),
    [({"reason": " "}, "reason"), ({"ground": ""}, "legal basis"), ({"second": None}, "two people")],
)
def test_two_people_a_reason_and_a_ground_before_its_time(house: House, more: dict[str, Any], says: str) -> None:
    with pytest.raises(Conflict, match=says):
        erase(house, house.patient, **more)
    with pytest.raises(Conflict, match="somebody else"):
        erase(house, house.patient, second=Confirmed(house.users["physician"]))
    with pytest.raises(access.Refused):
        erasure.erase(by=house.by("nurse"), patient=house.patient, second=second(house), reason="x")


def test_by_page(house: House, no_folder: Path) -> None:
    (no_folder / "mail").mkdir()
    (no_folder / "mail" / "1.log").write_text(f"Dear {house.patient.full_name}", "utf-8")
    (no_folder / "mail" / "2.log").write_text("Dear other", "utf-8")
    words = [house.patient.full_name]
    client, page = house.client("physician"), f"/patients/{house.patient.pk}/erase/"
    assert "What stays" in client.get(page).content.decode()
    data = {"reason": "the law", "ground": "asked for", "person": house.users["nurse"].pk, "password": PASSWORD}
    assert client.post(page, {**data, "password": "wrong"}).status_code == 200
    assert client.post(page, data).headers["Location"] == "/patients/"
    erasing.clean(words)
    assert [path.name for path in (no_folder / "mail").iterdir()] == ["2.log"]


YEAR = timedelta(days=365)


@pytest.mark.parametrize(
    ("years", "age", "born", "expected"),
    [
        (None, None, date(1980, 5, 5), None),
        (10, None, date(1980, 5, 5), date(2030, 2, 28)),
        (10, 25, date(1980, 5, 5), date(2030, 2, 28)),
        (10, 25, date(2010, 5, 5), date(2035, 5, 5)),
        (10, 25, None, None),
        (None, 25, date(2010, 5, 5), None),
    ],
)
def test_a_record_is_kept_for_the_later_of_both_times(
    house: House, years: int | None, age: int | None, born: date | None, expected: date | None
) -> None:
    house.site.keep_years, house.site.keep_until_age = years, age
    house.patient.site, house.patient.birth_date = house.site, born
    assert retention.erasable_from(house.patient, date(2020, 2, 28)) == expected


def test_after_29_february_a_record_is_kept_a_day_longer_not_shorter(house: House) -> None:
    house.site.keep_years, house.patient.site = 1, house.site
    assert retention.erasable_from(house.patient, date(2024, 2, 29)) == date(2025, 3, 1)


def test_the_list_holds_whose_time_is_over_and_anything_written_since_counts(house: House) -> None:
    today = timezone.now().date()
    Patient.objects.update(registered_at=timezone.now() - 11 * YEAR)
    assert retention.due(house.site, today) == []
    house.site.keep_years = 10
    house.site.save()
    (row,) = retention.due(house.site, today)
    assert row.patient == house.patient
    assert house.patient.name in house.client("physician").get("/retention/").content.decode()
    entries.enter(
        by=house.by("nurse"), patient=house.patient, entries=(New(kind="story", key="story", value={"text": "z"}),)
    )
    assert retention.due(house.site, today) == []


@pytest.mark.one_database
def test_the_list_asks_as_often_for_twenty_patients_as_for_one(house: House, django_assert_num_queries: Any) -> None:
    today, infused = timezone.now().date(), infusing(house)
    house.site.keep_years = 10
    house.site.save()
    with CaptureQueriesContext(connection) as for_one:
        assert retention.due(house.site, today) == []
    before = timezone.now() - 30 * YEAR
    Patient.objects.bulk_create(
        Patient(
            site=house.site,
            number=f"T-{n}",
            family_name=f"Testcase{n}",
            given_name="Old",
            registered_at=before,
            birth_date=date(1950, 1, 1),
        )
        for n in range(20)
    )
    SessionEvent.objects.filter(session=infused).update(at=timezone.now() + YEAR)  # what a session says counts too
    with django_assert_num_queries(len(for_one)):
        listed = retention.due(house.site, today)
    assert [row.last for row in listed] == [before.astimezone(house.site.zone).date()] * 20
    assert retention.last_contact(house.patient) > today + YEAR - timedelta(days=2)


def test_every_kind_of_row_about_a_patient_is_known_to_the_erasure() -> None:
    """A kind that is added later names its patient, or what already names one; else it would stay, in silence."""
    named = {model for model, _ in retention.of_patients()}
    assert {Entry, Letter, Consent, Decision, Plan, InfusionSession, Alarm} <= named


@pytest.mark.thorough
@pytest.mark.django_db(transaction=True)
def test_the_file_of_the_database_holds_nothing_of_it_either(house: House) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL frees the space by itself, later: docs/how-to/run-a-clinic.md says so")
    patient = seeded(house)
    place = Path(connection.settings_dict["NAME"])
    with closing(sqlite3.connect(place)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert FAMILY.encode() in place.read_bytes()
    erase(house, patient)
    erasing.clean([FAMILY])
    for file in place.parent.glob(f"{place.name}*"):
        assert not [word for word in SEEDED if word.encode() in file.read_bytes()], file.name
