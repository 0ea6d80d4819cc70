"""A patient in a session: the checked order of the small clinic, an appointment, and every step up to the infusion."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from coordinated import COURSE, decided
from django.utils import timezone
from kept_rows import kept
from small_clinic import House

from unwound_clinic.core import access
from unwound_clinic.models import Consent, InfusionSession, Plan, VitalReading
from unwound_clinic.session import order
from unwound_clinic.session.actions import alerts, appointments, controlled_drug, course, preparation
from unwound_clinic.treatment import second_check
from unwound_clinic.treatment.actions import plans

START = {"systolic": 124.0, "diastolic": 78.0, "heart_rate": 70.0, "spo2": 98.0, "respiratory_rate": 14.0}
TODAY = {
    "hours_without_food": 8.0,
    "hours_without_drink": 3.0,
    "driver": "her son",
    "pregnancy_possible": False,
    "rescue_checked": True,
    "suction_checked": True,
}
POLL = {"X-Unwound-Poll": "1"}
"""What a screen sends that asks by itself."""
JUST_NOW = timedelta(seconds=30)
"""A session that began so long ago is one of which nothing has become due."""


def checked_plan(house: House) -> Plan:
    """Decided, consented, ordered and checked (in each process once for a house as it was built)."""
    kept("checked plan", lambda: _checked_plan(house))
    house.patient.refresh_from_db()
    return house.patient.plans.get()


def _checked_plan(house: House) -> None:
    patient = decided(house)
    now = timezone.now()
    Consent.objects.create(
        patient=patient,
        protocol=COURSE,
        text_version="1",
        text="words",
        text_hash="0" * 64,
        signed_name=patient.full_name,
        signed_at=now,
        expires_on=now.date() + timedelta(days=90),
        taken_by=house.users["nurse"],
    )
    total = plans.calculate(
        patient, COURSE, concentration_mg_per_ml=2.0, start_on=None, drug=None, despite=(), now=now
    ).total_mg
    plan = plans.order(
        by=house.by("physician"),
        patient=patient,
        protocol=COURSE,
        concentration_mg_per_ml=2.0,
        seen_total_mg=total,
    )
    differs = plans.check(
        by=house.by("anaesthesia-provider"), patient=patient, plan=plan, worked_out=second_check.WorkedOut.of(plan)
    )
    assert not differs


def scheduled(house: House, at: datetime | None = None) -> InfusionSession:
    """The first session of the course."""
    plan = checked_plan(house)
    made = appointments.schedule(
        by=house.by("coordinator"),
        patient=house.patient,
        plan=plan,
        first_at=at or timezone.now(),
        bed="Bed 3",
        provider=house.users["physician"],
        days=(1,),
    )
    return made[0]


def another_today(house: House, row: InfusionSession, bed: str = "") -> InfusionSession:
    """The next session of a course, also today: none can be made so any more, rows of before may be."""
    (made,) = appointments.schedule(
        by=house.by("nurse"), patient=house.patient, plan=row.plan, first_at=timezone.now() + timedelta(days=1),
        days=(2,), bed=bed,
    )  # fmt: skip
    InfusionSession.objects.filter(pk=made.pk).update(scheduled_at=row.scheduled_at)
    made.refresh_from_db()
    return made


def checked_in(house: House) -> InfusionSession:
    """The patient is here."""
    row = scheduled(house)
    return appointments.check_in(
        by=house.by("nurse"),
        patient=house.patient,
        session=row,
        identifiers={"name": "said", "birth-date": "1980-05-05"},
    )


def prepared(house: House, *, without: tuple[str, ...] = ()) -> InfusionSession:
    """Everything before the start is known, but what is left out: a name of TODAY, weight, baseline, syringe."""
    kept(f"prepared without {without}", lambda: _prepared(house, without), JUST_NOW)
    house.patient.refresh_from_db()
    return InfusionSession.objects.latest("pk")


def _prepared(house: House, without: tuple[str, ...]) -> None:
    row = checked_in(house)
    given = {"by": house.by("nurse"), "patient": house.patient, "session": row}
    known = {name: value for name, value in TODAY.items() if name not in without}
    if "weight" not in without:
        known["weight_kg"] = row.plan.weight_kg
    preparation.record_today(**given, answers=known)
    if "baseline" not in without:
        preparation.baseline(**given, values=START)
    if not {"syringe", "weight"} & set(without):  # the second person's weight is compared with the one charted
        checker = access.Confirmed(house.users["anaesthesia-provider"])
        preparation.prepare(**given, checker=checker, syringe=preparation.Syringe.of(row))


def infusing(house: House) -> InfusionSession:
    """The infusion runs, and what is in the syringe is charted."""
    kept("infusing", lambda: _infusing(house), JUST_NOW)
    house.patient.refresh_from_db()
    return InfusionSession.objects.latest("pk")


def _infusing(house: House) -> None:
    row = prepared(house)
    given = {"by": house.by("nurse"), "patient": house.patient, "session": row}
    preparation.ready(**given)
    controlled_drug.account(**given, what="drawn", lot="K-77", drug="racemic ketamine", mg="200", alone="a test alone")
    run = order.run_of(row)
    assert run is not None
    course.start(**given, rate_mg_per_h=run.rates[0].mg_per_h)


def recovering(house: House) -> InfusionSession:
    """It has ended."""
    row = infusing(house)
    return course.stop(by=house.by("nurse"), patient=house.patient, session=row)


def given(house: House, row: InfusionSession, role: str = "nurse") -> dict[str, Any]:
    """Who acts in whose session."""
    return {"by": house.by(role), "patient": house.patient, "session": row}


def record_new(house: House, row: InfusionSession) -> int:
    """How many alerts that are not in the record yet the watch puts there now."""
    return alerts.record_new(by=access.Device("watch", house.site.pk), site=house.site, session=row)


def monitored(house: House, row: InfusionSession, *values: float, sign: str = "spo2", every_s: int = 10) -> None:
    """Readings of a probe, the last of them now."""
    now = timezone.now()
    VitalReading.objects.bulk_create(
        VitalReading(
            session=row, at=now - timedelta(seconds=every_s * back), received_at=now, sign=sign, value=value,
            source="probe",
        )
        for back, value in enumerate(reversed(values))
    )  # fmt: skip
    InfusionSession.objects.filter(pk=row.pk).update(changed=InfusionSession.objects.get(pk=row.pk).changed + 1)
