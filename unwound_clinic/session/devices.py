"""What the room says of devices beside values: a monitor that is not understood, what the pump reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max, Sum

from unwound.exchange.pump_words import Charted, PumpReport, disagreements, is_fresh
from unwound_clinic.models import InfusionSession, Message, PumpReported
from unwound_clinic.session import order

RECENT = timedelta(minutes=10)
"""How long ago a message may be that the room speaks of."""


def not_understood(row: InfusionSession, now: datetime) -> tuple[str, ...]:
    """The senders of this patient's messages of which no value at all is charted: nobody sees what they measure."""
    recent = Message.objects.filter(session=row, received_at__gte=now - RECENT, answer="AA")
    by_sender = recent.values("sender").annotate(known=Sum("understood"), unknown=Sum("unknown")).order_by("sender")
    return tuple(counts["sender"] for counts in by_sender if counts["unknown"] and not counts["known"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """The pump's latest report, and where ordered, charted and reported are apart."""

    report: PumpReport | None
    fresh: bool
    apart: tuple[str, ...]


def pump_beside(row: InfusionSession, charted_mg_per_h: float | None, infusing: bool, now: datetime) -> Beside:
    """What the pump says beside the chart and the order, in words; without a report only these two."""
    run, latest = order.run_of(row), _latest(row)
    chart = Charted(
        ordered=_ordered(run),
        charted=charted_mg_per_h,
        infusing=infusing,
        mg_per_ml=row.plan.concentration_mg_per_ml,
        drug=order.drug(row),
    )
    apart = tuple(part for report in latest or (None,) for part in disagreements(chart, report, now))
    newest = max(latest, key=lambda report: report.at) if latest else None
    return Beside(report=newest, fresh=bool(newest and is_fresh(newest, now)), apart=tuple(dict.fromkeys(apart)))


def _latest(row: InfusionSession) -> Sequence[PumpReport]:
    """The newest report of each pump of the session."""
    newest = PumpReported.objects.filter(session=row).values("pump").annotate(newest=Max("id")).values("newest")
    return [
        PumpReport(
            at=report.at,
            pump=report.pump,
            ml_per_h=report.ml_per_h,
            is_running_rate=report.is_running_rate,
            delivered_ml=report.delivered_ml,
            mg_per_ml=report.mg_per_ml,
            drug=report.drug,
            status=report.status,
        )
        for report in PumpReported.objects.filter(pk__in=newest)
    ]


def _ordered(run: order.Run | None) -> float | None:
    """The one rate of an order that has one; of a staged order the chart says which stage it is in."""
    rates = {rate.mg_per_h for rate in run.rates} if run else set()
    return rates.pop() if len(rates) == 1 else None
