"""A clinic over fourteen weeks: every diary is asked as stated, and the silent are on the call list next morning."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
from asked import LAST, Clock, agreed, set_up, treated
from django.core import mail
from django.test import Client
from small_clinic import House

from unwound import follow_up as rules
from unwound_clinic.core import mail_settings
from unwound_clinic.core.access import Program, Refused, patient_link
from unwound_clinic.core.action import Conflict
from unwound_clinic.follow_up import bounces, links, messages, run, schedule
from unwound_clinic.follow_up.actions import adverse, agreement, asking, calls
from unwound_clinic.models import Asking, AskingEvent, AuditEvent, Entry, FollowUp, hash_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(house: House, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Clock:
    return set_up(house, monkeypatch, settings)


def names_to_call(house: House, clock: Clock) -> set[str]:
    return {row.patient.given_name for row in schedule.call_list([house.site.pk], clock.now)}


def messages_to(name: str) -> int:
    return sum(message.to == [f"{name.lower()}@example.test"] for message in mail.outbox)


def answer(row: FollowUp) -> None:
    """The patient opens the link of the message and answers one question."""
    browser, address = Client(), f"/d/{links.token(row.nonce)}/"
    browser.post(
        address, {"birth_date_0": "5", "birth_date_1": "5", "birth_date_2": "1980", "birth_date": "1980-05-05"}
    )
    day = row.askings.filter(open=True).latest("day").day
    sent = browser.post(address, {"day": day, "mood": "well"})
    assert sent.status_code == 302, sent.content


SILENT_ARE_CALLED = {2, 4, 5, 6, *(day + late for day in range(7, 85, 7) for late in (3, 4, 5, 6)), *range(91, 98)}
"""At eight in the morning: the day after the last reminder, until the next day of asking begins."""


@pytest.mark.thorough
def test_fourteen_weeks(house: House, clock: Clock) -> None:
    """One who answers at once, one who never does, one by telephone, one who stops on day 10, one who said no."""
    prompt, silent, quits = agreed(house, "Prompt"), agreed(house, "Silent"), agreed(house, "Quits")
    agreed(house, "Called", "telephone")
    agreed(house, "Never", "none")
    days = [day.number for day in rules.schedule(LAST)]
    for day in range(98):
        for hour in (8, 9, 15, 19) if day in (0, 1, 3, 10) else (8, 9) if day % 7 < 4 else (8,):
            clock.on(house, day, hour)
            run.run()
            if hour == 8:
                to_call = names_to_call(house, clock)
                assert ("Silent" in to_call) == (day in SILENT_ARE_CALLED), day
                assert ("Called" in to_call) == (day >= 1), day
                assert "Quits" not in to_call or day <= 10
                assert to_call <= {"Silent", "Called", "Quits"}
            if hour == 9 and day in days:
                answer(prompt)
        if day == 10:
            agreement.stop(by=patient_link(quits), patient=quits.patient, follow_up=quits)
    until = [day for day in days if day < 98]
    assert messages_to("Prompt") == len(until)
    assert messages_to("Silent") == 3 * len(until)
    assert messages_to("Quits") == 3 * 3
    assert messages_to("Called") == messages_to("Never") == 0
    ends = Counter(row.standing.over for row in silent.askings.all())
    assert ends[None] == 1
    assert ends["lapsed"] == len(until) - 1
    assert {row.standing.over for row in prompt.askings.all()} == {"done"}
    assert not AskingEvent.objects.filter(what__in=("asked", "reminded"), sent_at=None).exists()


def test_a_message_says_nothing_of_the_patient_or_the_treatment(house: House, clock: Clock) -> None:
    row = agreed(house, "Prompt")
    clock.on(house, 1, 9)
    run.run()
    (message,) = mail.outbox
    headers = " ".join(
        f"{name}: {value}" for name, value in message.message().items() if name not in ("Date", "Message-ID")
    )
    whole = f"{message.subject} {message.body} {headers}".casefold()
    for word in ("testcase", "pain", "ketamine", "infusion", "course", "mood", "day 1", str(row.patient_id) + " "):
        assert word not in whole.replace("prompt@example.test", ""), word
    token = links.token(row.nonce)
    assert f"https://clinic.example/d/{token}/\n" in message.body
    headers = message.extra_headers
    assert headers["List-Unsubscribe"] == f"<https://clinic.example/d/{token}/stop/>"
    assert token not in str(list(FollowUp.objects.values())), "the link itself is stored nowhere"
    assert token not in str(list(AuditEvent.objects.values("detail")))


def test_a_link_outlives_the_key_of_the_log_ins(house: House, clock: Clock, settings: Any) -> None:
    """A restore makes a new `secret.key`; the key of the links goes with the backup."""
    row = agreed(house, "Prompt")
    settings.SECRET_KEY = "made anew by a restore"
    clock.on(house, 1, 9)
    run.run()
    (message,) = mail.outbox
    sent = re.search(r"https://clinic.example(/d/\S+/)\n", str(message.body))
    assert sent is not None
    assert Client().get(sent[1]).status_code == 200
    assert links.dead() == 0
    answer(row)


def test_a_link_whose_key_is_gone_is_not_sent_and_the_patient_is_called(
    house: House, clock: Clock, settings: Any
) -> None:
    """One made by `secret.key`, as before links had a key: it is sent while that key is there, and never dead."""
    row = agreed(house, "Prompt")
    FollowUp.objects.filter(pk=row.pk).update(token_hash=hash_of(links.token(row.nonce, settings.SECRET_KEY)))
    row.refresh_from_db()
    assert links.address(row).endswith(f"/d/{links.token(row.nonce, settings.SECRET_KEY)}/")
    assert links.dead() == 0
    settings.SECRET_KEY = "made anew by a restore"
    assert links.dead() == 1
    FollowUp.objects.filter(pk=row.pk).update(channel="telephone")
    assert links.dead() == 0, "who is called needs no link"
    FollowUp.objects.filter(pk=row.pk).update(channel="sms")
    assert links.dead() == 1
    FollowUp.objects.filter(pk=row.pk).update(channel="email")
    clock.on(house, 1, 9)
    run.run()
    clock.on(house, 2, 8)
    assert (len(mail.outbox), names_to_call(house, clock)) == (0, {"Prompt"})


@pytest.mark.parametrize("where", ["before it is written down", "before it is sent", "after it was sent"])
def test_killed_half_way_and_run_again_nothing_is_sent_twice(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """The process ends at one place, for the second of three patients; the next runs go on from there."""
    for name in ("Ada", "Ben", "Cyd"):
        agreed(house, name)

    class Killed(BaseException):
        pass

    real, taken, claim, sends = messages.send, asking.taken, asking.claim, []

    def send(message: messages.Message) -> None:
        sends.append(message.to)
        if where == "before it is sent" and len(sends) == 2:
            raise Killed
        real(message)

    def dying_taken(**given: Any) -> None:
        if where == "after it was sent" and len(sends) == 2:
            raise Killed
        taken(**given)

    def dying_claim(**given: Any) -> Any:
        if where == "before it is written down" and len(sends) == 1:
            raise Killed
        return claim(**given)

    monkeypatch.setattr(messages, "send", send)
    monkeypatch.setattr(asking, "taken", dying_taken)
    monkeypatch.setattr(asking, "claim", dying_claim)
    clock.on(house, 1, 9)
    with pytest.raises(Killed):
        run.run()
    for name, whole in (("taken", taken), ("claim", claim)):
        monkeypatch.setattr(asking, name, whole)
    monkeypatch.setattr(messages, "send", real)
    run.run()
    run.run()
    ben = 0 if where == "before it is sent" else 1
    assert (messages_to("Ada"), messages_to("Ben"), messages_to("Cyd")) == (1, ben, 1)


def test_two_timers_at_once_send_one_message(house: House, clock: Clock) -> None:
    row = agreed(house, "Prompt")
    now = clock.on(house, 1, 9)
    day = rules.schedule(LAST)[0]
    here = asking.begin(by=run.TIMER, patient=row.patient, follow_up=row, day=day)
    first = asking.claim(by=run.TIMER, patient=row.patient, asking=here, step=rules.Step.ASK, now=now)
    assert first is not None
    with pytest.raises(Conflict, match="not due"):
        asking.claim(by=run.TIMER, patient=row.patient, asking=here, step=rules.Step.ASK, now=now)


def test_only_the_timer_may_send(house: House, clock: Clock) -> None:
    row = agreed(house, "Prompt")
    with pytest.raises(Refused):
        asking.begin(by=house.by("physician"), patient=row.patient, follow_up=row, day=rules.schedule(LAST)[0])  # type: ignore[arg-type]


def test_a_server_that_is_away_is_tried_again_by_the_next_run(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    agreed(house, "Prompt")
    real = messages.send

    def away(message: messages.Message) -> None:
        raise messages.NotTaken("connection refused", for_good=False)

    monkeypatch.setattr(messages, "send", away)
    clock.on(house, 1, 9)
    run.run()
    assert not AskingEvent.objects.filter(what="asked").exists()
    monkeypatch.setattr(messages, "send", real)
    clock.on(house, 1, 10)
    run.run()
    assert messages_to("Prompt") == 1


def test_without_a_mail_server_the_patient_is_called(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    agreed(house, "Prompt")
    monkeypatch.setattr(mail_settings, "is_set", lambda: False)
    clock.on(house, 1, 9)
    run.run()
    clock.on(house, 2, 8)
    assert (len(mail.outbox), names_to_call(house, clock)) == (0, {"Prompt"})


REPORT = b"""From: MAILER-DAEMON@mx.example
To: clinic@example.test
Subject: Undelivered Mail
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I'm sorry.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; prompt@example.test
Action: %(action)s
Status: %(status)s

--b
Content-Type: %(copy)s

Subject: From First Site
Message-ID:
 %(id)s

--b--
"""


def report(id: str, action: str = "failed", status: str = "5.1.1", copy: str = "text/rfc822-headers") -> bytes:
    given = {"action": action, "status": status, "copy": copy, "id": id}
    return REPORT % {name.encode(): value.encode() for name, value in given.items()}


@pytest.mark.parametrize("copy", ["text/rfc822-headers", "message/rfc822"])
def test_a_message_that_came_back(house: House, clock: Clock, copy: str) -> None:
    row = agreed(house, "Prompt")
    clock.on(house, 1, 9)
    run.run()
    id = AskingEvent.objects.get(what="asked").message_id
    assert mail.outbox[0].extra_headers["Message-ID"] == id
    read = bounces.read(report(id, copy=copy))
    assert read is not None
    assert read.for_good
    assert run.came_back(read.ids) == 1 == run.came_back(read.ids)
    for hour in (15, 19):
        clock.on(house, 1, hour)
        run.run()
    clock.on(house, 2, 8)
    assert (messages_to("Prompt"), names_to_call(house, clock)) == (1, {"Prompt"})
    clock.on(house, 3, 9)
    run.run()
    assert messages_to("Prompt") == 1, "nothing more is sent to that address"
    row.patient.email = "right@example.test"
    row.patient.save()
    clock.on(house, 7, 9)
    run.run()
    assert messages_to("Right") == 1


def test_reports_as_other_servers_write_them() -> None:
    """Windows line ends, words after the status, a mailing list around the report, all in one block."""
    whole = report("<1@x>", status="5.0.0 (permanent failure)")
    assert bounces.read(whole.replace(b"\n", b"\r\n")) == bounces.Bounce(("<1@x>",), True)
    wrapped = b'Subject: list\nContent-Type: multipart/mixed; boundary="outer"\n\n--outer\n' + whole + b"\n--outer--\n"
    assert bounces.read(wrapped) == bounces.Bounce(("<1@x>",), True)
    assert bounces.read(whole.replace(b"mx.example\n\nFinal", b"mx.example\nFinal")) == bounces.Bounce(("<1@x>",), True)
    empty = whole[: whole.index(b"Reporting-MTA")] + whole[whole.index(b"--b\nContent-Type: text/rfc822") :]
    assert bounces.read(empty) == bounces.Bounce(("<1@x>",), False)


@pytest.mark.parametrize(
    "raw",
    [
        report("<1@x>", action="delayed", status="4.4.1"),
        report("<1@x>", action="failed", status="4.2.2"),
        report("<1@x>", action="relayed", status="2.0.0"),
        b"Subject: Out of office\nIn-Reply-To: <1@x>\n\nBack on Monday. 5.1.1",
        b"",
        b"\xff\xfe\x00",
    ],
)
def test_what_does_not_mean_that_it_came_back(raw: bytes) -> None:
    read = bounces.read(raw)
    assert read is None or not read.for_good


def test_stopped_by_one_tap_and_by_the_mail_program(house: House, clock: Clock) -> None:
    """Opening the page changes nothing (programs open links by themselves); one tap ends it, also without a token."""
    row = agreed(house, "Prompt")
    address = f"/d/{links.token(row.nonce)}/stop/"
    browser = Client(enforce_csrf_checks=True)
    page = browser.get(address).content.decode()
    assert "Testcase" not in page
    assert "Stop them" in page
    row.refresh_from_db()
    assert row.ended_at is None
    assert browser.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert browser.post(address).status_code == 200, "again it changes nothing"
    row.refresh_from_db()
    assert (row.ended_why, row.ended_by) == ("withdrawn", "the patient")
    clock.on(house, 1, 9)
    run.run()
    assert not mail.outbox


def test_a_text_message_by_the_command_of_the_clinic(house: House, clock: Clock, settings: Any, tmp_path: Any) -> None:
    out = tmp_path / "sent"
    settings.SMS = f"sh -c 'echo \"$0\" >> {out}; cat >> {out}'"
    row = agreed(house, "Texted", "sms")
    clock.on(house, 1, 9)
    run.run()
    run.run()
    number, text = out.read_text().split("\n", 1)
    assert number == row.patient.phone
    assert re.fullmatch(
        r"First Site: a short form for you: https://\S+/d/\S+/ No more of these: https://\S+/stop/", text
    )
    assert run.stop_number("0043 1 5550200") == 0
    assert run.stop_number("+43 (1) 555-0199") == 1
    row.refresh_from_db()
    assert row.ended_why == "withdrawn"


def test_a_death_that_is_recorded_as_an_adverse_event_ends_the_asking(house: House, clock: Clock) -> None:
    """And what is recorded by mistake is amended before anybody agrees anew."""
    row = agreed(house, "Prompt")
    clock.on(house, 1, 9)
    run.run()
    assert messages_to("Prompt") == 1
    value = {
        "what": "stopped breathing", "began": str(LAST), "severity": "severe", "serious": "death",
        "cause": "cannot-be-judged", "action": "none", "became": "died",
    }  # fmt: skip
    adverse.record(by=house.by("nurse"), patient=row.patient, value=value)
    for day in range(1, 15):
        clock.on(house, day, 19)
        run.run()
    assert (messages_to("Prompt"), names_to_call(house, clock)) == (1, set())
    row.refresh_from_db()
    assert row.ended_why == rules.What.DIED
    again = {"by": house.by("nurse"), "patient": row.patient, "plan": row.plan, "channel": "email"}
    with pytest.raises(Conflict, match="amend it first"):
        agreement.agree(**again)
    (event,) = Entry.objects.filter(kind="adverse", current=True)
    amended = {**value, "serious": "no", "became": "recovered", "ended": str(LAST)}
    adverse.record(by=house.by("nurse"), patient=row.patient, value=amended, key=event.key, reason="another patient")
    agreement.agree(**again)


def test_a_death_recorded_before_it_ended_anything_ends_the_asking_at_the_next_run(house: House, clock: Clock) -> None:
    """As in a record from before, or one into which another record was merged that holds the event."""
    mailed, called = agreed(house, "Prompt"), agreed(house, "Called", "telephone")
    clock.on(house, 1, 9)
    run.run()
    assert (messages_to("Prompt"), names_to_call(house, clock)) == (1, {"Called"})
    for row in (mailed, called):
        Entry.objects.create(
            patient=row.patient, kind="adverse", key="old", value={"became": "died"}, on=LAST, at=clock.now, by_name="x"
        )
    assert names_to_call(house, clock) == set(), "nobody calls, though the timer has not run yet"
    for day in (2, 7, 8):
        clock.on(house, day, 9)
        run.run()
    for row in (mailed, called):
        row.refresh_from_db()
        assert row.ended_why == rules.What.DIED
        assert not row.askings.filter(open=True).exists()
        assert AuditEvent.objects.filter(action="follow-up.end", patient_id=row.patient_id).count() == 1
    assert messages_to("Prompt") == 1


def test_a_new_course_ends_the_asking_about_the_one_before(house: House, clock: Clock) -> None:
    row = agreed(house, "Again")
    clock.on(house, 1, 9)
    run.run()
    treated(house, row.patient, on=LAST.replace(day=4))
    clock.on(house, 3, 9)
    run.run()
    row.refresh_from_db()
    assert (row.ended_why, messages_to("Again")) == ("new-course", 1)
    assert not Asking.objects.filter(open=True).exists()


def test_nobody_is_asked_while_the_course_goes_on(house: House, clock: Clock) -> None:
    row = agreed(house, "During")
    session = row.plan.sessions.get()
    session.pk, session.state, session.day = None, "scheduled", 2
    session.save()
    clock.on(house, 1, 9)
    assert not run.run()


@pytest.mark.parametrize("result", ["declined", "withdrawn", "died"])
def test_what_came_of_a_call_ends_it(house: House, clock: Clock, result: str) -> None:
    row = agreed(house, "Silent")
    for hour in (9, 15, 19):
        clock.on(house, 1, hour)
        run.run()
    clock.on(house, 2, 8)
    assert names_to_call(house, clock) == {"Silent"}
    here = row.askings.get()
    given = {"by": house.by("coordinator"), "patient": row.patient, "asking": here}
    calls.called(**given, result="not-reached")
    assert names_to_call(house, clock) == set()
    calls.called(**given, result=result)
    with pytest.raises(Conflict, match="over already"):
        calls.called(**given, result="not-reached")
    clock.on(house, 3, 9)
    run.run()
    assert messages_to("Silent") == (4 if result == "declined" else 3)


@pytest.mark.parametrize(
    ("lacks", "says"),
    [
        ("reading", "who reads"),
        ("email", "e-mail"),
        ("birth_date", "date of birth"),
        ("address", "no link can be sent"),
    ],
)
def test_nobody_is_asked_before_all_is_there(house: House, clock: Clock, settings: Any, lacks: str, says: str) -> None:
    patient = house.patient
    patient.email = "" if lacks == "email" else "a@example.test"
    patient.birth_date = None if lacks == "birth_date" else patient.birth_date
    patient.save()
    if lacks == "reading":
        house.site.reading.delete()
    if lacks == "address":
        settings.ADDRESS = "http://localhost:8000"
    house.site.refresh_from_db()
    plan = treated(house, patient)
    with pytest.raises(Conflict, match=says):
        agreement.agree(by=house.by("nurse"), patient=patient, plan=plan, channel="email")


def test_the_course_of_another_patient_is_refused(house: House, clock: Clock) -> None:
    other = treated(house, house.others_patient)
    with pytest.raises(Conflict, match="another patient"):
        agreement.agree(by=house.by("nurse"), patient=house.patient, plan=other, channel="none")
    assert Program("any").name
