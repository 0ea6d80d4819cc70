"""The events of the audit log in words, for people who read it; the names in the chain stay as they were written."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from django import template

from unwound import record
from unwound_clinic.core.logins import OF_ACCOUNTS
from unwound_clinic.core.template_words import spaced
from unwound_clinic.models import AuditEvent

register = template.Library()
WORDS: Mapping[str, str] = {
    **OF_ACCOUNTS,
    "view": "looked at",
    "view.list": "saw the name in a list",
    "view.emergency": "looked at, by emergency access",
    "view.own": "patient looked at their own form",
    "view.referrals": "looked at referrals that came in",
    "view.wall": "wall screen shown",
    "refused": "refused",
    "account.pin": "PIN for the locked screen set",
    "alarm.raise": "alarm raised",
    "alarm.seen": "alarm acknowledged",
    "audit.who-saw": "asked who saw a record",
    "bill.claim": "superbill written",
    "bill.estimate": "estimate written",
    "break-glass": "emergency access begun",
    "break-glass.reviewed": "emergency access reviewed",
    "calendar.link": "calendar link made",
    "calendar.link-revoked": "calendar link revoked",
    "clinic.found": "clinic set up",
    "clinic.export": "clinic exported",
    "clinic.import": "clinic imported",
    "consent.language": "language of the consent chosen",
    "consent.offer": "consent offered",
    "consent.offer-taken-back": "consent offer cancelled",
    "consent.open": "consent opened by the patient",
    "consent.ticked": "statement of the consent ticked",
    "decision.replay": "decision recomputed",
    "diary.answered": "diary answered",
    "diary.open": "diary opened",
    "diary.opened": "diary opened by the patient",
    "diary.taken-back": "diary answer retracted",
    "fhir.export": "export for a system begun",
    "fhir.export-cancelled": "export for a system cancelled",
    "fhir.export-step": "export for a system continued",
    "fhir.exported": "export for a system fetched",
    "fhir.let-in": "system authorised",
    "fhir.read": "read by a system",
    "fhir.shut-out": "system access revoked",
    "fhir.token": "system logged in",
    "import.bring-in": "imported",
    "import.look": "file reviewed before an import",
    "import.refuse": "import refused",
    "import.same-person": "import confirmed as the same person",
    "import.set-aside": "import set aside",
    "import.undo": "import undone",
    "intake.finish": "first form sent",
    "intake.invite": "link to the first form made",
    "intake.language": "language of the first form chosen",
    "intake.open": "first form opened",
    "intake.visit": "first form read",
    "intake.wrong-birth-date": "wrong date of birth at the first form",
    "interfaces.add-system": "system entered",
    "interfaces.end-system": "system ended",
    "interfaces.feedback": "feedback on advice",
    "letter.typ": "letter typeset",
    "link.mailed": "link sent by mail",
    "message.view": "message of a monitor viewed",
    "monitor.clock": "clock of a monitor corrected",
    "monitor.clock-as-sent": "clock of a monitor used as sent",
    "monitor.numbers": "numbers of a monitor assigned",
    "patient.register": "patient registered",
    "people.helped-back-in": "account reset",
    "people.role": "role given",
    "people.role-taken": "role removed",
    "plan.check-differs": "second check of the order: it differs",
    "quarantine.seen": "held values reviewed",
    "readings.by-hand": "readings charted by hand",
    "readings.claim": "unassigned readings assigned",
    "readings.receive": "readings received",
    "record.amend": "record amended",
    "record.enter": "entered into the record",
    "referral.request": "referral received from a system",
    "session.acknowledged": "infusion: alert acknowledged",
    "session.alerts": "infusion: alerts raised or ended",
    "session.before-leaving": "infusion: discharge assessment",
    "session.drug-drawn": "controlled drug drawn up",
    "session.drug-given": "controlled drug given",
    "session.drug-returned": "controlled drug returned",
    "session.drug-wasted": "controlled drug wasted",
    "session.drug-discrepancy": "controlled drug: discrepancy",
    "session.today": "infusion: pre-infusion assessment",
    "set-up.done": "set-up step done",
    "set-up.mail": "mail set up",
    "stock.count": "controlled drugs counted",
    "wall.key": "key for a wall screen made",
    "wall.revoke": "key of a wall screen revoked",
}
"""Name of an event -> its words, where those are not its name without the punctuation."""
SPOKEN: Mapping[str, str] = {"session": "infusion"}
UNSAID = ("rows",)
"""Details for the seal of the chain, not for a reader."""
_CODE = re.compile(r"(?<![\w./@-])[a-z]+\d?(?:_[a-z0-9]+)+(?![\w./@-])")
"""A word as the program writes it, «weight_kg»; no part of a file's name or of an address."""
_ISO = re.compile(r"\b(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d):\d\d(?:\.\d+)?(\+00:00)?)?(?![\d-])")


@register.filter("event_in_words")
def in_words(action: str) -> str:
    """What somebody did: «saw the name in a list», «plan: order»."""
    if action in WORDS:
        return WORDS[action]
    wing, _, deed = action.partition(".")
    wing = SPOKEN.get(wing, wing)
    return spaced(f"{wing}: {deed}" if deed else wing)


@register.filter("event_details")
def details(event: AuditEvent) -> Iterator[tuple[str, str]]:
    """Each detail of an event with its words, as a reader wants them; nothing is left out but seals."""
    for name, value in event.detail.items():
        if name not in UNSAID and str(value) != "":
            yield spaced(name), _said(value)


def _said(value: object) -> str:
    """A value as people write it; of a table that was kept as text, its lines."""
    kept = _kept(str(value))
    if isinstance(kept, Mapping):
        return ", ".join(f"{spaced(name)} {_said(part)}" for name, part in kept.items() if part not in ("", None))
    if isinstance(kept, list):
        return ", ".join(map(_said, kept))
    if str(value) in ("True", "False"):
        return "yes" if str(value) == "True" else "no"
    return _CODE.sub(lambda code: spaced(code[0]), _ISO.sub(_day, str(value)))


def _kept(text: str) -> Any:
    """The table or list that a text was made from; the text itself where a person wrote it, «(5)» as well."""
    if not text.startswith(("{", "[")):
        return text
    try:
        kept = ast.literal_eval(text)
    except (TypeError, ValueError, SyntaxError, MemoryError, RecursionError):  # words that begin with a bracket
        return text
    return kept if isinstance(kept, Mapping | list) else text


def _day(iso: re.Match[str]) -> str:
    """A day, or a moment with its zone, that stands in a text."""
    try:
        day = record.day(date.fromisoformat(iso[1]))
        if iso[2]:
            datetime.strptime(iso[2], "%H:%M")
    except ValueError:
        return iso[0]
    return " ".join(part for part in (day, iso[2], "UTC" if iso[3] else "") if part)
