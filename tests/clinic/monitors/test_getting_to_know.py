"""Setting a monitor up: every code of its last minute, codes that two people map, its clock; and moves of patients."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from arriving import receive, second_patient, session
from devices import bedside
from django.utils import timezone
from small_clinic import House

from unwound.exchange import hl7v2
from unwound_clinic.core import access
from unwound_clinic.core.action import Conflict
from unwound_clinic.models import BedMove, InfusionSession, Message, Monitor, MonitorCode, Patient, Quarantined
from unwound_clinic.monitors import actions, arrivals, decisions, learned


def message(number: int, *obx: str, at: datetime | None = None, type: str = "ORU^R01", bed: str = "B1") -> bytes:
    stamp = f"{at or timezone.now():%Y%m%d%H%M%S}+0000"
    head = f"MSH|^~\\&|MON1||||{stamp}||{type}|K{number}|P|2.5"
    return "\r".join((head, "PID|||", f"PV1||I|^^{bed}", f"OBR|1||||||{stamp}", *obx)).encode()


SPO2 = "OBX|1|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.3.1|97|%|||||F"
ODD = "OBX|2|NM|H31^Rate^99X|1|71|bpm|||||F"
DEMO = "OBX|3|NM|149530^MDC_PULS_OXIM_PULS_RATE^MDC|1.3.1|70|bpm||DEMO|||F"
BARE = "OBX|4|NM|101^HR|2101|60||||||F"


def as_the_listener(house: House, *raw: bytes) -> list[Message]:
    """Messages read with what people said of the monitor, as the listener does it."""
    now = timezone.now()
    known = learned.of_site(house.site).get("MON1", learned.Learned())
    arrived = [
        arrivals.from_hl7(
            one,
            hl7v2.read(one, received_at=now, zone=UTC, corrected_s=known.clock_ahead_s, codes=known.codes),
            now,
        )
        for one in raw
    ]
    return actions.receive(by=access.Device("listener", house.site.pk), site=house.site, arrived=arrived)


def of(house: House, role: str = "nurse") -> dict[str, Any]:
    return {"by": house.by(role), "site": house.site, "monitor": Monitor.objects.get()}


def words(page: Any) -> str:
    return " ".join(page.content.decode().split())


def test_each_code_of_the_last_minute_stands_there_with_what_becomes_of_it(house: House) -> None:
    session(house)
    receive(house, message(1, SPO2, ODD, DEMO, BARE), message(2, SPO2))
    known = decisions.get_to_know(**of(house))
    assert {row.code.split("^")[0]: (row.level, row.times, row.demo) for row in known.rows} == {
        "150456": ("good", 2, False),
        "H31": ("stop", 1, False),
        "149530": ("ask", 1, True),
        "101": ("stop", 1, False),
    }
    assert (known.level, known.demo) == ("ask", True)
    page = words(house.client("nurse").get(f"/monitors/{Monitor.objects.get().pk}/know/"))
    for said in ("Oxygen saturation: 97 %", "not known: nothing is charted", "yes: such values are never charted"):
        assert said in page


def test_a_monitor_of_which_nothing_is_understood_is_red(house: House) -> None:
    session(house)
    receive(house, message(1, ODD))
    assert decisions.get_to_know(**of(house)).level == "stop"
    assert "nothing is charted" in words(house.client("nurse").get("/monitors/"))


def test_a_code_means_something_only_once_a_second_person_has_confirmed_it(house: House) -> None:
    here = session(house)
    as_the_listener(house, message(1, ODD))
    code = decisions.propose_code(**of(house), code="H31^Rate^99X", sign="heart_rate", value="71")
    as_the_listener(house, message(2, ODD))
    assert not here.readings.exists()
    with pytest.raises(Conflict, match="two people"):
        decisions.confirm_code(**of(house), number=code.pk)
    decisions.confirm_code(**of(house, "physician"), number=code.pk)
    as_the_listener(house, message(3, ODD))
    assert [(one.sign, one.value) for one in here.readings.all()] == [("heart_rate", 71)]
    decisions.end_code(**of(house), number=code.pk)
    as_the_listener(house, message(4, ODD))
    assert here.readings.count() == 1
    kept = MonitorCode.objects.get()
    assert {kept.proposed_by, kept.confirmed_by, kept.ended_by} == {house.users["nurse"], house.users["physician"]}


def test_a_known_code_without_a_unit_is_given_one_for_this_monitor(house: House) -> None:
    here = session(house)
    as_the_listener(house, message(1, BARE))
    assert Quarantined.objects.get().why == "unit"
    code = decisions.propose_code(**of(house), code="101^HR", sign="heart_rate", unit="/min")
    decisions.confirm_code(**of(house, "physician"), number=code.pk)
    as_the_listener(house, message(2, BARE))
    assert [one.value for one in here.readings.all()] == [60]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"sign": "sedation"}, "choose the vital sign"),
        ({"sign": "no such"}, "choose the vital sign"),
        ({"unit": "furlong"}, "unit of the list"),
        ({"code": " "}, "too long"),
        ({"code": "x" * 201}, "too long"),
    ],
)
def test_what_a_code_cannot_mean(house: House, fields: dict[str, str], why: str) -> None:
    receive(house, message(1, ODD))
    with pytest.raises(Conflict, match=why):
        decisions.propose_code(**of(house), **{"code": "H31^Rate^99X", "sign": "heart_rate", **fields})


def test_over_the_pages_two_people_map_a_code(house: House) -> None:
    receive(house, message(1, ODD))
    number = Monitor.objects.get().pk
    form = {"do": "propose", "code": "H31^Rate^99X", "sign": "heart_rate", "unit": "", "value": "71"}
    nurse = house.client("nurse")
    assert "It means" in words(nurse.get(f"/monitors/{number}/know/"))
    assert nurse.post(f"/monitors/{number}/code/", form).status_code == 302
    assert "confirm</button>" not in words(nurse.get(f"/monitors/{number}/know/"))
    other = house.client("physician")
    assert "confirm</button>" in words(other.get(f"/monitors/{number}/know/"))
    other.post(f"/monitors/{number}/code/", {"do": "confirm", "number": MonitorCode.objects.get().pk})
    assert MonitorCode.objects.get().confirmed_by == house.users["physician"]
    assert "Heart rate" in words(other.get(f"/monitors/{number}/know/"))


def steady(house: House, ahead_s: int, number: int = 5, first: int = 0) -> None:
    at = timezone.now().replace(microsecond=0) + timedelta(seconds=ahead_s)
    as_the_listener(house, *(message(first + n, SPO2, at=at) for n in range(number)))


def test_a_clock_that_is_steadily_ahead_is_corrected_by_a_named_person_and_watched(house: House) -> None:
    here = session(house)
    steady(house, 420, number=4)
    assert decisions.get_to_know(**of(house)).clock_s is None
    steady(house, 420, number=1, first=10)
    off = decisions.get_to_know(**of(house)).clock_s
    assert off is not None
    assert abs(off - 420) <= 5
    assert not here.readings.exists()
    assert "Use corrected time" in words(house.client("nurse").get(f"/monitors/{Monitor.objects.get().pk}/know/"))
    with pytest.raises(Conflict, match="check again"):
        decisions.correct_clock(**of(house), shown_s=off + 60)
    decisions.correct_clock(**of(house), shown_s=off)
    assert Monitor.objects.get().clock_by == house.users["nurse"]
    steady(house, 420, number=1, first=20)
    one = here.readings.get()
    assert abs(one.at - timezone.now()) < timedelta(seconds=30)
    assert "by its own clock, corrected" in one.as_sent
    held = Quarantined.objects.count()
    steady(house, 4000, number=1, first=30)  # somebody set it, wrongly
    assert (here.readings.count(), Quarantined.objects.count()) == (1, held + 1)
    steady(house, 0, number=1, first=40)  # set right: its own time holds
    assert here.readings.count() == 2
    decisions.end_correction(**of(house))
    assert Monitor.objects.get().clock_ahead_s is None


def test_a_clock_an_hour_off_is_said_to_be_one_and_a_good_clock_is_offered_nothing(house: House) -> None:
    session(house)
    steady(house, -3600)
    known = decisions.get_to_know(**of(house))
    assert known.clock_s is not None
    assert "hour" in known.clock_is or "UTC" in known.clock_is
    steady(house, 0, first=50)
    assert decisions.get_to_know(**of(house)).clock_s is None


def two_in_beds(house: House) -> tuple[InfusionSession, InfusionSession]:
    Patient.objects.filter(pk=house.patient.pk).update(number="N-1")
    other = second_patient(house)
    return session(house, bed="B1"), bedside(other, house.users["physician"], "B2")


def adt(house: House, trigger: str, *segments: str) -> Message:
    head = f"MSH|^~\\&|HIS||||20261121115955+0000||ADT^{trigger}|{trigger}|P|2.5"
    raw = "\r".join((head, *segments)).encode()
    return receive(house, raw)[0]


def pid(number: str, name: str = "") -> str:
    return f"PID|||{number}^^^H^MR||{name}"


def test_a_transfer_waits_and_moves_once_somebody_confirms(house: House) -> None:
    here, _ = two_in_beds(house)
    stored = adt(house, "A02", pid("N-1", "Testcase^One"), "PV1||I|PAIN^1^B7|||PAIN^1^B1")
    here.refresh_from_db()
    assert (stored.answer, here.bed) == ("AA", "B1")
    assert "Transferred" in words(house.client("nurse").get("/readings/moves/"))
    assert house.client("nurse").post(f"/readings/moves/{stored.pk}/", {"do": "move"}).status_code == 302
    here.refresh_from_db()
    assert here.bed == "B7"
    assert "by the hospital's message" in here.events.get(kind="note").content["note"]
    assert BedMove.objects.get().decided_by == house.users["nurse"]
    with pytest.raises(Conflict, match="already been decided"):
        decisions.move_beds(by=house.by("nurse"), site=house.site, message=stored)


def test_two_patients_swap_in_one_step(house: House) -> None:
    first, second = two_in_beds(house)
    stored = adt(house, "A17", pid("N-1"), "PV1||I|^^B2", pid("N-2"), "PV1||I|^^B1")
    decisions.move_beds(by=house.by("nurse"), site=house.site, message=stored)
    assert [InfusionSession.objects.get(pk=row.pk).bed for row in (first, second)] == ["B2", "B1"]


def test_a_bed_in_use_a_name_that_disagrees_and_a_patient_without_a_session(house: House) -> None:
    first, _ = two_in_beds(house)
    taken = adt(house, "A02", pid("N-1"), "PV1||I|^^B2")
    with pytest.raises(Conflict, match="in use"):
        decisions.move_beds(by=house.by("nurse"), site=house.site, message=taken)
    doubtful = adt(house, "A08", pid("N-1", "Somebody^Else"), "PV1||I|^^B9")
    with pytest.raises(Conflict, match="is not this patient"):
        decisions.move_beds(by=house.by("nurse"), site=house.site, message=doubtful)
    first.refresh_from_db()
    assert first.bed == "B1"
    decisions.leave_beds(by=house.by("nurse"), site=house.site, message=doubtful)
    assert BedMove.objects.get(message=doubtful).accepted is False
    before = BedMove.objects.count()
    adt(house, "A01", pid("N-77"), "PV1||I|^^B5")
    adt(house, "A13", pid("N-1"), "PV1||I|PAIN^1^B1")  # where they are already
    assert BedMove.objects.count() == before


@pytest.mark.parametrize("trigger", ["A03", "A11"])
def test_who_was_sent_home_leaves_the_bed_only_by_a_person(house: House, trigger: str) -> None:
    here, _ = two_in_beds(house)
    stored = adt(house, trigger, pid("N-1"), "PV1||I|^^B1")
    here.refresh_from_db()
    assert here.bed == "B1"
    decisions.move_beds(by=house.by("nurse"), site=house.site, message=stored)
    here.refresh_from_db()
    assert (here.bed, here.state) == ("", "infusing")


PUMP = (
    "OBX|1|CWE|184508^MDC_PUMP_STAT^MDC|1.1.1.1|^pump-status-infusing^MDC||||||R",
    "OBX|2|NM|157784^MDC_FLOW_FLUID_PUMP^MDC|1.1.1.2|12|265266^MDC_DIM_MILLI_L_PER_HR^MDC|||||R",
)


def test_what_a_pump_reports_stands_beside_the_chart_and_is_never_charted(house: House) -> None:
    here = session(house)
    receive(house, message(1, *PUMP))
    page = words(house.client("nurse").get(f"/sessions/{here.pk}/"))
    assert "The pump reports 12 mL/h" in page
    assert "The pump reports 12 mL/h, the infusion is charted as not running." in page  # nothing is charted here
    assert not here.readings.exists()
    assert not here.events.exists()
    assert "none of its values is charted" not in page


@pytest.mark.parametrize("type", ["RGV^O15", "RGO^O01"])
def test_an_order_to_a_pump_is_refused_kept_and_never_followed(house: House, type: str) -> None:
    here = session(house)
    stored = receive(house, message(1, "RXG|1|||^ketamine|50||mL", type=type))[0]
    assert stored.answer == "AR"
    assert "never takes, forwards or answers" in Quarantined.objects.get().text
    assert not here.events.exists()
