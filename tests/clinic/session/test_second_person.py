"""Where two people are needed, the second one's own password is asked for, and no action takes a mere name for it."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from django.test import RequestFactory
from in_session import infusing, prepared
from small_clinic import PASSWORD, House

import unwound_clinic
from unwound_clinic.core.action import Conflict
from unwound_clinic.session.actions import controlled_drug, preparation
from unwound_clinic.session.forms import SecondPersonForm

CLINIC = Path(unwound_clinic.__file__).parent


def form(house: House, password: str) -> SecondPersonForm:
    request = RequestFactory().post("/")
    request.user = house.users["nurse"]
    return SecondPersonForm(request, house.site, {"person": house.users["second"].pk, "password": password})


@pytest.mark.django_db
def test_the_form_confirms_for_the_person_whose_password_was_given_and_for_nobody_else(house: House) -> None:
    right, wrong = form(house, PASSWORD), form(house, "somebody else's password")
    assert right.is_valid()
    assert right.cleaned_data["confirmed"].user == house.users["second"]
    assert not wrong.is_valid()
    assert "confirmed" not in wrong.cleaned_data


@pytest.mark.django_db
def test_an_account_alone_is_no_second_person(house: House) -> None:
    second: Any = house.users["second"]
    row = prepared(house, without=("syringe",))
    given: dict[str, Any] = {"by": house.by("nurse"), "patient": house.patient, "session": row}
    with pytest.raises(Conflict, match="two people"):
        preparation.prepare(**given, checker=second, syringe=preparation.Syringe.of(row))
    assert not row.events.filter(content__has_key="checked_by").exists()


@pytest.mark.django_db
def test_waste_is_not_witnessed_by_an_account_alone(house: House) -> None:
    second: Any = house.users["second"]
    given: dict[str, Any] = {"by": house.by("nurse"), "patient": house.patient, "session": infusing(house)}
    with pytest.raises(Conflict, match="two people"):
        controlled_drug.account(**given, what="wasted", lot="K-77", drug="racemic ketamine", mg="10", witness=second)


def test_only_what_checks_the_password_and_the_demonstration_make_a_confirmation() -> None:
    made = {
        path.relative_to(CLINIC).as_posix()
        for path in CLINIC.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "Confirmed"
    }
    assert made == {"core/passwords.py", "demonstration/treatment.py"}
