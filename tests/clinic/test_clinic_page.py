"""The clinic's own page: from a form, without login, linked where a reader asks for a visit; no price is misread."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from small_clinic import House
from test_public_library import CHECK, DIABETES

from unwound import reading
from unwound_clinic.core import money, rates
from unwound_clinic.models import AuditEvent, ClinicPage
from unwound_clinic.public import shown

COURSE = "crps_ketamine_10_days"
FILLED = {
    "overseer": "Dr Testcase Overseer", "licence": "GMC 0000000", "team": "Nurse Testcase, nurse, NMC 0",
    "watching": "A nurse, all the time.", "rescue": "Oxygen, bag and mask.", "room": "A room of your own.",
    "escort": "Somebody takes you home.", "animals": "A dog, Biscuit. We keep her out if you say so.",
    "access": "No steps.", "interpreter": "Spanish.", "currency": "usd", f"price-{COURSE}": "1,250.5",
    "included": "Tests.", "insurers": "Most say no.", "booking": "Call us.", "shown": "on",
}  # fmt: skip


def sent(house: House, role: str = "administrator", **changes: str) -> Any:
    return house.client(role).post(f"/sites/{house.site.pk}/public-page/", {**FILLED, **changes})


@pytest.mark.django_db
def test_what_was_typed_is_shown_to_anybody_beside_what_the_knowledge_says(house: House) -> None:
    assert sent(house).status_code == 302
    answer = Client().get(f"/learn/clinic/{house.site.pk}/")
    text = answer.content.decode()
    assert not answer.cookies
    for typed in ("Dr Testcase Overseer", "GMC 0000000", "Biscuit", "Most say no.", "Oxygen, bag and mask."):
        assert typed in text
    assert "1,250.50 USD an infusion" in text
    assert "12,505.00 USD" in text, "ten infusions"
    assert "10 infusions, up to 4 hours each" in text
    assert shown.first_words(reading.page("courses", COURSE)) in text
    assert AuditEvent.objects.filter(action="site.public-page").count() == 1
    assert Client().get("/learn/clinic/")["Location"] == f"/learn/clinic/{house.site.pk}/"
    assert f"/learn/clinic/{house.site.pk}/" in Client().get("/sitemap.xml").content.decode()


@pytest.mark.django_db
def test_it_is_linked_from_the_pages_and_from_a_visit_that_the_self_check_advises(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "/learn/clinic/" not in Client().get("/learn/").content.decode()
    sent(house)
    assert f"/learn/clinic/{house.site.pk}/" in Client().get("/learn/").content.decode()
    rates.forget()
    first = Client().post(CHECK, DIABETES).content.decode()
    assert "Ask this clinic for a visit" not in first, "what comes first is tried first"
    from dataclasses import replace

    from unwound_clinic.public.pages import check

    real = check.self_check.check
    monkeypatch.setattr(check.self_check, "check",
                        lambda *told, **more: (one := real(*told, **more)) and replace(one, way="visit"))  # fmt: skip
    assert 'href="/learn/clinic/#visit"' in Client().post(CHECK, DIABETES).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "says"),
    [({"licence": ""}, "without a licence"), ({"overseer": "", "licence": ""}, "says who oversees"),
     ({"currency": ""}, "In which currency"), ({"currency": "dollars"}, "Three letters"),
     ({f"price-{COURSE}": "600.001"}, "may mean"), ({f"price-{COURSE}": "600.0012"}, "more than two digits"),
     ({f"price-{COURSE}": "lots"}, "lots"), ({f"price-{COURSE}": "-5"}, "-5"), ({"booking": ""}, "required")],
)  # fmt: skip
def test_what_is_missing_or_cannot_be_read_is_asked_and_nothing_is_shown(
    house: House, changes: dict[str, str], says: str
) -> None:
    assert says in sent(house, **changes).content.decode()
    assert not ClinicPage.objects.exists()


@pytest.mark.django_db
def test_only_an_administrator_changes_it_and_it_is_hidden_until_it_is_to_be_shown(house: House) -> None:
    assert sent(house, "physician").status_code == 403
    sent(house, shown="")
    assert Client().get(f"/learn/clinic/{house.site.pk}/").status_code == 404
    assert "No clinic has a page here" in Client().get("/learn/clinic/").content.decode()


@pytest.mark.parametrize(
    ("typed", "amount"), [("600", "600.00"), ("1,250.50", "1250.50"), ("0", "0.00"), ("99,5", "99.50")]
)
def test_amounts_are_kept_to_the_cent(typed: str, amount: str) -> None:
    assert str(money.read(typed)) == amount
