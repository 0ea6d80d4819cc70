"""A plan, and protocols compared, as JSON with stable keys."""

from __future__ import annotations

from typing import Any

from unwound import questions
from unwound.catalogue import Cited, CitedText, rests_on
from unwound.pharmacology.ensemble import Ensemble
from unwound.pharmacology.landmarks import landmarks
from unwound.protocols import Band, Compared, Comparison, Plan
from unwound.protocols.limits import Ceiling
from unwound.protocols.planner import Check, LiverDue, Rate
from unwound.protocols.pump import PumpUse
from unwound.protocols.reasons import Reason
from unwound.protocols.weights import BodyWeights, WeightKind

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
        "weights_kg": _weights(plan.weights) if plan.weights else None,
        "dosing_weight": {
            "kind": plan.basis.kind if plan.basis else WeightKind.ACTUAL,
            "kg": plan.dosing_weight_kg,
            "chosen_by": plan.basis.by if plan.basis else None,
        },
        "concentration_mg_per_ml": plan.concentration_mg_per_ml,
        "total_mg": plan.total_mg,
        "total_ml": plan.total_ml,
        "hours": plan.hours,
        "doses": [
            {"time_h": dose.time_h, "amount_mg": dose.amount_mg, "duration_h": dose.duration_h} for dose in plan.doses
        ],
        "rates": [_rate(rate) for rate in plan.rates],
        "days": [
            {"day": day.day, "on": _iso(day.on), "mg": day.mg, "ml": day.ml, "hours": day.hours} for day in plan.days
        ],
        "ceilings": [_ceiling(ceiling) for ceiling in plan.ceilings],
        "predicted": _predicted(plan.predicted) if plan.predicted else None,
        "pump": _pump(plan.pump) if plan.pump else None,
        "modifiers": [
            {"id": modifier.id, "title": modifier.title, "holds": modifier.holds, "because": list(modifier.because)}
            | {"known": _text(modifier.known), "not_known": modifier.not_known}
            for modifier in plan.modifiers
        ],
        "checks": [_check(check) for check in plan.checks],
        "watch_after_min": _cited(plan.watch_after_min),
        "stop_rules": [{"does": rule.does, **_text(rule.text)} for rule in plan.stop_rules],
        "liver_tests": [_liver(test) for test in plan.liver_tests],
        "adjuncts": [
            {
                "days": list(adjunct.days),
                "on": [day and day.isoformat() for day in adjunct.on],
                "drug": adjunct.drug,
                "mg": list(adjunct.mg),
                "route": adjunct.route,
                "times": list(adjunct.times),
                "rescue": adjunct.rescue or None,
                "says": adjunct.says,
            }
            for adjunct in plan.adjuncts
        ],
        "co_medication": [{"drug": medicine.drug, **_text(medicine.text)} for medicine in plan.co_medication],
        "setting": {
            "place": _text(setting.place),
            "people": [_text(text) for text in setting.people],
            "fasting": _text(setting.fasting),
            "discharge": [_text(text) for text in setting.discharge],
            "unknown": [_text(text) for text in setting.unknown],
        },
        "reasons": [_reason(reason) for reason in plan.reasons],
        "asks": [{"fact": id, "question": questions.in_words(id)} for id in plan.ask],
        "sources": list(plan.sources),
        "checked": plan.checked,
        **rests_on(),
    }


def comparison_json(comparison: Comparison) -> Json:
    """Every protocol compared; relief in shares of the largest, in people who respond."""
    return {
        "weight_kg": comparison.weight_kg,
        "compared": [_compared(course) for course in comparison.compared],
        "unbeaten": list(comparison.unbeaten),
        "refused": {id: [_reason(reason) for reason in reasons] for id, reasons in comparison.refused.items()},
        "says": list(comparison.says),
        "sources": list(comparison.sources),
        **rests_on(),
    }


def _compared(course: Compared) -> Json:
    return {
        "protocol": course.protocol,
        "title": course.title,
        "drug": course.drug,
        "model": course.model,
        "strength": course.strength,
        "full_relief_days": _band(course.full_relief_days),
        "average_full_relief_days": course.average_full_relief_days,
        "mean_relief": _band(course.mean_relief),
        "relief_after_days": {str(day): _band(band) for day, band in course.relief_after.items()},
        "seen_until_days": _cited(course.seen_until) if course.seen_until else None,
        "peak_ng_per_ml": list(course.peak_ng_per_ml),
        "peak_dissociation": list(course.peak_dissociation),
        "asked": [_reason(reason) for reason in course.asked],
        "hours": course.hours,
        "chair_hours": course.chair_hours,
        "sessions": course.sessions,
        "last_day": course.last_day,
        "total_mg": course.total_mg,
        "esketamine_ng_h_per_ml": course.esketamine_ng_h_per_ml,
        "liver_tests": [_liver(test) for test in course.liver_tests],
    }


def _reason(reason: Reason) -> Json:
    return {
        "id": reason.id,
        "title": reason.title,
        "level": reason.level,
        "because": list(reason.because),
        "action": reason.action,
        "ask": list(reason.ask),
        "holds": reason.holds,
        "relative": reason.relative,
        "overridden": reason.overridden,
        "sources": list(reason.sources),
        "checked": reason.checked,
    }


def _rate(rate: Rate) -> Json:
    return {
        "start_h": rate.start_h,
        "end_h": rate.end_h,
        "mg_per_h": rate.mg_per_h,
        "ml_per_h": rate.ml_per_h,
        "mg": rate.mg,
        "ml": rate.ml,
        "held": rate.held,
        "set_ml_per_h": rate.set_ml_per_h,
        "set_mg_per_h": rate.set_mg_per_h,
    }


def _weights(weights: BodyWeights) -> Json:
    return {
        **{kind.value: weights.of(kind) for kind in WeightKind},
        "lacks": list(weights.lacks),
        "sources": list(weights.sources),
        "checked": weights.checked,
    }


def _pump(used: PumpUse) -> Json:
    return {
        "total_mg": used.total_mg,
        "total_ml": used.total_ml,
        "rounding_percent": used.rounding_percent,
        "most_ml_in_a_day": used.most_ml_in_a_day,
        "ml_per_kg_in_a_day": used.ml_per_kg_in_a_day,
        "supplies": [
            {"id": supply.id, "title": supply.title, "volume_ml": supply.volume_ml, "count": supply.count}
            | {"put_up_h": list(supply.put_up_h)}
            for supply in used.supplies
        ],
        "weaning": [
            {"start_h": step.start_h, "hours": step.hours, "mg_per_h": step.mg_per_h, "ml_per_h": step.ml_per_h}
            for step in used.weaning
        ],
        "weaning_mg": used.weaning_mg,
    }


def _ceiling(ceiling: Ceiling) -> Json:
    return {
        "id": ceiling.id,
        "of": ceiling.of,
        "most": ceiling.most,
        "planned": ceiling.planned,
        "within": ceiling.within,
        "at_it": ceiling.at_it,
        "applies": ceiling.applies,
        "binds": ceiling.binds,
        "limit": _cited(ceiling.limit),
        "text": ceiling.text.text,
    }


def _predicted(ensemble: Ensemble) -> Json:
    """Concentrations by every model, the highest first, and the landmarks that they are held against."""
    low, high = ensemble.peak_ng_per_ml
    return {
        "peak_ng_per_ml": [low, high],
        "models": [
            {
                "model": predicted.model,
                "sampling": predicted.sampling,
                "children": predicted.children,
                "peak_ng_per_ml": predicted.peak_ng_per_ml,
                "peak_h": predicted.peak_h,
                "plateau_ng_per_ml": predicted.plateau_ng_per_ml,
                "hours_above": dict(predicted.hours_above),
            }
            for predicted in ensemble.models
        ],
        "landmarks": [
            {"id": id, "title": mark.title, "asks_from_ng_per_ml": mark.asks_ng_per_ml, "at": _ranged(mark.at)}
            | {"text": mark.says.text}
            for id, mark in landmarks(ensemble.drug).items()
        ],
    }


def _ranged(number: Cited) -> Json:
    return {**_cited(number), "low": number.low, "high": number.high}


def _check(check: Check) -> Json:
    return {
        "what": list(check.what),
        "every_min": check.every_min,
        "since_h": check.since_h,
        "until_h": check.until_h,
        **_text(check.text),
    }


def _liver(test: LiverDue) -> Json:
    return {"day": test.day, "on": _iso(test.on), **_text(test.text)}


def _band(band: Band) -> Json:
    return {"value": band.value, "low": band.low, "high": band.high}


def _text(text: CitedText) -> Json:
    return {"text": text.text, "source": text.source, "checked": text.checked}


def _cited(limit: Cited) -> Json:
    return {"value": limit.value, "unit": limit.unit, "source": limit.source, "checked": limit.checked}


def _iso(day: Any) -> str | None:
    return None if day is None else str(day.isoformat())
