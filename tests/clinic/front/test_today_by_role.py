"""Today begins with one's own work: today's sessions, then what one's roles do next, then what others do."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from in_session import another_today, infusing, scheduled
from small_clinic import House, register

from unwound_clinic.core import access
from unwound_clinic.front import turns
from unwound_clinic.models import InfusionSession, Membership, Patient, Role, Stage


def parts(house: House, role: str) -> dict[str, str]:
    """Heading of the first page -> its text."""
    html = house.client(role).get("/").content.decode()
    pieces = re.split(r"<h2[^>]*>(.*?)</h2>", html, flags=re.DOTALL)[1:]
    words = [" ".join(re.sub(r"<[^>]+>", " ", piece).split()) for piece in pieces]
    return {heading.partition("(")[0].strip(): text for heading, text in zip(words[::2], words[1::2], strict=True)}


def test_every_stage_is_somebodys_turn() -> None:
    assert set(turns.NEXT) == set(Stage)
    assert all(roles and roles <= access.TEAM for roles in turns.NEXT.values())


@pytest.mark.django_db
def test_a_physician_does_not_see_the_coordinators_chores_first(house: House) -> None:
    waiting = register(house.by("nurse"), house.site, "Consult", "Me")
    Patient.objects.filter(pk=waiting.pk).update(stage=Stage.CONSULTATION, due_what="consultation")
    physician, coordinator = parts(house, "physician"), parts(house, "coordinator")
    assert "Consult, Me" in physician["Due, for you"]
    assert "invite to the first form" not in physician["Due, for you"]
    assert "invite to the first form" in physician["Due, for others of the team"]
    assert "invite to the first form" in coordinator["Due, for you"]
    assert "Consult, Me" in coordinator["Due, for others of the team"]


@pytest.mark.django_db
def test_the_work_of_a_role_that_nobody_has_is_everybodys(house: House) -> None:
    Membership.objects.filter(role=Role.COORDINATOR).delete()
    assert "invite to the first form" in parts(house, "physician")["Due, for you"]


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["physician", "anaesthesia-provider", "nurse", "coordinator"])
def test_todays_sessions_are_on_the_first_page_of_everybody_who_may_see_them(house: House, role: str) -> None:
    infusing(house)
    text = parts(house, role)["Sessions today"]
    assert "Testcase, One" in text
    assert "infusing" in text
    assert "Bed 3" in text


@pytest.mark.django_db
def test_nobody_else_sees_them_nor_another_site(house: House) -> None:
    scheduled(house)
    assert "Testcase" not in parts(house, "stranger")["Sessions today"]
    for role in ("administrator", "auditor"):
        assert "Sessions today" not in parts(house, role)


@pytest.mark.django_db
def test_a_session_of_yesterday_that_is_still_under_way_is_there_and_one_that_is_over_is_not(house: House) -> None:
    row = infusing(house)
    other = another_today(house, row)
    yesterday = timezone.now() - timedelta(days=2)
    InfusionSession.objects.filter(pk=row.pk).update(scheduled_at=yesterday)
    InfusionSession.objects.filter(pk=other.pk).update(scheduled_at=yesterday, state="aborted")
    text = parts(house, "nurse")["Sessions today"]
    assert text.count("Testcase, One ·") == 1
    assert "infusing" in text


@pytest.mark.django_db
def test_patients_with_nothing_due_come_last(house: House) -> None:
    register(house.by("nurse"), house.site, "Nothing", "Due")
    Patient.objects.filter(family_name="Nothing").update(due_on=None, due_what="")
    text = house.client("nurse").get("/patients/").content.decode()
    assert text.index("Testcase, One") < text.index("Nothing, Due")
