"""Who takes part beside the patient, and what of it becomes part of the text that is signed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from unwound_clinic.core.action import Conflict
from unwound_clinic.models import Assent, Companion, CompanionRole, Ground, Patient, Presence

ENGLISH = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Who signs for the patient, on what ground, what the patient said; and the help with the language."""

    proxy: Companion | None = None
    ground: str = ""
    assent: str = ""
    assent_words: str = ""
    language: str = ""
    """The language in which it was discussed; empty where it is that of the text."""
    interpreter: Companion | None = None

    def kept(self) -> dict[str, str]:
        """The same, as it is stored with an offer and a consent."""
        who = {"proxy": self.proxy.name, "relation": self.proxy.relation} if self.proxy else {}
        words = {"ground": self.ground, "assent": self.assent, "assent_words": self.assent_words} if self.proxy else {}
        helped = {"language": self.language, "interpreter": self.interpreter.line if self.interpreter else ""}
        return {name: " ".join(text.split()) for name, text in {**who, **words, **helped}.items() if text.strip()}


ALONE = Beside()
"""Nobody beside the patient and the team."""


def present(patient: Patient, day: date, role: str) -> list[Companion]:
    """Who took part in that role on that day, without what was struck out and who was declined."""
    rows = patient.companions.filter(on=day, role=role, struck_at=None).exclude(presence=Presence.DECLINED)
    return list(rows.order_by("pk"))


def check(patient: Patient, beside: Beside, today: date) -> None:
    """Conflict with what is missing: a branch for each thing that consent by or with somebody else needs."""
    for companion, role in ((beside.proxy, CompanionRole.GUARDIAN), (beside.interpreter, CompanionRole.INTERPRETER)):
        if companion is not None and companion not in present(patient, today, role):
            raise Conflict(f"{companion.name} is not recorded as {role.value} of today's visit")
    if beside.proxy is not None:
        if beside.ground not in Ground.values:
            raise Conflict("enter the legal ground on which somebody signs for the patient")
        if beside.assent not in Assent.values:
            raise Conflict("ask the patient too, in words they understand, and record what they said")
        if beside.assent == Assent.REFUSES:
            raise Conflict("the patient refuses: nobody may sign against that refusal here")
    elif beside.ground or beside.assent:
        raise Conflict("choose who signs for the patient, or leave ground and assent empty")
    if beside.language and beside.interpreter is None:
        raise Conflict("discussed in a language other than that of the text: record the interpreter of today's visit")


def words(patient: Patient, kept: Mapping[str, str]) -> list[str]:
    """The sentences that stand at the head of the text, and in letters; none where nobody else takes part."""
    lines = []
    if "proxy" in kept:
        relation = f" ({kept['relation']})" if kept.get("relation") else ""
        quotation = f": «{kept['assent_words']}»" if kept.get("assent_words") else ""
        lines.append(
            f"Signed for {patient.full_name} by {kept['proxy']}{relation}, {Ground(kept['ground']).label}. "
            f"Asked in words they understand, the patient {Assent(kept['assent']).label}{quotation}."
        )
    if kept.get("interpreter"):
        spoken = f" in {kept['language']}" if kept.get("language") else ""
        lines.append(f"Discussed{spoken} with help. {kept['interpreter']}.")
    return lines
