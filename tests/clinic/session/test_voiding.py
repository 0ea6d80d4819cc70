"""Readings that do not belong to a session are struck out by stretch: kept, told everywhere, counted nowhere."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from arriving import receive
from devices import oru
from django.utils import timezone
from in_session import given, infusing, record_new
from small_clinic import House

from unwound_clinic.core import access, audit
from unwound_clinic.core.action import Conflict
from unwound_clinic.models import AuditEvent, InfusionSession, Patient, VitalReading
from unwound_clinic.session import watching
from unwound_clinic.session.actions import amendments, voiding
from unwound_clinic.session.actions.voiding import Probe
from unwound_clinic.session.infusion_record import content as session_content
from unwound_clinic.session.infusion_record import pdf as session_pdf

pytestmark = pytest.mark.django_db
WORN_BY_ANOTHER = Probe("MON1", "MON1 probe", "spo2")


def monitored(house: House, *values: float, name: str = "MON1") -> InfusionSession:
    """An infusion with a reading of saturation and pulse every ten seconds, the last of them now."""
    row, now = infusing(house), timezone.now()
    Patient.objects.filter(pk=house.patient.pk).update(number="N-1")
    for back, value in enumerate(reversed(values)):
        at = now - timedelta(seconds=10 * back)
        receive(house, oru(back, ("spo2", value), ("pulse_rate", 70.0), at=at, patient_id="N-1", name=name, bed=""))
    return row


def stretch(row: InfusionSession, first: int, last: int, probe: Probe = WORN_BY_ANOTHER) -> dict[str, Any]:
    """From the nth to the nth reading of saturation, both with it."""
    times = list(row.readings.filter(sign="spo2").exclude(message=None).order_by("at").values_list("at", flat=True))
    return {"probe": probe, "since": times[first], "until": times[last]}


def values(row: InfusionSession, sign: str = "spo2") -> list[float | None]:
    return [one.value for one in watching.live(row).readings if one.kind == sign and one.source]


def test_a_stretch_is_struck_out_as_one_event_that_tells_how_many(house: House) -> None:
    row = monitored(house, 97, 71, 70, 96)
    made = voiding.readings_of(**given(house, row), **stretch(row, 1, 2), seen=2, reason="probe on a visitor")
    assert values(row) == [97, 96]
    assert len(values(row, "pulse_rate")) == 4
    assert made.content["number"] == row.readings.filter(taken_back=made).count() == 2
    assert row.readings.filter(sign="spo2", value__lt=80).count() == 2
    event = AuditEvent.objects.order_by("-number")[0]
    assert (event.action, event.detail["readings"]) == ("session.reading-in-error", "2")


@pytest.mark.parametrize(
    ("probe", "number"),
    [(WORN_BY_ANOTHER, 2), (Probe("MON1", "MON1 probe"), 4), (Probe("MON1"), 4), (Probe("MON2"), 0)],
)
def test_one_sign_one_probe_or_a_whole_monitor(house: House, probe: Probe, number: int) -> None:
    row = monitored(house, 97, 71, 70, 96)
    found = stretch(row, 1, 2, probe)
    assert voiding.stretch(row, **found).count() == number
    if number:
        voiding.readings_of(**given(house, row), **found, seen=number, reason="wrong patient")
    else:
        with pytest.raises(Conflict, match="none were taken"):
            voiding.readings_of(**given(house, row), **found, seen=0, reason="wrong patient")


def test_a_probe_with_one_sign_and_a_monitor_with_one_probe_are_offered_once(house: House) -> None:
    row = monitored(house, 97)
    receive(house, oru("two", ("spo2", 96.0), patient_id="N-1", bed="", name="MON2"))
    offered = [one.name for one in voiding.probes(row)]
    pulse, spo2 = "Pulse rate (probe)", "Oxygen saturation"
    assert offered == [f"MON1 probe, {one}" for one in ("everything", pulse, spo2)] + [f"MON2 probe, {spo2}"]


def test_it_is_not_done_twice_and_the_rest_of_a_longer_stretch_is(house: House) -> None:
    row = monitored(house, 97, 71, 70, 96)
    voiding.readings_of(**given(house, row), **stretch(row, 1, 1), seen=1, reason="probe on a visitor")
    with pytest.raises(Conflict, match="already"):
        voiding.readings_of(**given(house, row), **stretch(row, 1, 1), seen=1, reason="again")
    made = voiding.readings_of(**given(house, row), **stretch(row, 1, 2), seen=1, reason="still on the visitor")
    assert (made.content["number"], values(row)) == (1, [97, 96])
    one = row.readings.get(value=70.0, sign="spo2")
    with pytest.raises(Conflict, match="already"):
        voiding.reading(**given(house, row), reading=one.pk, reason="again")


def test_nothing_is_struck_out_that_nobody_was_shown_or_without_a_reason(house: House) -> None:
    row = monitored(house, 97, 71, 70, 96)
    before = row.events.count()
    with pytest.raises(Conflict, match="there are 2 now: review them again"):
        voiding.readings_of(**given(house, row), **stretch(row, 1, 2), seen=1, reason="probe on a visitor")
    with pytest.raises(Conflict, match="give the reason"):
        voiding.readings_of(**given(house, row), **stretch(row, 1, 2), seen=2, reason=" ")
    assert (row.events.count(), len(values(row))) == (before, 4)


def test_what_comes_later_for_the_same_stretch_counts_until_somebody_looked_at_it(house: House) -> None:
    row = monitored(house, 97, 71, 70, 96)
    found = stretch(row, 1, 2)
    voiding.readings_of(**given(house, row), **found, seen=2, reason="probe on a visitor")
    receive(house, oru("late", ("spo2", 72.0), at=found["since"] + timedelta(seconds=1), patient_id="N-1", bed=""))
    assert values(row) == [97, 72, 96]
    assert voiding.stretch(row, **found).count() == 1


def test_alerts_and_extremes_are_reckoned_without_it_and_what_was_raised_waits_to_be_seen(house: House) -> None:
    row = monitored(house, 97, 71, 70, 96, 97, 97)
    assert record_new(house, row) >= 1
    assert "lowest 70 %" in [one["extreme"] for one in session_content.record(row, watching.whole(row)).beyond]
    raised = {one.episode.id for one in watching.live(row).watched.open}
    voiding.readings_of(**given(house, row), **stretch(row, 1, 2), seen=2, reason="probe on a visitor")
    live = watching.live(row)
    assert "lowest 96 %" in [one["extreme"] for one in session_content.record(row, live).beyond]
    assert {one.episode.id for one in live.watched.open} == raised
    assert not live.new


def test_struck_out_wrongly_is_taken_back_and_the_readings_count_and_alert_again(house: House) -> None:
    row = monitored(house, 97, 71, 70, 96)
    made = voiding.readings_of(**given(house, row), **stretch(row, 1, 2), seen=2, reason="wrong bed")
    with pytest.raises(Conflict, match="retract it"):
        amendments.amend(**given(house, row), event=made, content={}, at=made.at, reason="other times")
    amendments.retract(**given(house, row), event=made, reason="it was this patient's after all")
    assert values(row) == [97, 71, 70, 96]
    assert watching.live(row).new
    again = voiding.readings_of(**given(house, row), **stretch(row, 1, 1), seen=1, reason="only this one")
    assert (again.content["number"], values(row)) == (1, [97, 70, 96])


@pytest.mark.parametrize("role", ["coordinator", "administrator", "auditor", "stranger"])
def test_who_runs_no_session_here_strikes_nothing_out(house: House, role: str) -> None:
    row = monitored(house, 97, 71)
    before = audit.head()
    with pytest.raises(access.Refused):
        voiding.readings_of(**given(house, row, role), **stretch(row, 1, 1), seen=1, reason="mine")
    assert (audit.head(), VitalReading.objects.exclude(taken_back=None).count()) == (before, 0)


def asked(row: InfusionSession, first: int, last: int) -> dict[str, str]:
    """What the form sends."""
    found, zone = stretch(row, first, last), row.site.zone
    local = {name: f"{found[name].astimezone(zone):%Y-%m-%dT%H:%M:%S}" for name in ("since", "until")}
    return {"probe": '["MON1", "MON1 probe", "spo2"]', **local}


def test_the_page_shows_the_number_before_anything_is_struck_out(house: House) -> None:
    row, nurse = monitored(house, 97, 71, 70, 96), house.client("nurse")
    address, form = f"/sessions/{row.pk}/strike-out/", asked(row, 1, 2)
    shown = nurse.get(address, form).content.decode()
    assert "2 readings would be voided" in shown
    assert "70 to 71 %" in shown
    assert len(values(row)) == 4
    assert nurse.post(address, {**form, "seen": "2", "reason": "probe on a visitor"}).status_code == 302
    assert values(row) == [97, 96]
    assert "No readings to void in this range" in nurse.get(address, form).content.decode()


@pytest.mark.parametrize(
    "wrong",
    [{"probe": '["MON9", null, null]'}, {"since": "soon"}, {"until": "2020-01-01T00:00"}, {"until": ""}],
    ids=["a monitor that sent nothing", "no time", "an end before the beginning", "no end"],
)
def test_what_cannot_be_is_asked_for_again(house: House, wrong: dict[str, str]) -> None:
    row, nurse = monitored(house, 97, 71), house.client("nurse")
    form = {**asked(row, 0, 1), **wrong}
    for answer in (
        nurse.get(f"/sessions/{row.pk}/strike-out/", form),
        nurse.post(f"/sessions/{row.pk}/strike-out/", {**form, "seen": "2", "reason": "x"}),
    ):
        assert answer.status_code == 200
        assert "errorlist" in answer.content.decode()
    assert len(values(row)) == 2


def test_page_pdf_and_table_show_what_was_struck_out_by_whom_and_why(house: House) -> None:
    row, nurse = monitored(house, 97, 71, 70, 96), house.client("nurse")
    voiding.readings_of(**given(house, row), **stretch(row, 0, 3), seen=4, reason="probe on a visitor")
    page = nurse.get(f"/sessions/{row.pk}/record/").content.decode()
    assert "<s>Oxygen saturation, MON1 probe: 70 to 97 %</s>" in page
    assert "Test Nurse: probe on a visitor" in page
    assert "⊗" in page.split("</thead>")[1].split("</table>")[0]
    (struck,) = session_pdf._content(row, watching.whole(row), session_content.record(row, watching.whole(row)))[
        "struck"
    ]
    assert struck[1:] == ["4", "Oxygen saturation, MON1 probe: 70 to 97 %", "Test Nurse: probe on a visitor"]
    assert nurse.get(f"/sessions/{row.pk}/record.pdf").content.startswith(b"%PDF")
    table = b"".join(nurse.get(f"/sessions/{row.pk}/readings.csv").streaming_content).decode()  # type: ignore[attr-defined]
    lines = list(csv.DictReader(io.StringIO(table)))
    told = [one["value"] for one in lines if one["in_error"] == "probe on a visitor"]
    assert told == ["97.0", "71.0", "70.0", "96.0"]
    assert [one["in_error"] for one in lines if one["sign"] == "pulse_rate"] == [""] * 4
