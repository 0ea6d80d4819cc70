"""A flowsheet on paper for an order: what to give, what to watch, when to stop, whom to call, and lines to write on."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typst
from django.utils import timezone

from unwound import record, session
from unwound.catalogue import Checked, plain
from unwound.protocols.planner import Rate
from unwound.report.planning import pump_rows
from unwound.session.limits import Limits, When, monitoring
from unwound.terms import Advice
from unwound_clinic.core.template_words import born
from unwound_clinic.core.words import protocol_title
from unwound_clinic.models import OrderState, Plan
from unwound_clinic.record import translate
from unwound_clinic.session import order
from unwound_clinic.session.words import anaesthesia_provider

TEMPLATE = Path(__file__).parent / "templates/session/flowsheet.typ"
PAPERS = {"a4": "a4", "letter": "us-letter"}
"""What may be asked for -> the name of the typesetter."""
ROUND_MIN = 15
SPARE_LINES = 8
MOST_LINES = 60
DOES = {Advice.STOP: "stop, call", Advice.PAUSE: "pause", Advice.REVIEW: "assess"}
PHASES = {When.INFUSION: "during the infusion", When.RECOVERY: "after it"}
COLUMNS = ("Time", "SpO2 %", "HR", "BP", "RR", "EtCO2", "RASS", "Dissoc.", "Pain", "mL/h", "mL so far",
           "Event, drug with dose and route", "Initials")  # fmt: skip


def render(plan: Plan, paper: str) -> bytes:
    """The sheet as PDF, on `a4` or `letter`."""
    sheet = json.dumps({**content(plan), "paper": PAPERS[paper]}, ensure_ascii=False)
    document: bytes = typst.compile(TEMPLATE.read_bytes(), format="pdf", sys_inputs={"sheet": sheet})
    return document


def usual_paper(plan: Plan) -> str:
    """The paper of the country: Letter in the United States."""
    return "letter" if plan.patient.site.jurisdiction == "US" else "a4"


def content(plan: Plan) -> dict[str, Any]:
    """What stands on the sheet, for its template."""
    patient, shown, limits = plan.patient, plan.shown, order.limits(plan.protocol)
    now = timezone.now().astimezone(patient.site.zone)
    known = translate.patient(patient, now.date())
    return {
        "site": patient.site.name,
        "letterhead": patient.site.letterhead,
        "patient": patient.full_name,
        "who": ", ".join(
            part
            for part in (born(patient.birth_date), patient.sex, patient.number and f"record no. {patient.number}")
            if part
        ),
        "allergies": ", ".join(str(allergy) for allergy in known.allergies) or "none on record: ask",
        "warning": _warning(plan),
        "ordered": list(_ordered(plan)),
        "rates": [
            [when, *(f"{number:.2f}" for number in (row.mg_per_h, row.ml_per_h)), f"{row.mg:.1f}", f"{row.ml:.2f}"]
            for when, row in pump_rows([Rate(**{name: rate[name] for name in _RATE}) for rate in shown["rates"]])
        ],
        "limits": list(_limits(limits)),
        "checks": [f"{check.says} ({PHASES[check.when]})" for check in limits.checks if not check.once_seen],
        "stops": [rule["text"] for rule in shown.get("stop_rules", ())],
        "marked": any(limit.checked != Checked.PRIMARY for limit in limits.limits),
        "call": [
            ["Emergency", patient.site.emergency],
            ["This clinic", patient.site.phone],
            ["Crisis line", patient.site.crisis_line],
            ["Physician of this session", ""],
            [_anaesthesia_provider(plan), ""],
        ],
        "after_min": plain(limits.after_min),
        "back_min": plain(monitoring().rounds.back.value),
        "columns": COLUMNS,
        "lines": _lines(plan),
        "printed": record.minute(now),
        "label": session.MONITOR_FIRST,
        "order": plan.pk,
    }


def _anaesthesia_provider(plan: Plan) -> str:
    title = anaesthesia_provider(plan.patient.site)
    return title[:1].upper() + title[1:]


_RATE = tuple(Rate.__dataclass_fields__)


def _warning(plan: Plan) -> str:
    """Why this order must not be given as it stands; empty where a second person has checked it."""
    if plan.state in (OrderState.CHECKED, OrderState.DONE):
        return ""
    return f"DO NOT GIVE: this order is {plan.get_state_display()}."


def _ordered(plan: Plan) -> Iterator[tuple[str, str]]:
    shown, zone = plan.shown, plan.patient.site.zone
    yield "Course", protocol_title(plan.protocol)
    yield "Solution", f"{_drug(plan)}, {plain(plan.concentration_mg_per_ml)} mg/mL"
    yield "Weight ordered for", f"{plain(plan.weight_kg)} kg; weighed today: __________ kg"
    total = f"{plain(round(shown['total_mg'], 1))} mg = {plain(round(shown['total_ml'], 1))} mL"
    yield "Total", f"{total} on {len(shown['days'])} day{'s' if len(shown['days']) > 1 else ''}"
    yield "Ordered by", f"{plan.ordered_by.name}, {record.minute(plan.ordered_at.astimezone(zone))}"
    if plan.checked_at and plan.checked_by:
        yield "Second check", f"{plan.checked_by.name}, {record.minute(plan.checked_at.astimezone(zone))}"
    else:
        yield "Second check", "not done"


def _drug(plan: Plan) -> str:
    from unwound import protocols
    from unwound.protocols.knowledge import DRUGS

    protocol = protocols.protocols().get(plan.protocol)
    return DRUGS[protocol.drug] if protocol else "drug of a course that is not known any more"


def _limits(limits: Limits) -> Iterator[list[str]]:
    """Sign, limit, what to do, with a mark where the limit was not read at its source; the gravest first."""
    for limit in sorted(limits.limits, key=lambda limit: tuple(Advice).index(limit.does)):
        mark = "" if limit.checked == Checked.PRIMARY else " *"
        yield [session.sign(limit.sign).title, f"{limit.boundary}{mark}", DOES[limit.does]]


def _lines(plan: Plan) -> int:
    """A line for each round of the longest day and of recovery, and some more."""
    longest_h = max((run.hours for run in order.runs(plan)), default=4.0)
    rounds = math.ceil(longest_h * 60 / ROUND_MIN) + math.ceil(order.limits(plan.protocol).after_min / ROUND_MIN)
    return min(rounds + SPARE_LINES, MOST_LINES)
