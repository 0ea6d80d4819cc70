"""Red flags and suicide risk in a patient's record now, and what to tell the patient about them at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable
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
    without_own = {
        finding.id for finding in findings(patient, today, [finding for finding in entries if not finding.is_own])
    }
    own = sorted(
        (finding for finding in now if finding.id not in without_own), key=lambda finding: finding.id not in first
    )
    return in_plain_words(own, patient.site, language)


def in_plain_words(findings: Iterable[Finding], site: Site, language: str = ENGLISH) -> tuple[str, ...]:
    """What to tell a patient of this site about these findings, with the site's own numbers and no other."""
    of_country = site.jurisdiction or None
    listed = [(finding.id, finding.kind) for finding in findings]
    return candidacy.urgent_help(listed, of_country, reachable.lines(site), language)


def alarm_text(finding: Finding, site: Site) -> str:
    """The text of an alarm for the clinic: the finding, its reasons, the advice, the site's own crisis line."""
    line = f" Crisis line here: {site.crisis_line}." if site.crisis_line and finding.kind == SUICIDE else ""
    return f"{finding.title}: {'; '.join(finding.because)}. {finding.action}{line}"
