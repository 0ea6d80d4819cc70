"""A plan, and protocols compared, as JSON with stable keys."""

from __future__ import annotations

from typing import Any

from unwound import __version__, questions
from unwound.catalogue import Cited, CitedText, fingerprint
from unwound.protocols import Band, Compared, Comparison, Plan
from unwound.protocols.planner import Ceiling, Check, LiverDue, Rate
from unwound.protocols.reasons import Reason

Json = dict[str, Any]


def plan_json(plan: Plan) -> Json:
    """The whole plan; hours count from the first dose, days from 1."""
    setting = plan.setting
    return {
        "protocol": plan.protocol,
        "title": plan.title,
        "drug": plan.drug,
        "verdict": plan.verdict,
        "weight_kg": plan.weight_kg,
        "concentration_mg_per_ml": plan.concentration_mg_per_ml,
        "total_mg": plan.total_mg,
        "total_ml": plan.total_ml,
        "hours": plan.hours,
        "doses": [
            {"time_h": one.time_h, "amount_mg": one.amount_mg, "duration_h": one.duration_h} for one in plan.doses
        ],
        "rates": [_rate(one) for one in plan.rates],
        "days": [
            {"day": one.day, "on": _iso(one.on), "mg": one.mg, "ml": one.ml, "hours": one.hours} for one in plan.days
        ],
        "ceilings": [_ceiling(one) for one in plan.ceilings],
        "checks": [_check(one) for one in plan.checks],
        "watch_after_min": _cited(plan.watch_after_min),
        "stop_rules": [{"does": one.does, **_text(one.text)} for one in plan.stop_rules],
        "liver_tests": [_liver(one) for one in plan.liver_tests],
        "co_medication": [{"drug": one.drug, **_text(one.text)} for one in plan.co_medication],
        "setting": {
            "place": _text(setting.place),
            "people": [_text(one) for one in setting.people],
            "fasting": _text(setting.fasting),
            "discharge": [_text(one) for one in setting.discharge],
            "unknown": [_text(one) for one in setting.unknown],
        },
        "reasons": [_reason(one) for one in plan.reasons],
        "asks": [{"fact": id, "question": questions.in_words(id)} for id in plan.ask],
        "sources": list(plan.sources),
        "checked": plan.checked,
        "version": __version__,
        "data_fingerprint": fingerprint(),
    }


def comparison_json(found: Comparison) -> Json:
    """Every protocol compared; relief in shares of the largest, for somebody who responds."""
    return {
        "weight_kg": found.weight_kg,
        "compared": [_compared(one) for one in found.compared],
        "unbeaten": list(found.unbeaten),
        "refused": {id: [_reason(one) for one in reasons] for id, reasons in found.refused.items()},
        "says": list(found.says),
        "sources": list(found.sources),
        "version": __version__,
        "data_fingerprint": fingerprint(),
    }


def _compared(one: Compared) -> Json:
    return {
        "protocol": one.protocol,
        "title": one.title,
        "drug": one.drug,
        "model": one.model,
        "strength": one.strength,
        "full_relief_days": _band(one.full_relief_days),
        "average_full_relief_days": one.average_full_relief_days,
        "mean_relief": _band(one.mean_relief),
        "relief_after_days": {str(day): _band(band) for day, band in one.relief_after.items()},
        "seen_until_days": _cited(one.seen_until) if one.seen_until else None,
        "peak_ng_per_ml": list(one.peak_ng_per_ml),
        "peak_dissociation": list(one.peak_dissociation),
        "hours": one.hours,
        "chair_hours": one.chair_hours,
        "sessions": one.sessions,
        "last_day": one.last_day,
        "total_mg": one.total_mg,
        "esketamine_ng_h_per_ml": one.esketamine_ng_h_per_ml,
        "liver_tests": [_liver(test) for test in one.liver_tests],
    }


def _reason(one: Reason) -> Json:
    return {
        "id": one.id,
        "title": one.title,
        "level": one.level,
        "because": list(one.because),
        "action": one.action,
        "ask": list(one.ask),
        "holds": one.holds,
        "relative": one.relative,
        "overridden": one.overridden,
        "sources": list(one.sources),
        "checked": one.checked,
    }


def _rate(one: Rate) -> Json:
    return {
        "start_h": one.start_h,
        "end_h": one.end_h,
        "mg_per_h": one.mg_per_h,
        "ml_per_h": one.ml_per_h,
        "mg": one.mg,
        "ml": one.ml,
        "held": one.held,
    }


def _ceiling(one: Ceiling) -> Json:
    return {
        "id": one.id,
        "of": one.of,
        "most": one.most,
        "planned": one.planned,
        "within": one.within,
        "binds": one.binds,
        "limit": _cited(one.limit),
        "text": one.text.text,
    }


def _check(one: Check) -> Json:
    return {
        "what": list(one.what),
        "every_min": one.every_min,
        "since_h": one.since_h,
        "until_h": one.until_h,
        **_text(one.text),
    }


def _liver(one: LiverDue) -> Json:
    return {"day": one.day, "on": _iso(one.on), **_text(one.text)}


def _band(band: Band) -> Json:
    return {"value": band.value, "low": band.low, "high": band.high}


def _text(one: CitedText) -> Json:
    return {"text": one.text, "source": one.source, "checked": one.checked}


def _cited(one: Cited) -> Json:
    return {"value": one.value, "unit": one.unit, "source": one.source, "checked": one.checked}


def _iso(day: Any) -> str | None:
    return None if day is None else str(day.isoformat())
