"""What a new clinic still needs: what each thing is for, whether it is done, and where it is done."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from unwound import record, telephones
from unwound_clinic.core import last_backup, mail_settings, outside, reachable
from unwound_clinic.core.access import CARE, Staff
from unwound_clinic.models import Membership, SetUp, Site

TICKED = {"restore": "A backup was restored once", "keys": "Copy of the keys"}
"""Steps that only a person can say are done, with a note."""
AGAIN = timedelta(days=180)
"""After so long what a person ticked is asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: what it is, what it is for, whether it is done, how it stands, and the address where it is done."""

    key: str
    title: str
    purpose: str
    done: bool
    state: str
    address: str = ""


def steps(by: Staff) -> list[Step]:
    """Every step, for the sites that somebody administers; none for anybody else."""
    sites = list(Site.objects.filter(pk__in=by.sites_where("manage-site")).order_by("pk"))
    if not sites:
        return []
    return [*_of_sites(sites), _address(), _mail(), _people(sites), _backup(), *_ticked()]


def _of_sites(sites: Iterable[Site]) -> Iterator[Step]:
    several = len(list(sites)) > 1
    for site in sites:
        where, page = (f" of {site.name}" if several else ""), reverse("site", args=[site.pk])
        lacking = reachable.missing(site)
        numbers = ", ".join(number for number in (site.emergency, site.crisis_line, site.phone) if number)
        yield Step(
            key=f"numbers-{site.pk}", title=f"Numbers to call{where}", address=page, done=not lacking,
            purpose="A patient who answers that they want to die is told whom to call. No link is made before.",
            state=f"still needs {' and '.join(lacking)}" if lacking else numbers,
        )  # fmt: skip
        yield Step(
            key=f"country-{site.pk}", title=f"Country and time zone{where}", address=page,
            purpose="They decide how dates are typed, which guidelines are shown, and what «today» is.",
            done=site.timezone != "UTC" and bool(site.country or site.emergency),
            state=f"{_country(site)}, {site.timezone}",
        )  # fmt: skip
        yield Step(
            key=f"letterhead-{site.pk}", title=f"Letterhead{where}", address=page, done=bool(site.letterhead.strip()),
            purpose="It stands at the head of every letter.",
            state=site.letterhead.strip().partition("\n")[0] or "empty",
        )  # fmt: skip


def _country(site: Site) -> str:
    known = telephones.countries().get(site.country)
    return known.name if known else "a country that is not in the list"


def _address() -> Step:
    why = outside.fault(settings.ADDRESS) if settings.ADDRESS else "Not set: links name the address you opened."
    return Step(
        key="address", title="Public address", done=not why, state=why or settings.ADDRESS,
        purpose="Patients open their links under it, on their own telephones. Set UNWOUND_ADDRESS, behind a proxy with "
        "encryption: «Run a clinic» has the whole file.",
    )  # fmt: skip


def mail_server() -> str:
    """A short name of the server and sender that were tested; another one when they change."""
    parts = (settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_HOST_USER, settings.DEFAULT_FROM_EMAIL)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


def _mail() -> Step:
    tested = SetUp.objects.filter(step="mail", note=mail_server()).order_by("-id").first()
    if not mail_settings.is_set():
        state = "Not set: mail is only put into the folder of the clinic."
    elif tested is None:
        state = "Set, and no test mail was sent through it yet."
    else:
        state = f"A test mail was taken on {record.day(tested.at)}."
    return Step(
        key="mail", title="Mail", done=mail_settings.is_set() and tested is not None, state=state,
        purpose="Links for patients, and word to colleagues when their account is changed. Set UNWOUND_MAIL and "
        "UNWOUND_MAIL_FROM.",
    )  # fmt: skip


def _people(sites: Iterable[Site]) -> Step:
    rows = Membership.objects.filter(site__in=sites, role__in=CARE, user__is_active=True)
    people = rows.values("user").distinct().count()
    return Step(
        key="people", title="A second person in care", address=reverse("people"), done=people > 1,
        purpose="An order is checked, and a syringe read, by somebody else than who ordered it.",
        state=f"{people} {'person' if people == 1 else 'people'} in care",
    )  # fmt: skip


def _backup() -> Step:
    last, why = last_backup.at(), last_backup.warning()
    return Step(
        key="back-up", title="Back-up", done=not why,
        purpose="A disk that fails takes the record with it. Let the machine run «unwound backup» every night.",
        state=why or (f"The last one is from {record.minute(last)} UTC." if last else ""),
    )  # fmt: skip


def _ticked() -> Iterator[Step]:
    purposes = {
        "restore": "Only a backup that came back is known to be one: «unwound backup-drill» practises it.",
        "keys": "Without audit.key the log can no longer be verified. Every backup holds it and has a key of its own.",
    }
    for key, title in TICKED.items():
        row = SetUp.objects.filter(step=key).select_related("by").order_by("-id").first()
        fresh = row is not None and row.at > timezone.now() - AGAIN
        state = f"{row.by.name}, {record.day(row.at)}: {row.note}" if row else "nobody has said so yet"
        yield Step(key=key, title=title, purpose=purposes[key], done=fresh, state=state)
