"""Every write goes through one door: named, permitted, whole, logged."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from small_clinic import House, register

import unwound_clinic
from unwound_clinic.administration import actions as administration_actions
from unwound_clinic.core import access, audit, emergency
from unwound_clinic.core.action import Conflict, action
from unwound_clinic.models import AuditEvent, Entry, Membership, Patient, Role
from unwound_clinic.record.actions import entries, patients
from unwound_clinic.record.entries import New, current, history

ASKS_ITSELF = {
    "_record", "_refusal", "found_clinic", "break_glass", "keep_feedback", "viewed", "_listed_at", "replayed",
    "set_pin", "make_feed", "stop_feed", "exported", "imported", "published",
}  # fmt: skip
"""Actions without a permission of the table: each says in its own words who may."""
READS = {"basis", "calculate", "draft_key", "probes", "stretch", "why_nobody_is_asked"}
"""Beside the actions, and write nothing: a page may call them."""


def functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every function of the clinic, wherever its module lies, with the path of it."""
    for found in pkgutil.walk_packages(unwound_clinic.__path__, "unwound_clinic."):
        if ".migrations" not in found.name:
            module = importlib.import_module(found.name)
            for name, function in inspect.getmembers(module, inspect.isfunction):
                if function.__module__ == module.__name__:
                    yield f"{found.name}.{name}", function


FUNCTIONS = list(functions())
ACTIONS = [(name, function) for name, function in FUNCTIONS if hasattr(function, "permission")]
PARTS = [(name, function) for name, function in FUNCTIONS if hasattr(function, "part_of_an_action")]


@pytest.mark.parametrize(("name", "function"), ACTIONS)
def test_every_action_says_who_by_keyword_and_names_its_permission(name: str, function: Callable[..., Any]) -> None:
    parameters = inspect.signature(function).parameters
    assert "by" in parameters, name
    assert all(one.kind in (one.KEYWORD_ONLY, one.VAR_KEYWORD) for one in parameters.values()), name
    permission = function.permission  # type: ignore[attr-defined]
    if permission is None:
        assert function.__name__ in ASKS_ITSELF, name
    else:
        assert permission in {
            *access.PERMISSIONS,
            *access.OWN,
            *access.OF_DEVICES,
            *access.OF_PROGRAMS,
            *access.OF_SYSTEMS,
        }, name
        assert "patient" in parameters or "site" in parameters, name


def test_whoever_asks_for_the_permission_itself_is_there() -> None:
    assert {function.__name__ for _, function in ACTIONS if function.permission is None} == ASKS_ITSELF  # type: ignore[attr-defined]


def test_what_lies_among_the_actions_is_an_action_or_part_of_one() -> None:
    known = {name for name, _ in (*ACTIONS, *PARTS)}
    others = {
        function.__name__
        for name, function in FUNCTIONS
        if "actions" in name.split(".")[:-1]
        and function.__module__ != action.__module__
        and not function.__name__.startswith("_")
        and name not in known
    }
    assert others == READS


@pytest.mark.parametrize(("name", "function"), PARTS)
def test_no_part_of_an_action_runs_outside_one(name: str, function: Callable[..., Any]) -> None:
    with pytest.raises(RuntimeError, match="none is under way"):
        function()


def careless(request: HttpRequest) -> HttpResponse:
    """A page that forgot that writing is for actions."""
    Patient.objects.update(phone="changed")
    return HttpResponse()


urlpatterns = [path("healthz", careless)]


def test_a_page_that_writes_without_an_action_fails_its_test(house: House, settings: Any) -> None:
    settings.ROOT_URLCONF = __name__
    with pytest.raises(AssertionError, match="unwound_clinic_patient is written outside an action"):
        Client().get("/healthz")


def test_an_action_that_forgot_its_event_is_refused_whole(house: House) -> None:
    @action("record-facts")
    def forgetful(*, by: access.Actor, patient: Patient) -> None:
        Patient.objects.filter(pk=patient.pk).update(phone="changed")

    with pytest.raises(RuntimeError, match="left no event"):
        forgetful(by=house.by("nurse"), patient=house.patient)
    house.patient.refresh_from_db()
    assert house.patient.phone == ""


def test_what_is_entered_holds_and_what_it_replaces_stays(house: House) -> None:
    nurse = house.by("nurse")
    entries.enter(
        by=nurse, patient=house.patient, entries=(New(kind="fact", key="weight_kg", value=70.0, on=date(2026, 1, 1)),)
    )
    entries.enter(
        by=nurse,
        patient=house.patient,
        entries=(New(kind="fact", key="weight_kg", value=72.0, on=date(2026, 2, 1)),),
        reason="weighed again",
    )
    assert [one.value for one in current(house.patient, "fact")] == [72.0]
    kept = history(house.patient, "fact", "weight_kg")
    assert [(one.value, one.current, one.reason) for one in kept] == [(72.0, True, "weighed again"), (70.0, False, "")]


def test_the_same_value_again_is_not_entered_twice(house: House) -> None:
    for _ in range(2):
        entries.enter(
            by=house.by("nurse"), patient=house.patient, entries=(New(kind="fact", key="pregnant", value=False),)
        )
    assert Entry.objects.filter(patient=house.patient).count() == 1


def test_what_is_taken_back_is_unknown_again(house: House) -> None:
    nurse = house.by("nurse")
    entries.enter(by=nurse, patient=house.patient, entries=(New(kind="fact", key="pregnant", value=False),))
    entries.enter(
        by=nurse, patient=house.patient, entries=(New(kind="fact", key="pregnant", value=None),), reason="not tested"
    )
    assert current(house.patient) == []
    assert len(history(house.patient, "fact", "pregnant")) == 2


@pytest.mark.parametrize("role", ["coordinator", "administrator", "auditor", "stranger"])
def test_who_does_not_care_for_the_patient_enters_nothing(house: House, role: str) -> None:
    before = audit.head()
    with pytest.raises(access.Refused):
        entries.enter(
            by=house.by(role), patient=house.patient, entries=(New(kind="fact", key="pregnant", value=False),)
        )
    assert (Entry.objects.count(), audit.head()) == (0, before)


def test_a_person_is_registered_once(house: House) -> None:
    with pytest.raises(Conflict, match="already registered"):
        register(house.by("nurse"), house.site, "TESTCASE", "one")


def test_a_correction_keeps_the_number_and_logs_what_was_there(house: House) -> None:
    before = house.patient.pk
    found = patients.correct(by=house.by("nurse"), patient=house.patient, reason="misspelt", family_name="Testcase-New")
    event = AuditEvent.objects.order_by("-number")[0]
    assert (found.pk, found.family_name) == (before, "Testcase-New")
    assert "'Testcase'" in event.detail["before"]
    assert event.detail["reason"] == "misspelt"


def test_a_new_link_stops_the_one_before(house: House) -> None:
    first, token = patients.invite(by=house.by("coordinator"), patient=house.patient)
    second, other = patients.invite(by=house.by("coordinator"), patient=house.patient)
    first.refresh_from_db()
    assert first.revoked_at is not None
    assert second.revoked_at is None
    assert token != other
    assert token not in first.token_hash


def test_nobody_changes_their_own_role(house: House) -> None:
    admin = house.by("administrator")
    with pytest.raises(Conflict):
        administration_actions.take_role(by=admin, site=house.site, user=house.users["administrator"])
    with pytest.raises(Conflict):
        administration_actions.give_role(
            by=admin, site=house.site, email="administrator@example.test", name="", role=Role.PHYSICIAN, password=None
        )


def test_an_administrator_has_no_say_at_another_site(house: House) -> None:
    with pytest.raises(access.Refused):
        administration_actions.take_role(
            by=house.by("administrator"), site=house.other_site, user=house.users["stranger"]
        )
    assert Membership.objects.filter(user=house.users["stranger"]).exists()


def test_who_lost_the_last_role_cannot_come_back(house: House) -> None:
    administration_actions.take_role(by=house.by("administrator"), site=house.site, user=house.users["nurse"])
    house.users["nurse"].refresh_from_db()
    assert house.users["nurse"].is_active is False


def test_glass_is_broken_for_reading_only_and_the_auditor_sees_it(house: House) -> None:
    stranger = house.by("stranger")
    client = house.client("stranger")
    page = f"/patients/{house.patient.pk}/"
    assert client.get(page).status_code == 403
    with pytest.raises(Conflict, match="reason"):
        emergency.break_glass(by=stranger, patient=house.patient, reason="urgent")
    client.post(f"{page}break-glass/", {"reason": "found unconscious in our emergency room"})
    assert client.get(page).status_code == 200
    assert AuditEvent.objects.order_by("-number")[0].action == "view.emergency"
    with pytest.raises(access.Refused):
        entries.enter(by=stranger, patient=house.patient, entries=(New(kind="fact", key="pregnant", value=False),))
    assert "found unconscious" in house.client("auditor").get("/").content.decode()


def test_glass_closes_again(house: House) -> None:
    opened = emergency.break_glass(
        by=house.by("stranger"), patient=house.patient, reason="found unconscious in our emergency room"
    )
    assert access.may(house.by("stranger"), "see-medical-record", house.patient, opened.at)
    assert not access.may(house.by("stranger"), "see-medical-record", house.patient, opened.until)


def test_a_nurse_of_another_site_breaks_no_glass(house: House) -> None:
    admin = house.users["administrator"]
    Membership.objects.filter(user=house.users["stranger"]).update(role=Role.NURSE)
    with pytest.raises(access.Refused):
        emergency.break_glass(by=house.by("stranger"), patient=house.patient, reason="found unconscious in our hall")
    assert admin.is_active
