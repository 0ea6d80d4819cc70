"""Every address of the clinic stands in one table here with who may: a new one that does not is missed."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from coordinated import COURSE
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from in_session import infusing
from small_clinic import House, register

from unwound_clinic.core import emergency
from unwound_clinic.models import (
    Alarm,
    Asking,
    AuditEvent,
    Bill,
    ClinicPage,
    Companion,
    Decision,
    Entry,
    FollowUp,
    HospitalSystem,
    Imported,
    Letter,
    Message,
    NearMiss,
    Patient,
    Plan,
    ReadingSystem,
    WallKey,
)
from unwound_clinic.monitors import actions as monitors_actions
from unwound_clinic.record.actions import pains as pain_actions
from unwound_clinic.record.actions import referrals
from unwound_clinic.record.actions.pains import Described
from unwound_clinic.treatment.actions import consents
from unwound_clinic.treatment.pages.consent import text_for

TEAM = {"physician", "anaesthesia-provider", "nurse", "coordinator"}
CARE = TEAM - {"coordinator"}
ADMIN, AUDIT, NOBODY = {"administrator"}, {"auditor"}, set[str]()
STAFF = TEAM | ADMIN | AUDIT | {"stranger"}
ANYBODY = STAFF | {"visitor"}
ON_BOTH = {"physician", "nurse"} | ADMIN | AUDIT
"""Between them they open every address: what the others are refused is no matter of the database."""
AT_ONCE = {"physician", "stranger"}
"""Who may most, and who nothing: the others are thorough."""


def _of(role: str) -> list[pytest.MarkDecorator]:
    return [*[pytest.mark.thorough] * (role not in AT_ONCE), *[pytest.mark.one_database] * (role not in ON_BOTH)]


EACH_ROLE = [pytest.param(role, marks=_of(role)) for role in sorted(ANYBODY)]

OF_ONE_PATIENT = {
    "patient": TEAM, "timeline": TEAM, "personal": TEAM, "patient-merge": TEAM, "invite": TEAM, "history": TEAM,
    "answers": TEAM, "answers-fill": TEAM,
    "answers-chart": TEAM, "assessment": TEAM, "assessment-change": TEAM, "plain": TEAM, "consent": TEAM,
    "consent-words": TEAM, "consent-signed": TEAM, "consultation": TEAM, "medicines": TEAM, "story": TEAM,
    "import": CARE, "import-preview": CARE, "imported": TEAM, "consultation-group": TEAM, "pains": TEAM, "pain": TEAM,
    "decision": TEAM, "decision-record": TEAM, "decision-replay": TEAM,
    "decision-depression": TEAM, "screened": TEAM,
    "ledger": TEAM, "ledger-chart": TEAM, "trial-new": TEAM, "trial": TEAM, "letters": TEAM,
    "letter-draft": {"physician", "coordinator"}, "letter": TEAM, "letter-fhir": TEAM, "plan": TEAM,
    "plan-compare": TEAM, "plan-target": TEAM, "plan-one": TEAM, "flowsheet": TEAM,
    "plan-check": CARE - {"physician"},  # who ordered it
    "patient-erase": {"physician"}, "companions": TEAM, "follow-up": TEAM, "follow-up-call": TEAM, "outcome": TEAM,
    "outcome-picture": TEAM, "adverse": TEAM, "adverse-fhir": TEAM, "bills": TEAM, "bill": TEAM, "bill-file": TEAM,
    "estimate": {"physician", "coordinator"}, "superbill": {"physician", "coordinator"}, "patient-copy": TEAM,
    "patient-sessions": TEAM, "break-glass": {"physician", "anaesthesia-provider", "stranger"},
}  # fmt: skip
OF_ONE_SESSION = {
    "session": CARE, "session-now": CARE, "session-appointment": TEAM, "session-check-in": TEAM, "session-start": CARE,
    "session-leave": CARE, "session-drug": CARE, "session-when-to-call": CARE, "session-record": CARE,
    "session-pdf": CARE, "session-readings": CARE, "session-record-table": CARE,
    "session-event": CARE, "session-predicted": CARE, "bring-in": CARE,
    "session-strike-out": CARE,
}  # fmt: skip
OF_THE_SITE = {
    "patients": TEAM | {"stranger"}, "patient-new": TEAM | {"stranger"}, "people": ADMIN, "give-role": ADMIN,
    "take-role": ADMIN, "help-back-in": ADMIN, "site": ADMIN, "site-new": ADMIN, "audit": AUDIT, "audit-verify": AUDIT,
    "who-saw": AUDIT, "wall-keys": ADMIN, "systems": ADMIN, "fhir-systems": ADMIN,
    "referrals": TEAM | {"stranger"}, "referral-new": TEAM | {"stranger"}, "referral": TEAM, "referral-file": TEAM,
    "site-opening": ADMIN, "calendar": TEAM | {"stranger"}, "calendar-own": TEAM | {"stranger"},
    "sessions": TEAM | {"stranger"}, "board": CARE | {"stranger"}, "board-now": CARE | {"stranger"},
    "monitors": CARE | ADMIN | {"stranger"}, "monitor": CARE | ADMIN, "monitor-new": CARE | ADMIN, "message": CARE,
    "retention": {"physician", "stranger"}, "follow-up-site": ADMIN,
    "outcomes": TEAM | {"stranger"}, "outcomes-picture": TEAM | {"stranger"},
    "own-knowledge": CARE | ADMIN | {"stranger"}, "own-knowledge-sign": {"physician", "stranger"},
    "own-knowledge-withdraw": CARE | ADMIN | {"stranger"},
    "site-page": ADMIN, "site-safety": ADMIN, "near-miss": STAFF - {"stranger"},
    "reviews": CARE | ADMIN | {"stranger"}, "reviews-kind": CARE | ADMIN | {"stranger"},
    "review-file": CARE | ADMIN | {"stranger"}, "review-pdf": CARE | ADMIN | {"stranger"},
    "review-withdraw": {"physician", "anaesthesia-provider", "stranger"},
    "monitor-know": CARE | ADMIN, "bed-moves": CARE | {"stranger"}, "stock": CARE | {"stranger"},
    "unassigned": CARE | {"stranger"}, "quarantine": CARE | {"stranger"},
}  # fmt: skip
OF_EVERYBODY = {
    "home": STAFF, "drafts": STAFF, "mine": STAFF, "near-misses": STAFF, "pin": STAFF, "unlock": STAFF,
    "library-kinds": STAFF, "library-kind": STAFF, "library": STAFF, "help": STAFF, "help-text": STAFF,
    "chart-course": STAFF, "chart-target": STAFF, "chart-comparison": STAFF,
}  # fmt: skip
SENT = {
    "see-alarm": CARE, "mail-link": TEAM, "set-up-mail": ADMIN, "set-up-tick": ADMIN, "trial-in-error": CARE,
    "pains-treat": CARE, "pains-place": CARE, "pain-in-error": CARE,
    "companion-strike-out": CARE, "consent-withdraw": TEAM, "consent-take-back": CARE,
    "plan-cancel": {"physician"}, "monitor-key": CARE | ADMIN, "monitor-code": CARE | ADMIN,
    "monitor-clock": CARE | ADMIN, "monitor-numbers": CARE | ADMIN, "bed-move": CARE,
    "claim-readings": CARE, "quarantine-seen": CARE,
    "set-aside-readings": CARE, "session-do": CARE, "glass-reviewed": AUDIT, "wall-revoke": ADMIN,
    "system-end": ADMIN, "fhir-system-end": ADMIN, "lock": STAFF, "touch": STAFF,
}  # fmt: skip
"""Addresses that take a form; those of the care team are told what they left out of an empty one."""
OF_READERS = dict.fromkeys(
    (
        "learn",
        "learn-evidence",
        "learn-kind",
        "learn-page",
        "learn-clinician",
        "learn-try",
        "learn-try-picture",
        "learn-check",
        "learn-search",
        "learn-in",
        "learn-page-in",
        "learn-check-in",
        "learn-search-in",
        "learn-clinics",
        "learn-clinic",
        "sitemap",
        "robots",
    ),
    ANYBODY,
)
"""What anybody may read without an account, staff too."""
BY_A_KEY = {"intake", "intake-page", "consent-sign", "diary", "diary-stop", "diary-mine", "diary-letter",
            "diary-consent", "setup", "post-readings", "calendar-file", "fhir", "fhir-base",
            "wall", "wall-now", "cds-services", "cds-service", "cds-feedback", "launch", "launch-callback",
            "launch-view", "launch-send", "metrics"}  # fmt: skip
"""Opened by a link, the terminal's key or a device's key: their own tests show that nothing else opens them."""
ASKED = {**OF_ONE_PATIENT, **OF_ONE_SESSION, **OF_THE_SITE, **OF_EVERYBODY, **OF_READERS}


def addresses(patterns: Any = None) -> Iterator[str]:
    """The names of our own addresses."""
    for one in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(one, URLPattern) and str(one.pattern) not in ("healthz", "readyz"):
            yield str(one.name)
        elif isinstance(one, URLResolver) and str(one.pattern) != "accounts/":
            yield from addresses(one.url_patterns)


def test_no_address_is_without_a_row() -> None:
    assert sorted(addresses()) == sorted((*ASKED, *SENT, *BY_A_KEY))
    assert all(roles & ON_BOTH for roles in (*ASKED.values(), *SENT.values()))


def rows(house: House) -> dict[str, tuple[Any, ...]]:
    """One of everything there is, and the numbers by which each address names it."""
    session = infusing(house)
    patient, site, nurse = house.patient, house.site, house.by("nurse")
    number, now = patient.pk, timezone.now()
    alarm = Alarm.objects.create(patient=patient, finding="cauda_equina", text="numb", raised_at=now)
    other = register(nurse, site, "Unconscious", "Found")
    opened = emergency.break_glass(by=house.by("stranger"), patient=other, reason="found unconscious")
    monitor = monitors_actions.add_monitor(by=nurse, site=site, name="Monitor")
    wall = WallKey.objects.create(
        site=site, name="Hall", key_hash="0", made_at=now, made_by=house.users["administrator"]
    )
    system = HospitalSystem.objects.create(
        site=site, name="Record", unsigned=True, made_at=now, made_by=house.users["administrator"]
    )
    reader = ReadingSystem.objects.create(
        site=site, name="Hub", client_id="any", keys={"keys": []}, scopes="system/Patient.rs", made_at=now,
        made_by=house.users["administrator"],
    )  # fmt: skip
    letter = Letter.objects.create(
        patient=patient, kind="summary", addressee="a team", content={}, pdf=b"%PDF-", written_at=now,
        written_by=house.users["physician"],
    )  # fmt: skip
    imported = Imported.objects.create(patient=patient, at=now, by=house.users["nurse"], name="a.json", digest="0")
    message = Message.objects.create(site=site, sender="any", digest="0", received_at=now, raw=b"MSH|", answer="AR")
    offer, _ = consents.offer(by=nurse, patient=patient, here=True, **text_for(patient, {"protocol": COURSE}))
    consent, decision = patient.consents.get(), Decision.objects.get()
    companion = Companion.objects.create(
        patient=patient, on=now.date(), role="chaperone", name="any", by=house.users["nurse"], at=now
    )
    follow_up = FollowUp.objects.create(
        patient=patient, plan=session.plan, channel="telephone", agreed_at=now, agreed_by=house.users["nurse"],
        nonce="any", token_hash="0",
    )  # fmt: skip
    asking = Asking.objects.create(patient=patient, follow_up=follow_up, day=1, on=now.date())
    leg = pain_actions.add(by=nurse, patient=patient, pain=Described(name="leg"), first="wrist")
    referral = referrals.receive(
        by=nurse, site=site, content=b"%PDF-1.7", name="letter.pdf", sender="Dr Invented",
        arrived_on=now.date(), family_name="Referred",
    )  # fmt: skip
    bill = Bill.objects.create(
        patient=patient, plan=session.plan, kind="estimate", signed_by=house.users["physician"], signed_at=now,
        content={"title": "Good-faith estimate", "patient": patient.full_name, "lines": [], "currency": "USD"},
    )  # fmt: skip
    ClinicPage.objects.create(
        site=site, shown=True, fields={"overseer": "Dr Invented", "licence": "GMC 0", "booking": "Call us."},
        prices={COURSE: "600.00"}, currency="USD", changed_by=house.users["administrator"], changed_at=now,
    )  # fmt: skip
    event_of_a_course = Entry.objects.create(
        patient=patient, kind="adverse", key="any", on=now.date(), at=now, by_name="any",
        value={"what": "sick", "began": "2026-01-01", "severity": "mild", "serious": "no", "cause": "possible",
               "action": "nothing", "became": "recovered"},
    )  # fmt: skip
    near_miss = NearMiss.objects.create(site=site, what="any", reported_by=house.users["nurse"], reported_at=now)
    event, user = session.events.first(), house.users["nurse"]
    of_one = dict.fromkeys((*OF_ONE_PATIENT, "pains-treat", "pains-place"), (number,))
    return {
        **of_one,
        **dict.fromkeys(OF_ONE_SESSION, (session.pk,)),
        "history": (number, "fact", "weight_kg"),
        "answers-fill": (number, "peg"),
        "answers-chart": (number, "peg"),
        "consent-signed": (number, consent.pk),
        "consent-withdraw": (number, consent.pk),
        "consent-take-back": (number, offer.pk),
        "companion-strike-out": (number, companion.pk),
        "follow-up-call": (number, asking.pk),
        "follow-up-site": (site.pk,),
        "outcomes-picture": ("lasting",),
        "adverse-fhir": (number, event_of_a_course.pk),
        "consultation-group": (number, "pain"),
        "screened": (number, "heart"),
        "decision-record": (number, decision.pk),
        "decision-replay": (number, decision.pk),
        "pain": (number, leg),
        "pain-in-error": (number, leg),
        "trial": (number, "0"),
        "trial-in-error": (number, "0"),
        "letter-draft": (number, "referral"),
        "imported": (number, imported.pk),
        "letter": (number, letter.pk),
        "letter-fhir": (number, letter.pk),
        "plan-one": (number, Plan.objects.get().pk),
        "flowsheet": (number, Plan.objects.get().pk),
        **dict.fromkeys(("estimate", "superbill"), (number, session.plan_id)),
        "bill": (number, bill.pk),
        "bill-file": (number, bill.pk, "csv"),
        "plan-check": (number, Plan.objects.get().pk),
        "plan-cancel": (number, Plan.objects.get().pk),
        "session-event": (session.pk, event.pk if event else 0),
        "session-do": (session.pk,),
        "see-alarm": (alarm.pk,),
        "glass-reviewed": (opened.pk,),
        **dict.fromkeys(("monitor", "monitor-know", "monitor-code", "monitor-clock", "monitor-numbers"), (monitor.pk,)),
        "monitor-key": (monitor.pk,),
        "monitor-new": (site.pk,),
        **dict.fromkeys(("message", "bed-move"), (message.pk,)),
        "wall-revoke": (wall.pk,),
        "system-end": (system.pk,),
        "fhir-system-end": (reader.pk,),
        "claim-readings": (site.pk,),
        "set-aside-readings": (site.pk,),
        "quarantine-seen": (site.pk,),
        "give-role": (site.pk,),
        "take-role": (site.pk, user.pk),
        "mail-link": (number,),
        "set-up-tick": ("back-up",),
        "help-back-in": (site.pk, user.pk),
        "site": (site.pk,),
        "own-knowledge-sign": ("ceilings", "esketamine"),
        "own-knowledge-withdraw": (1,),
        "reviews-kind": ("cautions",),
        **dict.fromkeys(("review-file", "review-pdf"), ("cautions", "pregnancy")),
        "review-withdraw": (1,),
        **dict.fromkeys(("site-opening", "site-page", "site-safety", "learn-clinic"), (site.pk,)),
        "near-miss": (near_miss.pk,),
        "who-saw": (number,),
        "referral": (referral.pk,),
        "referral-file": (referral.pk,),
        "library-kind": ("evidence",),
        "help-text": ("how-to", "run-a-session"),
        "library": ("evidence", "cohen_2018"),
        "learn-kind": ("conditions",),
        "learn-page": ("conditions", "crps_1"),
        "learn-clinician": ("conditions", "crps_1"),
        "learn-try": ("wind_up",),
        "learn-try-picture": ("wind_up",),
        **dict.fromkeys(("learn-in", "learn-check-in", "learn-search-in"), ("es",)),
        "learn-page-in": ("es", "questions", "how_long"),
        "chart-course": ("crps_ketamine_10_days", "concentration"),
    }


def opens(client: Client, name: str, numbers: tuple[Any, ...], form: dict[str, Any] | None) -> bool:
    """Whether it opens, or says what was left out; everybody else is refused or sent to log in.

    Whatever it shows of a patient has left its event (ASVS 16.3.3; 45 CFR 164.312(b)).
    """
    last = AuditEvent.objects.order_by("-number").values_list("number", flat=True).first() or 0
    answer = _asked(client, name, numbers, form)
    assert answer.status_code < 500, name
    if answer.status_code != 405:
        check_event(name, answer, last)
        check_hazard(name, answer)
    return answer.status_code not in (403, 405) and not answer.get("Location", "").startswith("/accounts/login/")


def _asked(client: Client, name: str, numbers: tuple[Any, ...], form: dict[str, Any] | None) -> Any:
    """The answer; a screen that refreshes itself is asked as by somebody who has not opened it yet."""
    if client.session.get("looks"):
        session = client.session
        del session["looks"]
        session.save()
    address = reverse(name, args=numbers)
    return client.get(address) if form is None else client.post(address, form)


ABOUT_SOMEBODY = (OF_ONE_PATIENT.keys() | OF_ONE_SESSION.keys()) - {"break-glass"}


def check_event(name: str, answer: Any, last: int) -> None:
    """An answer that shows a patient, as page, part, picture, PDF or table, has left an event that names them."""
    shown = answer.getvalue()
    named = {patient.pk for patient in Patient.objects.all() if patient.family_name.encode() in shown}
    whole = answer.status_code in (200, 409) and shown and name in ABOUT_SOMEBODY
    if not named and not whole:
        return
    events = AuditEvent.objects.filter(number__gt=last)
    seen = {event.patient_id for event in events} | {
        int(number) for event in events for number in event.detail.get("patients", "").split()
    }
    assert named <= seen, f"{name} showed {named - seen} without an event"
    assert seen, f"{name} answered {answer.status_code} without an event"


HAZARDOUS = {
    name
    for names in tomllib.loads((Path(__file__).parents[2] / "docs/hazards.toml").read_text("utf-8"))["pages"].values()
    for name in names
}
DOSE = re.compile(rb"\d(?:\.\d+)?\s?(?:mg|mL|ng)\b")
VERDICT = re.compile(rb"\b(?:candidate|refractory|first line)\b", re.IGNORECASE)


def check_hazard(name: str, answer: Any) -> None:
    """A page that shows a patient, a dose or a verdict is named by a hazard: what it may lead to was thought of.

    An address that only takes a form shows the page that it was sent from.
    """
    if answer.status_code != 200 or name in HAZARDOUS or name in SENT:
        return
    shown = answer.getvalue()
    named = any(patient.family_name.encode() in shown for patient in Patient.objects.all())
    what = "a patient" if named else "a dose" if DOSE.search(shown) else "a verdict" if VERDICT.search(shown) else ""
    assert not what, f"{name} shows {what}: name the hazard in docs/hazards.toml, [pages]"


def test_every_page_of_a_patient_or_a_session_is_named_by_a_hazard() -> None:
    shown = {*OF_ONE_PATIENT, *OF_ONE_SESSION}
    assert shown - HAZARDOUS == set()
    assert not HAZARDOUS - {*addresses()}, "no such page"


@pytest.mark.django_db
@pytest.mark.parametrize("role", EACH_ROLE)
def test_each_address_opens_for_its_roles_and_for_nobody_else(house: House, role: str) -> None:
    named, client = rows(house), Client() if role == "visitor" else house.client(role)
    filled = {"claim-readings": {"session": named["session"][0]}, "trial-in-error": {"reason": "entered twice"}}
    wrong = {}
    for name, roles in {**ASKED, **SENT}.items():
        opened = opens(client, name, named.get(name, ()), filled.get(name, {}) if name in SENT else None)
        if opened != (role in roles):
            wrong[name] = "opened" if opened else "closed"
    assert not wrong, f"for the {role}, these wrongly opened or closed: {wrong}"


WITHOUT_ACCOUNT = {"account_login", "account_inactive", "mfa_authenticate"}
"""Of the pages of accounts, those that open before one is logged in (the second factor's only after a password)."""


def test_pages_of_accounts_open_to_whoever_is_logged_in_or_to_nobody(db: None) -> None:
    accounts = next(one for one in get_resolver().url_patterns if str(one.pattern) == "accounts/")
    named = [one for part in accounts.url_patterns for one in getattr(part, "url_patterns", [part])]
    routes = [one for part in named for one in getattr(part, "url_patterns", [part])]
    names = {str(one.name) for one in routes}
    assert names >= {"account_login", "account_signup", "mfa_activate_totp", "usersessions_list"}
    for name in sorted(names - WITHOUT_ACCOUNT - {"account_confirm_email", "account_reset_password_from_key"}):
        answer = Client().get(reverse(name))
        outside = answer.status_code == 404 or answer.get("Location", "").startswith("/accounts/login/")
        assert outside, (name, answer.status_code)
