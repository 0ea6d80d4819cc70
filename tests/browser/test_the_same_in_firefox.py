"""The harms as they were found, in Firefox too: a comma, what is typed, the lock, a second tap, two tabs.

The rest of the journeys is in Chromium: here stands what rests on how a browser sends, keeps and covers a form.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import firefox
import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from firefox import Firefox, Window
from in_session import infusing, monitored
from small_clinic import PASSWORD, House

from unwound_clinic.core.sent_again import Once
from unwound_clinic.models import Draft
from unwound_clinic.record.actions import patients
from unwound_clinic.record.entries import current

pytestmark = pytest.mark.slow

WindowOf = Callable[[str], Window]
STORY = "Burning since spring, worse at night."


@pytest.fixture(scope="module")
def running() -> Iterator[Firefox]:
    """One Firefox for this file."""
    path = firefox.program()
    if path is None:
        pytest.skip("no Firefox: install the package «firefox-esr» or set UNWOUND_FIREFOX")
    with firefox.started(path) as browser:
        yield browser


@pytest.fixture
def window_of(running: Firefox, house: House, live_server: Any) -> WindowOf:
    """A window in which that person is logged in; nobody with an account for an empty name."""

    def opened(role: str) -> Window:
        session = house.client(role).cookies["sessionid"].value if role else ""
        return running.window(live_server.url, session)

    return opened


def test_a_comma_is_a_decimal_sign_and_is_echoed(window_of: WindowOf, house: House) -> None:
    row = infusing(house)
    room = window_of("nurse")
    room.goto(f"/sessions/{row.pk}/")
    room.type("#rate", "2,5")
    room.until("document.querySelector('#rate + .echo').textContent === '= 2.5 mL/h'")
    room.click("button[value=rate]")
    room.until("document.body.innerText.includes('Rate 5 mg/h charted.')")
    assert row.events.filter(kind="rate").latest("pk").content["rate_mg_per_h"] == 5.0, "2.5 mL/h of 2 mg/mL"


def test_what_was_typed_is_there_again_after_the_page_was_left(window_of: WindowOf, house: House) -> None:
    page, address = window_of("nurse"), f"/patients/{house.patient.pk}/consultation/"
    page.goto(address)
    page.type("textarea[name=text]", STORY)
    page.leave()
    page.goto(address)
    page.until("document.body.innerText.includes('Not saved yet: what you typed on')")
    assert page.evaluate("document.querySelector('textarea[name=text]').value") == STORY
    assert Draft.objects.get().fields["text"] == [STORY]


def test_the_lock_covers_the_room_and_keeps_values_and_what_is_typed(
    window_of: WindowOf, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "IDLE_LOCK_MINUTES", 0.05)
    row = infusing(house)
    monitored(house, row, 97, 97, 76)
    room = window_of("nurse")
    room.goto(f"/sessions/{row.pk}/")
    room.type("#note", "half a no")
    room.until("document.body.classList.contains('locked')")
    shown = room.text()
    assert "76" in shown
    assert "T. O." in shown
    assert "Testcase" not in shown
    monkeypatch.setattr(settings, "IDLE_LOCK_MINUTES", 15)
    room.type("#lock input[name=secret]", PASSWORD)
    room.click("#lock form button:not([type=button])")
    room.until("!document.body.classList.contains('locked')")
    assert room.evaluate("document.querySelector('#note').value") == "half a no"
    assert "Testcase" in room.text()


def test_a_second_tap_on_a_slow_line_charts_once(
    window_of: WindowOf, house: House, running: Firefox, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = infusing(house)
    address, both, answer = f"/sessions/{row.pk}/do/", threading.Barrier(2), Once.__call__

    def late(self: Once, request: HttpRequest) -> HttpResponse:
        if request.path == address:
            with suppress(threading.BrokenBarrierError):
                both.wait(timeout=20)  # neither is answered before both are there
        return answer(self, request)

    monkeypatch.setattr(Once, "__call__", late)
    room = window_of("nurse")
    room.goto(f"/sessions/{row.pk}/")
    room.type("#note", "oxygen given")
    running.sent.clear()
    room.click("button[value=note]", times=2)
    room.until("document.querySelector('#note')?.value === '' && document.body.innerText.includes('oxygen given')")
    assert running.sent.count(("POST", address)) == 2
    assert [event.content["note"] for event in row.events.filter(kind="note")] == ["oxygen given"]


def test_two_tabs_of_the_first_form_erase_nothing(window_of: WindowOf, house: House) -> None:
    _, token = patients.invite(by=house.by("coordinator"), patient=house.patient)
    phone, laptop = window_of(""), window_of("")
    for window in (phone, laptop):
        window.goto(f"/i/{token}/")
        window.type("input[name=birth_date]", "5 5 1980")
        window.click("main form button")
        window.until("document.querySelector('form[data-autosave]')")
    first, second = _two_questions(phone)
    laptop.goto(phone.evaluate("location.pathname"))
    for window, name, value in ((phone, first, "yes"), (laptop, second, "no")):
        window.click(f"input[name={name}][value={value}]")
        window.until("document.querySelector('#save-state').textContent === 'Saved'")
    answers = {entry.key: entry.value for entry in current(house.patient, "fact")}
    assert (answers[first], answers[second]) == (True, False)


def _two_questions(window: Window) -> list[str]:
    """The names of two yes-no questions of one page, and the window at that page."""
    names = "[...new Set([...document.querySelectorAll('input[type=radio][value=yes]')].map((box) => box.name))]"
    for _ in range(40):
        listed = str(window.evaluate(f"{names}.join(' ')")).split()
        if len(listed) > 1:
            return listed[:2]
        here = window.evaluate("location.pathname")
        window.click("button[name=next]")
        window.until(f"location.pathname !== '{here}' && document.querySelector('form[data-autosave]')")
    raise AssertionError("no page with two yes-no questions")
