"""One row a patient: what a review says of a population, in columns; a record that cannot be read is a row too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from unwound import candidacy, catalogue, conditions, pathway
from unwound.cautions import CautionLevel
from unwound.conditions.grading import FALLBACK
from unwound.conditions.knowledge import GradeLevel
from unwound.pathway import Decision
from unwound.patient import Patient
from unwound.therapies.overlap import CONFIRMED

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What screening says of one patient; with an `error` nothing else is said."""

    patient_id: str
    source: str
    """The file, or the folder of an export."""
    verdict: str = ""
    verdict_if_confirmed: str = ""
    """The verdict if every treatment listed was taken for this pain and as prescribed."""
    urgent: bool | None = None
    condition: str = ""
    """Id of the condition that leads: the one ketamine would be for, else what the record comes nearest to."""
    level: str = ""
    """How certain that condition is; «cannot-determine» where what it takes is not recorded."""
    refractory_certain: int | None = None
    """Classes or drugs that have failed for certain, by the rule that this condition's evidence asks for."""
    refractory_possible: int | None = None
    """The same if every treatment listed was taken for this pain and as prescribed."""
    question: str = ""
    """The first question to ask; empty where nothing is open."""
    stops: tuple[str, ...] = ()
    """Ids of the contraindications that hold, with those that are emergencies."""
    findings: tuple[str, ...] = ()
    """Ids of everything else that was found and holds."""
    unread: int | None = None
    """Parts of the record that were not used or need checking."""
    error: str = ""
    """Why the record could not be reviewed."""
    rules_fingerprint: str = ""


def of_patient(patient: Patient, *, patient_id: str, source: str, unread: int = 0) -> Row:
    """The row of what a review says of a patient; `unread` counts the parts of the record that were not used."""
    decided = pathway.decide(patient)
    lead = decided.lead or candidacy.leading(decided.grades)
    level = next((grade.level for grade in decided.grades if grade.condition == lead), "")
    required = candidacy.requirements()[conditions.conditions()[lead].ketamine.strength]
    ledger = decided.ledger
    counts = ledger.delphi_counts if required.rule == "delphi" else ledger.local_counts
    holding = [finding for finding in decided.findings if finding.holds]
    stops = tuple(finding.id for finding in holding if finding.level == CautionLevel.STOP)
    return Row(
        patient_id=patient_id,
        source=source,
        verdict=decided.verdict,
        verdict_if_confirmed=_if_confirmed(decided),
        urgent=bool(decided.red_flags),
        condition=lead,
        level=level,
        refractory_certain=counts.certain,
        refractory_possible=counts.possible,
        question=decided.question,
        stops=stops,
        findings=tuple(finding.id for finding in holding if finding.id not in stops),
        unread=unread,
        rules_fingerprint=rules_fingerprint(),
    )


def of_error(error: str, *, patient_id: str = "", source: str) -> Row:
    """The row of a record that could not be reviewed."""
    return Row(patient_id=patient_id, source=source, error=error, rules_fingerprint=rules_fingerprint())


NOT_REVIEWED = "not-reviewed"
"""The verdict on somebody whose record names nothing that could make a pain neuropathic, and nothing urgent."""


def of_not_reviewed(ids: Sequence[str], *, source: str) -> pa.Table:
    """The rows of patients of whom `kinds` tells that a review finds neither a painful condition nor anything urgent.

    What it would find beside that (contraindications, doses, what is unread) is empty: it was not looked for.
    """
    import pyarrow as pa

    same = Row(
        patient_id="",
        source=source,
        verdict=NOT_REVIEWED,
        verdict_if_confirmed=NOT_REVIEWED,
        urgent=False,
        condition=FALLBACK,
        level=GradeLevel.CANNOT_DETERMINE,
        rules_fingerprint=rules_fingerprint(),
    )
    alike = table([same]).take(pa.array([0] * len(ids), pa.int32()))
    return alike.set_column(0, schema().field(0), pa.array(ids, pa.string()))


def _if_confirmed(decided: Decision) -> str:
    """The verdict once somebody has confirmed the trials; the same one where that is not asked."""
    if CONFIRMED not in decided.ask:
        return decided.verdict
    known = decided.patient
    confirmed: dict[str, Any] = {CONFIRMED: True}
    return pathway.decide(known.knowing(**confirmed)).verdict


@cache
def rules_fingerprint() -> str:
    """Version and knowledge that the rows rest on: the same records give the same rows under the same one."""
    own = catalogue.own().fingerprint
    kept = catalogue.rests_on()
    return f"{kept['version']}:{str(kept['data_fingerprint'])[:16]}" + (f":{own[:16]}" if own else "")


@cache
def schema() -> pa.Schema:
    """The columns of the table."""
    import pyarrow as pa

    words, number = pa.list_(pa.string()), pa.int32()
    kinds = {
        "urgent": pa.bool_(),
        "refractory_certain": number,
        "refractory_possible": number,
        "unread": number,
        "stops": words,
        "findings": words,
    }
    return pa.schema([pa.field(name, kinds.get(name, pa.string())) for name in Row.__dataclass_fields__])


def table(rows: Iterable[Row]) -> pa.Table:
    """The rows as a table with that schema."""
    import pyarrow as pa

    every = tuple(rows)
    return pa.table(
        {name: [_plain(getattr(row, name)) for row in every] for name in schema().names},
        schema=schema(),
    )


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
