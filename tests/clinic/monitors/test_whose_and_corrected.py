"""Whose a message is, what it takes back, where it moves a patient: what disagrees or moves waits for a person."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from arriving import receive, session
from django.utils import timezone
from small_clinic import House

from unwound.session.signs import ReadingState
from unwound_clinic.models import Correction, InfusionSession, Message, Patient, VitalReading
from unwound_clinic.monitors import actions
from unwound_clinic.session import watching


def oru(number: int, *obx: str, pid: str = "PID|||", bed: str = "B1", at: datetime | None = None) -> bytes:
    stamp = f"{at or timezone.now():%Y%m%d%H%M%S}+0000"
    head = f"MSH|^~\\&|MON1|ICU|||{stamp}||ORU^R01^ORU_R01|C{number}|P|2.6"
    return "\r".join((head, pid, f"PV1||I|^^{bed}", f"OBR|1||||||{stamp}", *obx)).encode()


def spo2(value: object, state: str = "F", flag: str = "") -> str:
    return f"OBX|1|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.3.1|{value}|262688^MDC_DIM_PERCENT^MDC||{flag}|||{state}"


@pytest.mark.parametrize(
    ("pid", "charted"),
    [
        ("PID|||", True),
        ("PID|||case-77", True),
        ("PID|||N-1^^^HOSP^MR||Testcase^One||19800505", True),
        ("PID|||||TESTCASE", True),
        ("PID|||||Jones^Mary", False),
        ("PID|||||||19800506", False),
        ("PID|||N-9^^^HOSP^MR", False),
        ("PID|||N-1^^^HOSP^MR||Jones^Mary", False),
    ],
)
def test_a_bed_that_fits_is_not_enough_where_the_patient_is_another(house: House, pid: str, charted: bool) -> None:
    Patient.objects.filter(pk=house.patient.pk).update(number="N-1", birth_date=date(1980, 5, 5))
    here = session(house)
    stored = receive(house, oru(1, spo2(97), pid=pid))[0]
    assert (here.readings.count() == 1) is charted
    assert bool(stored.doubt) is not charted
    assert stored.answer == "AA"


def live_values(row: InfusionSession) -> list[float | None]:
    return sorted(reading.value or 0 for reading in watching.live(row).readings)


def test_a_correction_replaces_and_both_stay(house: House) -> None:
    here, at = session(house), timezone.now().replace(microsecond=0)
    receive(house, oru(1, spo2(79), at=at))
    receive(house, oru(2, spo2(97, "C"), at=at))
    here.refresh_from_db()
    assert live_values(here) == [97]
    assert sorted(here.readings.values_list("value", flat=True)) == [79, 97]
    event = here.events.get(kind="reading-in-error")
    assert (event.content["value"], event.content["reason"]) == (79, "corrected by the device: 97 instead")
    assert Correction.objects.get().event == event


@pytest.mark.parametrize("state", ["D", "W"])
def test_what_is_taken_back_is_struck_and_stays(house: House, state: str) -> None:
    here, at = session(house), timezone.now().replace(microsecond=0)
    receive(house, oru(1, spo2(79), at=at), oru(2, spo2(96), at=at - timedelta(seconds=5)))
    receive(house, oru(3, spo2(79, state), at=at))
    here.refresh_from_db()
    assert live_values(here) == [96]
    assert here.readings.filter(taken_back__isnull=False).get().value == 79


def test_within_one_commit_and_sent_again_it_is_the_same(house: House) -> None:
    here, at = session(house), timezone.now().replace(microsecond=0)
    receive(house, oru(1, spo2(79), at=at), oru(2, spo2(97, "C"), at=at))
    receive(house, oru(3, spo2(79), at=at))  # the first again, under another number
    here.refresh_from_db()
    assert live_values(here) == [97]


def test_a_correction_of_another_time_probe_or_sender_strikes_nothing(house: House) -> None:
    here, at = session(house), timezone.now().replace(microsecond=0)
    receive(house, oru(1, spo2(79), at=at))
    receive(house, oru(2, spo2(97, "C"), at=at + timedelta(seconds=1)))
    receive(house, oru(3, spo2(97, "C").replace("1.3.1", "1.3.2"), at=at))
    receive(house, oru(4, spo2(79, "D"), at=at).replace(b"MON1", b"MON2"))
    here.refresh_from_db()
    assert live_values(here) == [79, 97, 97]


def test_what_was_assigned_later_is_struck_too(house: House) -> None:
    here, at = session(house), timezone.now().replace(microsecond=0)
    receive(house, oru(1, spo2(79), bed="nowhere", at=at), oru(2, spo2(97, "C"), bed="nowhere", at=at))
    given: dict[str, Any] = {"by": house.by("nurse"), "patient": house.patient, "session": here}
    actions.assign_readings(**given, messages=Message.objects.all())
    here.refresh_from_db()
    assert live_values(here) == [97]


def test_a_doubted_value_is_charted_with_its_mark_and_shown(house: House) -> None:
    here = session(house)
    receive(house, oru(1, spo2(61, flag="QUES")))
    stored = VitalReading.objects.get()
    assert (stored.value, stored.status, stored.session) == (61, ReadingState.QUESTIONABLE, here)
    assert "QUES" in stored.as_sent
    page = house.client("nurse").get(f"/sessions/{here.pk}/").content.decode()
    assert "doubted by the device" in page


def test_a_monitor_of_which_nothing_is_understood_is_named_in_its_room(house: House) -> None:
    here = session(house)
    stored = receive(house, oru(1, "OBX|1|NM|S71^Saturation^99X|1|71|%|||||F", "OBX|2|NM|H31^Rate^99X|1|31|bpm|||||F"))[
        0
    ]
    assert (stored.answer, stored.understood, stored.unknown) == ("AA", 0, 2)
    assert stored.reason == "kept, but none of its 2 values is understood: nothing is charted"
    page = house.client("nurse").get(f"/sessions/{here.pk}/").content.decode()
    assert "none of its values is charted" in " ".join(page.split())
    receive(house, oru(2, spo2(97)))
    page = house.client("nurse").get(f"/sessions/{here.pk}/").content.decode()
    assert "none of its values is charted" not in " ".join(page.split())


def test_a_monitor_whose_every_value_is_held_is_named_there_too(house: House) -> None:
    """In demonstration mode, or with a clock that is hours ahead."""
    here = session(house)
    stored = receive(house, oru(1, spo2(97, flag="DEMO")))[0]
    assert (stored.understood, stored.unknown) == (0, 1)
    assert "none of its values is charted" in house.client("nurse").get(f"/sessions/{here.pk}/").content.decode()


def test_a_laboratory_that_sends_nothing_we_chart_is_red_in_no_room(house: House) -> None:
    here = session(house)
    receive(house, oru(1, "OBX|1|NM|718-7^Hemoglobin^LN|1|13.1|g/dL|||||F", bed="").replace(b"MON1", b"LAB"))
    page = house.client("nurse").get(f"/sessions/{here.pk}/").content.decode()
    assert "none of its values is charted" not in " ".join(page.split())
