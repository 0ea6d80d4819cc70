"""One patient's review, as a page shows it and a signature keeps it; and an old decision recomputed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

from unwound import __version__, catalogue, evidence, pathway, questions
from unwound.candidacy import Verdict
from unwound.pathway import Review
from unwound.patient import Patient as Known
from unwound.record import UnwoundError, unique
from unwound.report import differences, words
from unwound.report.as_json import as_json
from unwound.terms import Purpose
from unwound.what_if import Change
from unwound_clinic.models import Decision, Entry, Patient
from unwound_clinic.record import translate
from unwound_clinic.record.entries import current

Json = dict[str, Any]
THREE = 3
"""Reasons shown before the rest is unfolded."""
KEPT = 64
"""Reviews of which the slow part (the chart of trials) is kept in memory by each worker."""


@dataclass(frozen=True)
class Reviewed:
    """A patient's record on a day, its review, and one token for everything the review rests on."""

    known: Known
    seen: str
    """Changes with every entry, every correction of the person, every decision, every new day and new knowledge."""
    entries: tuple[Entry, ...] = field(repr=False, default=())

    @cached_property
    def review(self) -> Review:
        """The library's review."""
        return pathway.review(self.known)

    @property
    def would_change(self) -> tuple[Change, ...]:
        """What would change the verdict; the library works it out once for the same facts."""
        return self.review.would_change


class CacheKey:
    """A review as the key of a cache: equal to every other review with the same `seen`."""

    def __init__(self, reviewed: Reviewed) -> None:
        self.reviewed = reviewed

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CacheKey) and other.reviewed.seen == self.reviewed.seen

    def __hash__(self) -> int:
        return hash(self.reviewed.seen)


def review_of(patient: Patient, day: date) -> Reviewed:
    """The review of a patient on that day, from the current entries."""
    entries = tuple(current(patient))
    return Reviewed(translate.patient(patient, day, entries), seen(patient, day, entries), entries)


def seen(patient: Patient, day: date, entries: tuple[Entry, ...]) -> str:
    """A token for everything a review rests on: nothing is signed if that changed since it was shown."""
    person = (patient.pk, str(patient.birth_date), patient.sex, patient.site.jurisdiction, day.isoformat())
    last = patient.decisions.order_by("-id").values_list("pk", flat=True).first()
    rests_on = (*person, last, *catalogue.rests_on().values(), *sorted(entry.pk for entry in entries))
    return hashlib.sha256(repr(rests_on).encode()).hexdigest()[:32]


def content(reviewed: Reviewed, *, changes: bool) -> Json:
    """All that the page shows, as stored with a signature: the review, its questions in words, its references."""
    review_json = as_json(reviewed.review, reviewed.would_change if changes else ())
    review_json["pain_in_view"] = words.pain_in_view(reviewed.review)
    asked = unique(_listed(review_json, "ask"))
    cited = unique((*_listed(review_json, "sources"), *_named(review_json, "source")))
    review_json["questions"] = {id: questions.in_words(id) for id in asked}
    review_json["references"] = {
        id: {"line": evidence.reference(id), "checked": evidence.study(id).checked} for id in cited if id
    }
    return review_json


def reasons(decision: Json) -> list[str]:
    """The weightiest reasons: for a «no» everything that speaks against it, for a «yes» one for each question answered.

    A stop is never left out: nine of them are nine lines.
    """
    if decision["verdict"] != Verdict.CANDIDATE:
        return list(decision["because"])
    because = [gate["because"][0] for gate in decision["gates"] if gate["because"]]
    # The evidence is shown beside the verdict; what remains is safety, diagnosis and the treatments tried.
    return because[:THREE]


def _listed(content: object, key: str) -> Iterator[str]:
    """Every item of the lists under this key, at any depth."""
    for listed in _named(content, key):
        if isinstance(listed, list):
            yield from listed


def _named(content: object, key: str) -> Iterator[Any]:
    if isinstance(content, dict):
        for name, value in content.items():
            if name == key:
                yield value
            yield from _named(value, key)
    elif isinstance(content, list):
        for value in content:
            yield from _named(value, key)


@dataclass(frozen=True, kw_only=True)
class Recomputed:
    """An old decision under today's knowledge."""

    same_knowledge: bool
    """Whether the version and the data are those of the decision."""
    version: str
    data_fingerprint: str
    own_fingerprint: str = ""
    other: tuple[str, ...] = ()
    """What is not as it was: the version, our knowledge, the clinic's own."""
    advised: str = ""
    """Today's advice on the same facts; empty where it could not be recomputed."""
    parts: tuple[differences.Part, ...] = ()
    """What differs, by subject, with what made it so."""
    restored_by: tuple[tuple[str, ...], ...] = ()
    """Answers that would give the earlier advice again, each tried: several alone, or one set together."""
    unreadable: str = ""
    """Why it could not be recomputed."""

    @property
    def differences(self) -> tuple[str, ...]:
        """Every difference, a sentence each."""
        return unique(line for part in self.parts for line in part.lines)


def recompute(decision: Decision) -> Recomputed:
    """Computes the review behind a decision again, from the record of that time."""
    other = _other(decision)
    today = Recomputed(
        same_knowledge=not other,
        other=other,
        version=__version__,
        data_fingerprint=catalogue.fingerprint(),
        own_fingerprint=catalogue.own().fingerprint,
    )
    try:
        review = pathway.review(translate.known(decision.known))
    except (UnwoundError, ValueError, KeyError) as error:
        return replace(today, unreadable=str(error))
    # Through JSON, like the stored one: a tuple and a list are no difference.
    now = json.loads(json.dumps(as_json(review, ())))
    second = now["depression"] or {}
    return replace(
        today,
        advised=now["candidacy"]["verdict"] if decision.aim == Purpose.PAIN else second.get("verdict", ""),
        parts=differences.parts(decision.shown, now),
        restored_by=_restored_by(review, decision.shown["candidacy"]["verdict"]),
    )


def _other(decision: Decision) -> tuple[str, ...]:
    """What a decision rested on that is not so today, in words."""
    now, then = catalogue.own().fingerprint, decision.own_fingerprint
    own = (
        "own knowledge that is not used today" if not now else "no own knowledge" if not then else "other own knowledge"
    )
    differs = {
        "another version": decision.version != __version__,
        "other knowledge of Unwound": decision.data_fingerprint != catalogue.fingerprint(),
        own: now != then,
    }
    return tuple(line for line, so in differs.items() if so)


def _restored_by(review: Review, verdict: str) -> tuple[tuple[str, ...], ...]:
    """The answers, in words, that lead back to an earlier verdict on the pain; none where it is today's as well."""
    if review.candidacy.verdict == verdict:
        return ()
    back = [change for change in review.would_change if change.verdict == verdict]
    fewest = min((len(change.flips) for change in back), default=0)
    return tuple(tuple(flip.then for flip in change.flips) for change in back if len(change.flips) == fewest)
