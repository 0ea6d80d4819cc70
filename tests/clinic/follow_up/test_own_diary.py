"""The diary: whose it is, what of it stands in the record, what is urgent, and that it is sent once."""

from __future__ import annotations

import socketserver
import threading
from datetime import UTC, date, datetime
from email import message_from_string
from typing import Any

import pytest
from asked import LAST, Clock, agreed, set_up, treated
from django.core import mail
from django.test import Client
from small_clinic import House, register

from unwound import instruments
from unwound_clinic.core.access import PatientLink, Refused
from unwound_clinic.core.action import Conflict
from unwound_clinic.follow_up import links, messages, run, schedule
from unwound_clinic.follow_up.actions import agreement
from unwound_clinic.follow_up.actions import diary as diary_actions
from unwound_clinic.models import Alarm, Asking, Entry, FollowUp, Patient, Reading
from unwound_clinic.record import translate
from unwound_clinic.record.actions import pains as pain_actions
from unwound_clinic.record.actions.pains import Described

pytestmark = pytest.mark.django_db
BORN = {"birth_date": "1980-05-05"}
PEG = {"peg-item0": "9", "peg-item1": "8", "peg-item2": "7"}


@pytest.fixture
def clock(house: House, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Clock:
    return set_up(house, monkeypatch, settings)


def asked_on(house: House, clock: Clock, day: int, name: str = "Prompt") -> FollowUp:
    """A patient who was asked on that day."""
    row = agreed(house, name)
    clock.on(house, day, 9)
    run.run()
    return row


def address(row: FollowUp) -> str:
    return f"/d/{links.token(row.nonce)}/"


def opened(row: FollowUp) -> Client:
    browser = Client()
    assert browser.post(address(row), BORN).status_code == 302
    return browser


def send(browser: Client, row: FollowUp, day: int, **answers: Any) -> Any:
    return browser.post(address(row), {"day": day, **answers}, follow=True)


def known(row: FollowUp, clock: Clock) -> Any:
    row.patient.refresh_from_db()
    return translate.patient(row.patient, clock.now.date())


def test_the_answers_are_scores_of_the_day_in_the_library(house: House, clock: Clock) -> None:
    row = asked_on(house, clock, 14)
    phq = {f"mood-form-item{n}": "1" for n in range(8)} | {"mood-form-item8": "0"}
    page = send(
        opened(row), row, 14, **PEG, **phq, bladder="yes", mood="low", medicines="yes",
        **{"change-item0": "2", "sleep-item0": "4", "medicines-more": "gabapentin stopped", "side-effects": ["none"]},
    )  # fmt: skip
    assert "Thank you" in page.content.decode()
    patient = known(row, clock)
    scores = {score.instrument: score.total for score in instruments.scores(patient)}
    assert scores == {"peg": 8, "pgic": 2, "pain_sleep_nrs": 4, "phq_9": 8}
    assert {form.on for form in patient.answers} == {date(2026, 3, 16)}
    assert patient.facts["bladder_symptoms"].value is True
    here = row.askings.get(day=14)
    assert here.look_at.split() == ["bladder", "medicines"]
    assert [asking.pk for asking in schedule.to_read([house.site.pk])] == [here.pk]
    assert not Alarm.objects.exists()


def test_a_day_is_no_week(house: House, clock: Clock) -> None:
    """What is asked of 24 hours never becomes the average pain of a week."""
    row = asked_on(house, clock, 1)
    send(opened(row), row, 1, **{"pain-day-item0": "3", "interference-day-item0": "5"})
    patient = known(row, clock)
    assert {form.instrument for form in patient.answers} == {"pain_day_nrs", "interference_day_nrs"}
    assert "pain_average_nrs" not in patient.facts


@pytest.mark.parametrize(
    ("answers", "finding"),
    [
        ({**PEG, "mood": "hopeless"}, "diary_hopeless"),
        ({"else": "9 of 10 and hopeless"}, "diary_hopeless"),
        ({"mood-form-item8": "1"}, "suicide_item_9"),
    ],
)
def test_at_two_in_the_night_the_urgent_path_is_taken_at_once(
    house: House, clock: Clock, answers: dict[str, str], finding: str
) -> None:
    row = asked_on(house, clock, 14)
    clock.on(house, 15, 2)
    page = send(opened(row), row, 14, **answers).content.decode()
    assert page.index("Please read this now") < page.index("Thank you")
    for words in ("tel:112", "116 123", "555-0100", "on working days until 4 pm", "our nurses"):
        assert words in page, words
    (alarm,) = Alarm.objects.all()
    assert (alarm.finding, alarm.raised_at) == (finding, clock.now)
    today = house.client("nurse").get("/").content.decode()
    assert "Testcase, Prompt" in today
    assert alarm.text[:20] in today
    again = opened(row).get(address(row)).content.decode()
    assert "Please read this now" in again, "who comes back sees it again"


def test_the_page_says_it_before_anything_is_sent(house: House, clock: Clock) -> None:
    row = asked_on(house, clock, 14)
    page = opened(row).get(address(row)).content.decode()
    assert "data-urgent-help hidden" in page
    assert (
        "{&quot;mood&quot;: [&quot;hopeless&quot;], &quot;mood-form-item8&quot;: [&quot;1&quot;, &quot;2&quot;" in page
    )
    assert "Developed by Drs Robert L. Spitzer" in page
    assert "on working days until 4 pm" in page


def test_sent_twice_it_is_kept_once(house: House, clock: Clock) -> None:
    """After a lost answer: the same again, and the same diary from a page that was opened anew."""
    row = asked_on(house, clock, 7)
    browser = opened(row)
    for once in ("a", "a", "b"):
        assert "Thank you" in send(browser, row, 7, **PEG, once=once).content.decode()
    assert Entry.objects.filter(kind="answers").count() == 1
    assert row.askings.get(day=7).events.filter(what="done").count() == 1


def test_what_waited_on_the_phone_is_of_the_day_it_was_written(house: House, clock: Clock) -> None:
    row = asked_on(house, clock, 7)
    clock.on(house, 8, 11)
    written = datetime(2026, 3, 9, 21, 30, tzinfo=UTC).isoformat().replace("+00:00", "Z")
    send(opened(row), row, 7, **PEG, written_at=written)
    assert Entry.objects.get(kind="answers").on == date(2026, 3, 9)


@pytest.mark.parametrize(
    "written", ["2026-03-08T10:00:00Z", "2027-01-01T00:00:00Z", "2026-03-09T21:30:00", "yesterday"]
)
def test_a_time_that_cannot_be_is_that_of_the_sending(house: House, clock: Clock, written: str) -> None:
    row = asked_on(house, clock, 7)
    clock.on(house, 8, 11)
    send(opened(row), row, 7, **PEG, written_at=written)
    assert Entry.objects.get(kind="answers").on == date(2026, 3, 10)


def test_an_answer_that_came_after_its_day_is_kept(house: House, clock: Clock) -> None:
    row = asked_on(house, clock, 7)
    clock.on(house, 14, 9)
    run.run()
    assert row.askings.get(day=7).standing.over == "lapsed"
    send(opened(row), row, 7, **PEG)
    assert row.askings.get(day=7).standing.over == "done"
    assert row.askings.get(day=14).open


def test_nothing_answered_is_no_diary(house: House, clock: Clock) -> None:
    row = asked_on(house, clock, 7)
    assert send(opened(row), row, 7).status_code == 400
    assert row.askings.get(day=7).open


@pytest.mark.parametrize("answers", [{"peg-item0": "11"}, {"mood": "none of these"}, {"bladder": "perhaps"}])
def test_what_cannot_be_is_said_and_not_kept(house: House, clock: Clock, answers: dict[str, str]) -> None:
    row = asked_on(house, clock, 7)
    page = send(opened(row), row, 7, **{**PEG, **answers})
    assert page.status_code == 400
    assert not Entry.objects.filter(kind="answers").exists()


def test_several_pains_are_told_apart(house: House, clock: Clock) -> None:
    row = asked_on(house, clock, 7)
    leg = pain_actions.add(by=house.by("nurse"), patient=row.patient, pain=Described(name="leg"), first="wrist")
    browser = opened(row)
    assert "Which pain are you thinking of?" in browser.get(address(row)).content.decode()
    assert send(browser, row, 7, **PEG).status_code == 400
    send(browser, row, 7, **PEG, **{"which-pain": leg})
    assert Entry.objects.get(kind="answers").pain == leg


def test_another_patients_link_opens_nothing_of_this_one(house: House, clock: Clock) -> None:
    """With the door of one's own link open: not the page, not a sending, not a day of the other."""
    mine, others = agreed(house, "Mine"), agreed(house, "Others")
    clock.on(house, 7, 9)
    run.run()
    browser = opened(mine)
    assert "Welcome back" in browser.get(address(others)).content.decode()
    assert browser.post(address(others), {"day": 7, **PEG}).status_code == 403
    with pytest.raises(Refused):
        diary_actions.opened(by=PatientLink(mine.patient_id), patient=mine.patient, asking=others.askings.get(day=7))
    with pytest.raises(Refused):
        diary_actions.opened(by=PatientLink(mine.patient_id), patient=others.patient, asking=others.askings.get(day=7))
    with pytest.raises(Refused):
        agreement.stop(by=PatientLink(mine.patient_id), patient=others.patient, follow_up=others)
    assert not Entry.objects.filter(kind="answers").exists()


def test_a_wrong_person_is_shown_nothing_and_the_link_closes(house: House, clock: Clock) -> None:
    row = asked_on(house, clock, 7)
    browser = Client()
    for _ in range(links.TRIES):
        page = browser.post(address(row), {"birth_date": "1981-05-05"})
        assert "Testcase" not in page.content.decode()
    assert page.status_code == 410
    assert browser.post(address(row), BORN).status_code == 410
    assert browser.get("/d/none/").status_code == 404


def test_after_the_end_the_link_takes_nothing(house: House, clock: Clock) -> None:
    row = asked_on(house, clock, 7)
    browser = opened(row)
    agreement.end(by=house.by("nurse"), patient=row.patient, follow_up=row, why="died")
    assert send(browser, row, 7, **PEG).status_code == 410
    assert not Entry.objects.filter(kind="answers").exists()
    with pytest.raises(Conflict):
        agreement.end(by=house.by("nurse"), patient=row.patient, follow_up=row, why="withdrawn")


def test_typed_on_the_telephone_it_says_so(house: House, clock: Clock) -> None:
    row = asked_on(house, clock, 7)
    here = row.askings.get(day=7)
    staff, page = house.client("coordinator"), f"/patients/{row.patient_id}/follow-up/{here.pk}/"
    assert staff.post(page, {**PEG, "mood": "hopeless"}, follow=True).status_code == 200
    shown = staff.get(f"/patients/{row.patient_id}/follow-up/").content.decode()
    assert "Answered by telephone" in shown
    assert "Test Coordinator" in shown
    assert "2026-03-09T08:00:00Z" in shown, "also in UTC"
    assert "9 Mar 2026 09:00 CET" in shown
    assert Alarm.objects.get().finding == "diary_hopeless"
    assert Entry.objects.get(kind="answers").by == house.users["coordinator"]


def test_another_site_and_another_patients_asking(house: House, clock: Clock) -> None:
    row = asked_on(house, clock, 7)
    here = row.askings.get(day=7)
    page = f"/patients/{row.patient_id}/follow-up/{here.pk}/"
    assert house.client("stranger").get(page).status_code == 403
    assert house.client("stranger").post(page, PEG).status_code == 403
    other = register(house.by("nurse"), house.site, "Testcase", "Other")
    assert house.client("nurse").post(f"/patients/{other.pk}/follow-up/{here.pk}/", PEG).status_code == 404
    with pytest.raises(Refused):
        diary_actions.typed(by=house.by("nurse"), patient=other, asking=here, diary=None)  # type: ignore[arg-type]
    assert "Prompt" not in house.client("stranger").get("/").content.decode()
    assert not Entry.objects.filter(kind="answers").exists()


def test_entered_in_error_is_taken_back_and_what_came_since_stays(house: House, clock: Clock) -> None:
    row = asked_on(house, clock, 7)
    send(opened(row), row, 7, **PEG, **{"change-item0": "2"}, bladder="yes")
    clock.on(house, 7, 12)
    staff, here = house.client("nurse"), row.askings.get(day=7)
    from unwound_clinic.record.actions import entries as record_entries

    new = translate.new_fact("bladder_symptoms", False, clock.now.date())
    record_entries.enter(by=house.by("nurse"), patient=row.patient, entries=(new,), reason="asked again")
    page = f"/patients/{row.patient_id}/follow-up/"
    assert staff.post(page, {"do": "take-back", "asking": here.pk, "words": ""}).status_code == 409
    staff.post(page, {"do": "take-back", "asking": here.pk, "words": "another patient's"})
    patient = known(row, clock)
    assert not patient.answers
    assert patient.facts["bladder_symptoms"].value is False
    assert Entry.objects.filter(kind="answers", value__isnull=False).exists(), "it stays in the history"
    assert not schedule.to_read([house.site.pk])


def test_read_by_somebody_who_says_what_follows(house: House, clock: Clock) -> None:
    row = asked_on(house, clock, 7)
    send(opened(row), row, 7, ketamine="yes", **{"ketamine-more": "lozenges by post"})
    staff, here = house.client("nurse"), row.askings.get(day=7)
    assert "Answers to read (1)" in staff.get("/").content.decode()
    page = f"/patients/{row.patient_id}/follow-up/"
    assert "lozenges by post" in staff.get(page).content.decode()
    staff.post(page, {"do": "read", "asking": here.pk, "words": "doctor told"})
    assert "Answers to read" not in staff.get("/").content.decode()
    assert "doctor told" in staff.get(page).content.decode()


def test_the_silent_stand_on_todays_page(house: House, clock: Clock) -> None:
    row = asked_on(house, clock, 1, "Silent")
    for hour in (15, 19):
        clock.on(house, 1, hour)
        run.run()
    for role in ("coordinator", "nurse"):
        clock.on(house, 1, 23)
        assert "To call after a course" not in house.client(role).get("/").content.decode()
        clock.on(house, 2, 8)
        page = house.client(role).get("/").content.decode()
        assert "To call after a course (1)" in page
        assert f"/patients/{row.patient_id}/follow-up/" in page
    assert "Silent" not in house.client("administrator").get("/").content.decode()


def test_a_timer_that_does_not_run_is_noticed(house: House, clock: Clock, settings: Any, tmp_path: Any) -> None:
    settings.DATA = tmp_path
    agreed(house, "Waiting")
    assert "the timer has not run" in house.client("nurse").get("/").content.decode()
    run.run()
    assert not run.is_late(datetime.now(UTC))


class Mailbox(socketserver.ThreadingTCPServer):
    """As much of SMTP as a message needs; some recipients are refused, for now or for good."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        self.messages: list[str] = []
        super().__init__(("127.0.0.1", 0), Talk)


class Talk(socketserver.StreamRequestHandler):
    """One conversation."""

    server: Mailbox

    def say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self) -> None:
        self.say("220 here")
        while line := self.rfile.readline().decode().strip():
            word = line.upper()
            if word.startswith("DATA"):
                self.say("354 go on")
                self.server.messages.append("".join(iter(lambda: self.rfile.readline().decode(), ".\r\n")))
                self.say("250 taken")
            elif word.startswith("RCPT") and "gone" in line:
                self.say("550 no such person")
            elif word.startswith("RCPT") and "full" in line:
                self.say("452 come back later")
            elif word.startswith("QUIT"):
                self.say("221 bye")
                return
            else:
                self.say("250 well")


def test_over_a_real_mail_server(house: House, clock: Clock, settings: Any) -> None:
    """Taken, refused for good (called the next morning), refused for now (sent by the next run)."""
    server = Mailbox()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.server_address[1]
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_TIMEOUT = 20
    rows = {name: agreed(house, name) for name in ("Prompt", "Gone", "Full")}
    clock.on(house, 1, 9)
    run.run()
    run.run()
    server.shutdown()
    server.server_close()
    (sent,) = map(message_from_string, server.messages)
    assert sent["To"] == "prompt@example.test"
    assert sent["Message-ID"] == rows["Prompt"].askings.get().events.get(what="asked").message_id
    assert rows["Full"].askings.get().standing.asked_at is None
    clock.on(house, 2, 8)
    assert [row.patient.given_name for row in schedule.call_list([house.site.pk], clock.now)] == ["Gone"]
    with pytest.raises(messages.NotTaken):
        messages.send(messages.Message(rows["Full"], "full@example.test", messages.new_id()))


def test_two_records_of_one_person_are_asked_once(house: House, clock: Clock) -> None:
    """A merge of two who are both asked is refused; ended in one, its askings move with the record."""
    from unwound_clinic.core import access
    from unwound_clinic.record.actions import merging

    first, second = agreed(house, "Twice"), agreed(house, "Double")
    given = {
        "by": house.by("nurse"), "patient": first.patient, "duplicate": second.patient, "reason": "the same person",
        "second": access.Confirmed(house.users["physician"]),
    }  # fmt: skip
    with pytest.raises(Conflict):
        merging.merge(**given)
    agreement.end(by=house.by("nurse"), patient=second.patient, follow_up=second, why="withdrawn")
    assert Asking.objects.filter(open=True).count() == 0
    assert treated(house, first.patient, on=LAST).pk
    assert not mail.outbox


def test_what_is_missing_before_the_patient_is_asked_stands_beside_the_choice(house: House, clock: Clock) -> None:
    row = asked_on(house, clock, 1)
    nurse, page = house.client("nurse"), f"/patients/{row.patient_id}/follow-up/"
    Patient.objects.update(phone="")
    answer = nurse.post(page, {"do": "agree", "channel": "telephone"})
    assert (answer.status_code, "enter the patient&#x27;s telephone number first" in answer.content.decode()) == (
        200,
        True,
    )
    assert "nobody is asked before" not in answer.content.decode().lower()
    Reading.objects.all().delete()
    assert "Nobody is asked before it is said who reads" in nurse.get(page).content.decode(), "said before it is tried"
    assert row.patient.follow_ups.count() == 1
    assert nurse.post(page, {"do": "agree", "channel": "none"}).status_code == 302, "«not at all» needs nobody"
