"""Setting a monitor up at the screen: a code that is not known, said by one person and confirmed by another."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from arriving import receive, session
from looking import fits
from playwright.sync_api import Page, expect
from small_clinic import House
from test_every_page import known

from unwound_clinic.models import Monitor, MonitorCode
from unwound_clinic.monitors import learned

HEAD = "MSH|^~\\&|MON1||||20250121115955+0000||ORU^R01|K1|P|2.5\rPID|||\rPV1||I|^^B1\r"
ODD = "OBX|1|NM|H31.2.4.1.19876.55231.WARD-MONITOR-RATE^Rate of the heart by the clip^99X|1|71|bpm|||||F"


def test_two_people_get_to_know_a_monitor(
    contexts: Callable[..., object], house: House, axe: Callable[[Page], None], look: Callable[..., Path]
) -> None:
    session(house)
    receive(house, (HEAD + ODD).encode())
    address = f"/monitors/{Monitor.objects.get().pk}/know/"
    nurse = known(contexts(phone=True), house, "nurse")  # type: ignore[arg-type]
    nurse.goto(address)
    expect(nurse.get_by_role("heading", name="Nothing is charted")).to_be_visible()
    expect(nurse.get_by_text("days behind")).to_have_count(1)  # the monitor's clock, not the clinic's
    fits(nurse)
    axe(nurse)
    look(nurse, "monitor-know")
    nurse.get_by_label("It means").select_option("heart_rate")
    nurse.get_by_role("button", name="Save for a second person to confirm").click()
    expect(nurse.get_by_text("not yet confirmed")).to_be_visible()
    expect(nurse.get_by_role("button", name=re.compile("confirm$"))).to_have_count(0)
    physician = known(contexts(), house, "physician")  # type: ignore[arg-type]
    physician.goto(address)
    physician.get_by_role("button", name="I have compared it with the screen: confirm").click()
    expect(physician.get_by_text(re.compile("confirmed by Test Physician"))).to_be_visible()
    axe(physician)
    code = MonitorCode.objects.get()
    assert (code.sign, code.proposed_by.name, code.confirmed_by.name if code.confirmed_by else "") == (
        "heart_rate", "Test Nurse", "Test Physician",
    )  # fmt: skip
    assert list(learned.of_site(house.site)["MON1"].codes) == [code.code.casefold()]
