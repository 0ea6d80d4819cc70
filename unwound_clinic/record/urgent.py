"""Red flags and suicide risk in a patient's record now, and what to tell the patient about them at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date

from unwound import candidacy, cautions, derive, pathway
from unwound.cautions import Finding
from unwound.languages import ENGLISH
from unwound_clinic.core import reachable
from unwound_clinic.models import Entry, Patient, Site
from unwound_clinic.record import translate
from unwound_clinic.record.entries import current

SUICIDE = "suicide-risk"
"""The kind of a finding beside which the number of a crisis line belongs."""


def findings(patient: Patient, today: date, entries: Iterable[Entry] | None = None) -> tuple[Finding, ...]:
    """The red flags and suicide risks that apply now, whichever pain they are of."""
    known = translate.patient(patient, today, entries)
    if len(known.pains) > 1:
        return pathway.review(known).red_flags
    return cautions.urgent(cautions.screen(derive.derive(known)))


def help_for_patient(
    patient: Patient, today: date, first: Collection[str] = (), language: str = ENGLISH
) -> tuple[str, ...]:
    """What to tell the patient at once: about their own answers, never about what only the clinic knows.

    The findings named `first` were just reported: what to do about them comes before the others.
    """
    entries = current(patient)
    now = findings(patient, today, entries)
    if not now:
        return ()
    without_own = ids(findings(patient, today, [entry for entry in entries if not entry.is_own]))
    listed = sorted(now, key=lambda finding: finding.id not in first)
    own = [
        replace(finding, id=of_own[0], holds_too=of_own[1:])
        for finding in listed
        if (of_own := tuple(id for id in finding.ids if id not in without_own))
    ]
    return in_plain_words(own, patient.site, language)


def ids(findings: Iterable[Finding]) -> frozenset[str]:
    """The cautions of all these findings, with those that stand in the box of another of the same event."""
    return frozenset(id for finding in findings for id in finding.ids)


def in_plain_words(findings: Iterable[Finding], site: Site, language: str = ENGLISH) -> tuple[str, ...]:
    """What to tell a patient of this site about these findings, with the site's own numbers and no other."""
    of_country = site.jurisdiction or None
    return candidacy.urgent_help(candidacy.told_of(findings), of_country, reachable.lines(site), language)


def alarm_text(finding: Finding, site: Site) -> str:
    """The text of an alarm for the clinic: the finding, its reasons, the advice, the site's own crisis line."""
    line = f" Crisis line here: {site.crisis_line}." if site.crisis_line and finding.kind == SUICIDE else ""
    return f"{finding.title}: {'; '.join(finding.because)}. {finding.action}{line}"
