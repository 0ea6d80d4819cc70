"""Every page of the table of addresses, by a person to whom it opens: accessible, no wider than its screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from looking import fits
from playwright.sync_api import BrowserContext, Page
from small_clinic import House
from test_every_address import ASKED, rows

NOT_PAGES = {
    "invite", "letter", "letter-fhir", "answers-chart", "ledger-chart", "session-now", "session-pdf",
    "session-readings", "session-record-table", "session-predicted", "board-now", "chart-course", "chart-comparison",
    "chart-target",
    "take-role", "drafts", "referral-file", "flowsheet", "own-knowledge-sign", "own-knowledge-withdraw",
    "review-withdraw", "review-pdf", "bill-file", "sitemap", "robots", "outcome-picture", "outcomes-picture",
    "learn-try-picture",
    "adverse-fhir",
}  # fmt: skip
"""Pictures, tables, PDF, parts of pages, and what only sends one on."""
ACCOUNT = ("mfa_index", "mfa_activate_totp", "usersessions_list", "account_change_password", "account_logout",
           "account_reauthenticate")  # fmt: skip


def known(context: BrowserContext, house: House, role: str) -> Page:
    """A page in which that person is logged in."""
    page = context.new_page()
    page.goto("/healthz", timeout=60_000)
    session = house.client(role).cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": page.url}])
    return page


@pytest.mark.parametrize(
    ("phone", "scheme", "every"),
    [
        (True, "dark", 8),
        *(pytest.param(*screen, 1, marks=pytest.mark.thorough) for screen in ((False, "light"), (True, "dark"))),
    ],
)
def test_every_page_is_accessible_and_fits(
    contexts: Callable[..., BrowserContext],
    house: House,
    axe: Callable[[Page], None],
    phone: bool,
    scheme: str,
    every: int,
) -> None:
    named: dict[str, Any] = rows(house)
    pages: dict[str, Page] = {}
    wrong = []
    addresses = [(name, roles, reverse(name, args=named.get(name, ()))) for name, roles in ASKED.items()]
    addresses += [(name, {"nurse"}, reverse(name)) for name in ACCOUNT]
    addresses += [("missing", {"nurse"}, "/nowhere/"), ("refused", {"auditor"}, f"/patients/{house.patient.pk}/")]
    for name, roles, address in addresses[::every]:
        if name in NOT_PAGES:
            continue
        role = min(roles)
        if role not in pages:
            pages[role] = known(contexts(phone=phone, color_scheme=scheme), house, role)
        answer = pages[role].goto(address)
        try:
            assert answer is not None
            assert answer.status in (200, 403 if name == "refused" else 404 if name == "missing" else 200), name
            fits(pages[role])
            axe(pages[role])
        except AssertionError as error:
            wrong.append(str(error))
    assert not wrong, "\n\n".join(wrong)


def test_pages_before_the_login_are_accessible(
    visitor: Callable[..., Page], house: House, axe: Callable[[Page], None]
) -> None:
    page = visitor(phone=True)
    for address in ("/accounts/login/", "/accounts/inactive/", "/i/no-such-link/", "/c/no-such-link/"):
        page.goto(address)
        fits(page)
        axe(page)
