"""What waited in a browser without a network: charted once, at its time, in order; what is refused says why."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from in_session import infusing, monitored, record_new
from small_clinic import House

from unwound_clinic.models import Draft, InfusionSession, VitalReading
from unwound_clinic.session import screen, watching, words
from unwound_clinic.session.infusion_record import content

pytestmark = pytest.mark.django_db


def sent(
    client: Client, row: InfusionSession, once: str, waited: float = 0.0, **fields: str
) -> tuple[int, dict[str, object]]:
    answer = client.post(
        f"/sessions/{row.pk}/do/", {"once": once, **fields}, headers={"X-Unwound-Waited": f"{waited:.1f}"}
    )
    return answer.status_code, answer.json() if answer.content else {}


def test_it_is_charted_at_the_time_of_the_tap_and_says_that_it_waited(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    assert sent(client, row, "a", 12, do="effect", effect="nausea", grade="1") == (
        200, {"charted": "Nausea, grade 1, charted."},
    )  # fmt: skip
    event = row.events.get(kind="side-effect")
    assert timedelta(seconds=11) < event.recorded_at - event.at < timedelta(seconds=20)


def test_sent_again_after_a_lost_answer_it_is_charted_once_however_long_it_waited_by_then(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    fields = {"do": "rescue", "drug": "ondansetron", "amount": "4 mg IV"}
    assert sent(client, row, "a", 6, **fields)[0] == 200
    assert sent(client, row, "a", 14, **fields) == (200, {"charted": "It was charted when it was first sent."})
    assert row.events.filter(kind="rescue-drug").count() == 1
    assert sent(client, row, "b", 6, **fields)[0] == 200, "another tap is another dose"
    assert row.events.filter(kind="rescue-drug").count() == 2


def test_what_is_refused_says_why_and_a_doubtful_dose_can_be_meant(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    status, answer = sent(client, row, "a", do="bolus", amount="30", reason="Dr Test")
    assert (status, answer["doubtful"]) == (409, True)
    meant = sent(client, row, "a", do="bolus", amount="30", reason="Dr Test", sure="yes")
    assert meant == (200, {"charted": "Bolus of 30 mg charted."})
    status, answer = sent(client, row, "b", 8, do="resume")
    assert status == 409
    assert "paused" in str(answer["refused"])
    status, answer = sent(client, row, "c", 8, do="read", spo2="997")
    assert (status, "refused" in answer) == (409, True)


def test_what_waited_without_a_number_of_its_own_is_refused(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    answer = client.post(f"/sessions/{row.pk}/do/", {"do": "pause"}, headers={"X-Unwound-Waited": "400.0"})
    assert answer.status_code == 409
    assert "may be charted already" in answer.json()["refused"]


def test_a_locked_screen_or_a_session_that_ended_keeps_it_waiting(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    client.post("/lock/")
    assert sent(client, row, "a", 8, do="pause")[0] == 401
    assert sent(Client(), row, "a", 8, do="pause")[0] == 401
    row.refresh_from_db()
    assert row.state == "infusing"


def test_a_note_that_was_sent_by_the_script_leaves_no_draft(house: House) -> None:
    row, client = infusing(house), house.client("nurse")
    key = f"/sessions/{row.pk}/#noting"
    client.post("/drafts/", {"draft": key, "draft-changed": "note", "note": "half"})
    assert Draft.objects.count() == 1
    sent(client, row, "a", do="note", note="half a note", draft=key, **{"draft-changed": "note"})
    assert Draft.objects.count() == 0


def falling(house: House, row: InfusionSession, *values: float) -> dict[str, object]:
    """A saturation that fell, with what a page posts that showed it: made now, tapped later."""
    for seconds, value in zip((180, 150, 130), values, strict=False):
        at = timezone.now() - timedelta(seconds=seconds)
        VitalReading.objects.create(session=row, at=at, received_at=at, sign="spo2", value=value, source="probe")
    record_new(house, row)
    (line,) = screen._open(watching.live(row))
    row.events.filter(kind="raised").update(at=timezone.now() - timedelta(seconds=125))
    return {"do": "acknowledge", "reason": "oxygen given", "episode": line.id, "shown": list(line.shown)}


def test_an_acknowledgement_that_waited_holds_from_the_tap_and_is_told_with_both_times(house: House) -> None:
    row = infusing(house)
    fields = falling(house, row, 97, 88)
    status, answer = sent(house.client("nurse"), row, "a", 60, **fields)  # type: ignore[arg-type]
    assert status == 200
    assert "sent now." in str(answer["charted"])
    event = row.events.get(kind="acknowledged")
    assert timedelta(seconds=55) < event.recorded_at - event.at < timedelta(seconds=80)
    zone = row.site.zone
    both = f"acknowledged at {event.at.astimezone(zone):%H:%M}, sent at {event.recorded_at.astimezone(zone):%H:%M}"
    assert both in words.describe(event)
    assert both in " ".join(house.client("nurse").get(f"/sessions/{row.pk}/").content.decode().split())
    assert [line.sent for line in content.record(row, watching.whole(row)).alerts] == [both]
    (alert,) = watching.live(row).watched.alerts
    assert (alert.open, alert.acknowledged is not None) == (False, True)


def test_what_became_worse_or_came_while_it_waited_is_not_silenced(house: House) -> None:
    row = infusing(house)
    fields = falling(house, row, 97, 88)
    monitored(house, row, 84, 79)
    monitored(house, row, 30, 30, sign="heart_rate")
    status, answer = sent(house.client("nurse"), row, "a", 100, **fields)  # type: ignore[arg-type]
    assert status == 200
    assert "It will alert again: worse since it was acknowledged at 88: 79" in str(answer["charted"])
    open_signs = {alert.episode.channel.sign for alert in watching.live(row).watched.open}
    assert open_signs == {"spo2", "heart_rate"}


def test_a_pause_that_ran_out_while_it_waited_is_over_when_it_arrives(house: House) -> None:
    row = infusing(house)
    fields = falling(house, row, 97, 88)
    row.events.filter(kind="raised").update(at=timezone.now() - timedelta(seconds=148))
    _, answer = sent(house.client("nurse"), row, "a", 140, **fields)  # type: ignore[arg-type]
    assert "still present 2 min after it was acknowledged" in str(answer["charted"])


def test_an_acknowledgement_that_waited_without_what_was_in_view_is_refused(house: House) -> None:
    row = infusing(house)
    fields = {**falling(house, row, 97, 88), "shown": []}
    status, answer = sent(house.client("nurse"), row, "a", 60, **fields)  # type: ignore[arg-type]
    assert (status, "what was in view" in str(answer["refused"])) == (409, True)
    assert not row.events.filter(kind="acknowledged").exists()
