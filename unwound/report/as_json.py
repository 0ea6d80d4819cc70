"""A review as JSON with stable keys: levels and verdicts in kebab-case, three-valued answers as true, false, null."""

from __future__ import annotations

from typing import Any

from unwound import questions
from unwound.candidacy import Candidacy
from unwound.catalogue import CitedText
from unwound.cautions import Finding
from unwound.conditions import Grade
from unwound.conditions.knowledge import Ketamine
from unwound.depression import Depression
from unwound.instruments import Score
from unwound.mood import Mood
from unwound.pathway import OtherPain, Review
from unwound.patient import Patient
from unwound.record import Judgement
from unwound.report import marks
from unwound.therapies import Entry, Step
from unwound.therapies.refractory import Counts
from unwound.what_if import Change

Json = dict[str, Any]

FLAGS = ("neuropathic", "nociceptive", "nociplastic", "crps", "crps_research", "fibromyalgia")


def as_json(review: Review, changes: tuple[Change, ...] | None = None) -> Json:
    """The whole review; every list keeps its order, every id is one of `data/`.

    `changes`, what would change the verdict, takes longer than all the rest: it is worked out unless given.
    """
    changes = review.would_change if changes is None else changes
    return {
        "patient": _patient(review.patient),
        "grades": _grades(review.grades),
        "flags": {name: getattr(review.flags, name).holds for name in FLAGS},
        "pain": review.patient.seen_pain or None,
        "other_pains": [_other_pain(other) for other in review.other_pains],
        "flags_because": {name: _judgement(getattr(review.flags, name)) for name in FLAGS},
        "scores": [_score(score) for score in review.scores],
        "ledger": [_entry(entry) for entry in review.ledger.entries],
        "ledger_left_out": list(review.ledger.left_out),
        "refractory": {
            "local": review.ledger.refractory_local.holds,
            "delphi": review.ledger.refractory_delphi.holds,
            "local_because": _judgement(review.ledger.refractory_local),
            "delphi_because": _judgement(review.ledger.refractory_delphi),
            "local_counts": _counts(review.ledger.local_counts),
            "delphi_counts": _counts(review.ledger.delphi_counts),
        },
        "step_therapy": _judgement(review.step_therapy) if review.step_therapy else None,
        "findings": [_finding(finding) for finding in review.findings],
        "red_flags": [_finding(finding) for finding in review.red_flags],
        "mood": _mood(review.mood),
        "candidacy": _candidacy(review.candidacy, changes),
        "depression": _depression(review.depression) if review.depression else None,
        "next_steps": [_step(step) for step in review.next_steps],
        "asks": [
            {"fact": ask.fact, "question": ask.question, "matters_for": list(ask.matters_for)} for ask in review.asks
        ],
        "to_ask": [
            {
                "question": asked.question,
                "facts": list(asked.facts),
                "subject": asked.subject,
                "group": asked.group or None,
                "decides": asked.decides,
            }
            for asked in review.to_ask
        ],
        "version": review.version,
        "data_fingerprint": review.data_fingerprint,
        "own_fingerprint": review.own_fingerprint or None,
    }


def _grades(grades: tuple[Grade, ...]) -> list[Json]:
    return [
        {
            "condition": grade.condition,
            "title": grade.title,
            "level": grade.level,
            "because": list(grade.because),
            "ask": list(grade.ask),
            "sources": list(grade.sources),
        }
        for grade in grades
    ]


def _other_pain(other: OtherPain) -> Json:
    return {
        "name": other.pain.name,
        "site": other.pain.site,
        "side": other.pain.side,
        "since": other.pain.since.isoformat() if other.pain.since else None,
        "grades": _grades(other.grades),
        "flags": {name: getattr(other.flags, name).holds for name in FLAGS},
    }


def _score(score: Score) -> Json:
    return {
        "instrument": score.instrument,
        "on": score.on.isoformat() if score.on else None,
        "total": score.total,
        "band": score.band or None,
        "missing": list(score.missing),
        "because": list(score.because),
    }


def _entry(entry: Entry) -> Json:
    return {
        "therapy": entry.therapy,
        "title": entry.title,
        "class": entry.drug_class,
        "verdict": entry.verdict,
        "text": entry.says,
        "counts": entry.counts,
        "possible": entry.possible,
        "counts_if": list(entry.counts_if),
        "dose": entry.dose or None,
        "days": entry.days or None,
        "relief": entry.relief or None,
        "purpose": entry.purpose,
        "because": list(entry.because),
        "ask": list(entry.ask),
        "sources": list(entry.sources),
        "checked": marks.of_entry(entry),
    }


def _counts(counts: Counts) -> Json:
    return {"certain": counts.certain, "possible": counts.possible, "needed": counts.needed, "of": counts.of}


def _patient(patient: Patient) -> Json:
    return {
        "id": patient.id,
        "name": patient.name,
        "as_of": patient.as_of.isoformat(),
        "birth_date": patient.birth_date.isoformat() if patient.birth_date else None,
        "sex": patient.sex,
        "jurisdiction": patient.jurisdiction,
    }


def _judgement(judgement: Judgement) -> Json:
    return {"holds": judgement.holds, "because": list(judgement.because), "ask": list(judgement.ask)}


def _finding(finding: Finding) -> Json:
    return {
        "id": finding.id,
        "title": finding.title,
        "kind": finding.kind,
        "level": finding.level,
        "holds": finding.holds,
        "because": list(finding.because),
        "reason": finding.reason,
        "boundary": finding.boundary or None,
        "relative": finding.relative,
        "action": finding.action,
        "elsewhere": list(finding.elsewhere),
        "ask": list(finding.ask),
        "sources": list(finding.sources),
        "checked": finding.checked,
    }


def _mood(mood: Mood) -> Json:
    return {
        "severity": mood.severity or None,
        "phq9": mood.phq9,
        "depression": mood.depression.holds,
        "treatment_resistant": mood.treatment_resistant.holds,
        "because": list(mood.because),
        "ask": list(mood.ask),
        "ledger": [
            {
                "therapy": entry.therapy,
                "class": entry.drug_class,
                "verdict": entry.verdict,
                "because": list(entry.because),
                "ask": list(entry.ask),
                "questions": [questions.in_words(id) for id in entry.ask],
            }
            for entry in mood.entries
        ],
        "sources": list(mood.sources),
    }


def _candidacy(decision: Candidacy, changes: tuple[Change, ...]) -> Json:
    return {
        "verdict": decision.verdict,
        "urgent": decision.urgent,
        "not_asked": list(decision.not_asked),
        "provisional": decision.provisional,
        "because": list(decision.because),
        "ask": list(decision.ask),
        "ask_of_record": list(decision.ask_of_record),
        "gates": [{"question": gate.question, **_judgement(gate.judgement)} for gate in decision.gates],
        "would_change": [
            {
                "facts": [{"fact": flip.fact, "now": flip.now, "then": flip.then} for flip in change.flips],
                "verdict": change.verdict,
            }
            for change in changes
        ],
        "evidence": _evidence(decision),
        "requirement": _text(decision.requirement) if decision.requirement else None,
        "before": list(decision.before),
        "alternatives": [step.therapy for step in decision.alternatives],
        "plain_words": list(decision.plain_words),
    }


def _evidence(decision: Candidacy) -> Json | None:
    """What supports ketamine in this condition, and what disagrees; null while no condition is identified."""
    if decision.condition is None:
        return None
    return {
        "condition": decision.lead,
        "title": decision.condition.title,
        **_ketamine(decision.condition.ketamine),
    }


def _depression(decision: Depression) -> Json:
    """The decision on the second indication, beside that for pain."""
    return {
        "verdict": decision.verdict,
        "urgent": decision.urgent,
        "because": list(decision.because),
        "ask": list(decision.ask),
        "gates": [{"question": gate.question, **_judgement(gate.judgement)} for gate in decision.gates],
        "severity": decision.severity or None,
        "course": decision.course,
        "evidence": _ketamine(decision.ketamine),
        "esketamine": [_text(text) for text in decision.esketamine],
        "suicide": [_text(text) for text in decision.suicide],
        "options": [_text(text) for text in decision.options],
        "together": [_text(text) for text in decision.together],
        "before": list(decision.before),
        "plain_words": list(decision.plain_words),
    }


def _ketamine(ketamine: Ketamine) -> Json:
    return {
        "strength": ketamine.strength,
        "grade": ketamine.grade or None,
        "certainty": ketamine.certainty or None,
        "text": ketamine.text.text,
        "source": ketamine.text.source,
        "checked": ketamine.text.checked,
        "views": [
            {
                "year": view.year,
                "jurisdiction": view.jurisdiction or None,
                "direction": view.direction,
                "text": view.text,
                "source": view.source,
                "checked": view.checked,
            }
            for view in ketamine.views
        ],
    }


def _text(text: CitedText) -> Json:
    return {"text": text.text, "source": text.source, "checked": text.checked}


def _step(step: Step) -> Json:
    return {
        "therapy": step.therapy,
        "title": step.title,
        "group": step.group,
        "line": step.line,
        "why": step.why,
        "schedule": step.schedule,
        "nnt": step.nnt,
        "against": [
            {"level": reason.level, "text": reason.text, "because": list(reason.because), "source": reason.source}
            for reason in step.against
        ],
        "ask": list(step.ask),
        "sources": list(step.sources),
        "checked": marks.of_step(step),
    }
