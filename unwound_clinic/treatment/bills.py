"""A good-faith estimate and a superbill as data: lines, sums and who signed; the same on a page, as CSV and on paper.

Codes are typed by the clinic and stand as they were typed: none of them is ours, and no claim is sent.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from unwound.protocols import protocols
from unwound.session import SessionState
from unwound_clinic.core import money
from unwound_clinic.models import Bill, ClinicPage, InfusionSession, Plan

FORMULAS = tuple("=+-@\t\r\n")
"""What a table program would take for a formula; a cell never begins with it."""


def days(plan: Plan) -> int:
    """How many infusions the plan has: those that are scheduled or were given, else the days of its course."""
    scheduled = plan.sessions.exclude(state=SessionState.ABORTED).values("day").distinct().count()
    course = protocols().get(plan.protocol)
    of_course = len({day for step in course.steps for day in step.days}) if course else 0
    return max(scheduled, of_course)


def given(plan: Plan) -> list[InfusionSession]:
    """The sessions that were given to their end; one that is under way or did not come about is not billed."""
    return list(plan.sessions.filter(state=SessionState.DISCHARGED).order_by("scheduled_at", "pk"))


def price(plan: Plan) -> tuple[str, str]:
    """The price of one infusion and its currency, as the public page of the site has them; empty without one."""
    page = ClinicPage.objects.filter(site=plan.patient.site).first()
    return (page.prices.get(plan.protocol, ""), page.currency) if page else ("", "")


def items(typed: str) -> list[tuple[str, Decimal]]:
    """Further lines, each «what; amount». ValueError names the line that cannot be read."""
    lines = []
    for line in typed.splitlines():
        if line.strip():
            what, between, amount = line.rpartition(";")
            if not between or not what.strip():
                raise ValueError(f"«{line.strip()[:60]}»: write what it is, a semicolon, and the amount.")
            lines.append((what.strip(), money.read(amount)))
    return lines


def estimate(
    plan: Plan, *, each: Decimal, number: int, further: Iterable[tuple[str, Decimal]], currency: str,
    good_until: date, note: str, head: Mapping[str, str],
) -> dict[str, Any]:  # fmt: skip
    """The content of an estimate: infusions by price, and what comes with them."""
    course = protocols().get(plan.protocol)
    rows = [(f"Infusion: {course.title if course else plan.protocol}", number, each)]
    rows += [(what, 1, amount) for what, amount in further]
    lines = [
        {"what": what, "number": count, "each": f"{amount:.2f}", "amount": f"{amount * count:.2f}"}
        for what, count, amount in rows
    ]
    return {
        **head, "title": "Good-faith estimate", "currency": currency, "lines": lines, "total": _total(lines),
        "good_until": good_until.isoformat(), "note": note.strip(),
    }  # fmt: skip


def superbill(
    plan: Plan, *, each: Decimal, service: tuple[str, str], diagnoses: Iterable[str], currency: str, paid: Decimal,
    provider: Mapping[str, str], head: Mapping[str, str],
) -> dict[str, Any]:  # fmt: skip
    """The content of a superbill: a line for each session that was given, with the codes that the clinic typed."""
    code, what = service
    lines = [
        {
            "on": row.scheduled_at.astimezone(row.site.zone).date().isoformat(),
            "code": code, "what": what, "number": 1, "each": f"{each:.2f}", "amount": f"{each:.2f}",
        }
        for row in given(plan)
    ]  # fmt: skip
    return {
        **head, "title": "Superbill", "currency": currency, "lines": lines, "total": _total(lines),
        "paid": f"{paid:.2f}", "diagnoses": [code.strip() for code in diagnoses if code.strip()], **provider,
    }  # fmt: skip


def _total(lines: Iterable[Mapping[str, Any]]) -> str:
    return f"{sum((Decimal(line['amount']) for line in lines), Decimal(0)):.2f}"


def table(bill: Bill) -> str:
    """The lines as CSV."""
    written = io.StringIO()
    writer, content = csv.writer(written), bill.content
    writer.writerow(["date", "code", "what", "number", "each", "amount", "currency", "diagnoses"])
    for line in content["lines"]:
        cells = (line.get("on", ""), line.get("code", ""), line["what"], str(line["number"]), line["each"],
                 line["amount"], content["currency"], " ".join(content.get("diagnoses", ())))  # fmt: skip
        writer.writerow([f"'{cell}" if cell.startswith(FORMULAS) else cell for cell in cells])
    return written.getvalue()
