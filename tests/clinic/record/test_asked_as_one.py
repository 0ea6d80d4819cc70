"""«None of these» in the clinic: one tap for a group, ticks for what is so, weaker than a single answer, taken back."""

from __future__ import annotations

from typing import Any

import pytest
from small_clinic import House

from unwound import screens
from unwound.patient import Screened
from unwound_clinic.core import audit
from unwound_clinic.core.action import Conflict
from unwound_clinic.core.page import today
from unwound_clinic.models import Alarm, AuditEvent, Entry
from unwound_clinic.record import groups, review, translate
from unwound_clinic.record.actions import entries
from unwound_clinic.record.entries import New, current, history
from unwound_clinic.record.pages.consultation import missing

HEART = tuple(item.fact for item in screens.screens()["heart"].items)
SPINE = tuple(item.fact for item in screens.screens()["spine"].items)


def tap(house: House, group: str, role: str = "nurse", **posted: Any) -> Any:
    read = [item.fact for item in screens.screens()[group].items]
    page = f"/patients/{house.patient.pk}/consultation/groups/{group}/"
    return house.client(role).post(page, {"read": read, **posted}, follow=True)


def reviewed(house: House) -> review.Reviewed:
    return review.review_of(house.patient, today(house.site))


def values(house: House, *ids: str) -> list[Any]:
    return [reviewed(house).review.patient.value(id) for id in ids]


def block_of(house: House, group: str) -> groups.Block:
    return groups.block(group, reviewed(house).review.patient)


def test_one_tap_answers_the_group_with_its_day_and_who_asked(house: House) -> None:
    page = tap(house, "heart", said="none").content.decode()
    assert "Heart and blood vessels: none of these." in page
    assert reviewed(house).known.screened == (
        Screened(group="heart", on=today(house.site), by="Test Nurse", items=HEART),
    )
    assert values(house, *HEART) == [False] * len(HEART)
    assert current(house.patient, "fact") == []
    assert AuditEvent.objects.get(action="record.enter").detail["entries"] == "screened heart"
    assert audit.verify() is None


def test_what_is_ticked_is_a_single_yes_and_the_others_wait_for_a_second_tap(house: House) -> None:
    page = tap(house, "heart", present=["hypertension"], said="none").content.decode()
    assert "The others are still open" in page
    assert [(entry.kind, entry.key, entry.value) for entry in current(house.patient)] == [
        ("fact", "hypertension", True)
    ]
    assert values(house, "hypertension", "conduction_defect") == [True, None]
    assert block_of(house, "heart").said == "others"
    tap(house, "heart", said="others")
    assert values(house, *HEART) == [True, *[False] * (len(HEART) - 1)]
    (answer,) = reviewed(house).known.screened
    assert "hypertension" not in answer.items


def test_saving_nothing_answers_nothing(house: House) -> None:
    assert "nothing was saved" in tap(house, "heart", ticked="1").content.decode()
    assert current(house.patient) == []


def test_what_was_not_read_is_not_answered(house: House) -> None:
    tap(house, "heart", said="none", read=["hypertension"])
    assert values(house, "hypertension", "conduction_defect") == [False, None]


def test_a_group_that_changed_since_it_was_shown_is_read_again(house: House) -> None:
    entries.enter(
        by=house.by("physician"),
        patient=house.patient,
        entries=(New(kind="fact", key="conduction_defect", value=True),),
    )
    assert tap(house, "heart", said="none").status_code == 409
    assert current(house.patient, "screened") == []


def test_anything_on_record_against_it_reopens_the_group_and_the_page_says_so(house: House) -> None:
    tap(house, "heart", said="none")
    entries.enter(
        by=house.by("physician"),
        patient=house.patient,
        entries=(New(kind="fact", key="conduction_defect", value=True),),
    )
    assert values(house, "conduction_defect", "aneurysm_or_vascular_malformation") == [True, None]
    page = house.client("nurse").get(f"/patients/{house.patient.pk}/consultation/").content.decode()
    assert "the record says otherwise: to be asked again" in page
    tap(house, "heart", said="others")
    assert values(house, "conduction_defect", "aneurysm_or_vascular_malformation") == [True, False]


def test_an_answer_is_taken_back_with_its_reason_and_stays_in_the_history(house: House) -> None:
    tap(house, "heart", said="none")
    assert tap(house, "heart", withdraw="1", reason=" ").status_code == 409
    tap(house, "heart", withdraw="1", reason="asked the wrong patient")
    assert values(house, "hypertension") == [None]
    rows = history(house.patient, "screened", "heart")
    assert [(row.value is None, row.reason) for row in rows] == [(True, "asked the wrong patient"), (False, "")]
    assert AuditEvent.objects.filter(action="record.amend").count() == 1


def test_a_red_flag_that_is_ticked_is_told_at_once(house: House) -> None:
    tap(house, "growing_illness", present=["ascending_weakness_rapid"], ticked="1")
    assert Alarm.objects.get().patient == house.patient


def test_a_degree_is_asked_by_itself(house: House) -> None:
    tap(house, "liver_and_bladder", present=["liver_impairment"], ticked="1")
    assert current(house.patient) == []
    line = next(line for line in block_of(house, "liver_and_bladder").lines if line.fact == "liver_impairment")
    assert (line.state, line.can_be_ticked) == ("open", False)
    tap(house, "liver_and_bladder", said="none")
    assert values(house, "liver_impairment", "dialysis") == ["none", False]


def test_what_is_asked_singly_stands_in_no_group(house: House) -> None:
    with pytest.raises(Exception, match="not asked in this group"):
        translate.new_screened("mind", ["suicidal_thoughts_now"], today(house.site))


def test_the_questions_come_as_the_library_puts_them_with_every_item_of_a_group_to_be_read(house: House) -> None:
    rows = missing(house.patient, reviewed(house))
    assert [row.question for row in rows] == [inquiry.question for inquiry in reviewed(house).review.to_ask]
    page = house.client("nurse").get(f"/patients/{house.patient.pk}/consultation/").content.decode()
    blocks = [row.group for row in rows if row.group]
    assert {"heart", "mind"} <= {block.id for block in blocks}
    for block in blocks:
        part = page.split(f'id="group-{block.id}"')[1].split("</form>")[0]
        assert part.count('name="read"') == len(block.lines) <= screens.MOST
        assert "<details" not in part


@pytest.mark.parametrize("role", ["coordinator", "administrator", "auditor", "stranger"])
def test_who_does_not_care_for_the_patient_answers_no_group(house: House, role: str) -> None:
    assert tap(house, "heart", role, said="none").status_code == 403
    assert Entry.objects.count() == 0


def test_a_group_that_is_none_is_not_found(house: House) -> None:
    page = f"/patients/{house.patient.pk}/consultation/groups/hart/"
    assert house.client("nurse").post(page, {"said": "none"}).status_code == 404
    with pytest.raises(Conflict, match="read the group again"):
        groups.answered(block_of(house, "spine"), SPINE, (), "others", today(house.site))
