"""One patient's review as a page shows it and a signature keeps it; and an old decision computed again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

from unwound import __version__, catalogue, evidence, pathway, questions
from unwound.candidacy import Verdict
from unwound.pathway import Review
from unwound.patient import Patient as Known
from unwound.record import UnwoundError, unique
from unwound.report import differences
from unwound.report.as_json import as_json
from unwound.what_if import Change
from unwound_clinic.models import Decision, Entry, Patient
from unwound_clinic.record import translate
from unwound_clinic.record.entries import current

Json = dict[str, Any]
THREE = 3
"""Reasons shown before one unfolds the rest."""
KEPT = 64
"""Reviews of which the slow parts (what would change, the chart of trials) are kept in memory by each worker."""


@dataclass(frozen=True)
class Reviewed:
    """What is known of a patient on a day, the review of it, and one word for all that it rests on."""

    known: Known
    seen: str
    """Changes with every entry, every correction of the person, every decision, every new day and new knowledge."""
    entries: tuple[Entry, ...] = field(repr=False, default=())

    @cached_property
    def review(self) -> Review:
        """The library's review."""
        return pathway.review(self.known)

    @cached_property
    def would_change(self) -> tuple[Change, ...]:
        """What would change the verdict; worked out once for the same `seen`."""
        return _worked_out(Once(self))


class Once:
    """A review as the key of a cache: the same as every other one of the same `seen`."""

    def __init__(self, reviewed: Reviewed) -> None:
        self.reviewed = reviewed

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Once) and other.reviewed.seen == self.reviewed.seen

    def __hash__(self) -> int:
        return hash(self.reviewed.seen)


@lru_cache(maxsize=KEPT)
def _worked_out(once: Once) -> tuple[Change, ...]:
    return once.reviewed.review.would_change


def review_of(patient: Patient, day: date) -> Reviewed:
    """The review of a patient on that day, by what holds now."""
    entries = tuple(current(patient))
    return Reviewed(translate.patient(patient, day, entries), seen(patient, day, entries), entries)


def seen(patient: Patient, day: date, entries: tuple[Entry, ...]) -> str:
    """One word for everything a review rests on: nothing is signed on what changed since it was shown."""
    person = (patient.pk, str(patient.birth_date), patient.sex, patient.site.jurisdiction, day.isoformat())
    last = patient.decisions.order_by("-id").values_list("pk", flat=True).first()
    rests_on = (*person, last, __version__, catalogue.fingerprint(), *sorted(one.pk for one in entries))
    return hashlib.sha256(repr(rests_on).encode()).hexdigest()[:32]


def shown(reviewed: Reviewed, *, changes: bool) -> Json:
    """All that the page shows, as it is kept with a signature: the review, its questions in words, its references."""
    found = as_json(reviewed.review, reviewed.would_change if changes else ())
    asked = unique(_listed(found, "ask"))
    cited = unique((*_listed(found, "sources"), *_named(found, "source")))
    found["questions"] = {id: questions.in_words(id) for id in asked}
    found["references"] = {
        id: {"line": evidence.reference(id), "checked": evidence.study(id).checked} for id in cited if id
    }
    return found


def reasons(decision: Json) -> list[str]:
    """The three reasons that weigh most: of a «no» what says no, of a «yes» one for each question that was answered."""
    if decision["verdict"] != Verdict.CANDIDATE:
        return list(decision["because"][:THREE])
    said = [gate["because"][0] for gate in decision["gates"] if gate["because"]]
    # The evidence stands beside the verdict already; what is left is safety, diagnosis, treatments tried.
    return said[:THREE]


def _listed(found: object, key: str) -> Iterator[str]:
    """Every word of the lists under this key, wherever they stand."""
    for one in _named(found, key):
        if isinstance(one, list):
            yield from one


def _named(found: object, key: str) -> Iterator[Any]:
    if isinstance(found, dict):
        for name, value in found.items():
            if name == key:
                yield value
            yield from _named(value, key)
    elif isinstance(found, list):
        for value in found:
            yield from _named(value, key)


@dataclass(frozen=True, kw_only=True)
class Again:
    """An old decision under today's knowledge."""

    same_knowledge: bool
    """Whether version and data are those it was made with."""
    differences: tuple[str, ...]
    version: str
    data_fingerprint: str
    unreadable: str = ""
    """Why it could not be computed again."""


def again(decision: Decision) -> Again:
    """Computes the review behind a decision once more, from what was known then."""
    version, data = __version__, catalogue.fingerprint()
    same = (decision.version, decision.data_fingerprint) == (version, data)
    try:
        review = pathway.review(translate.known(decision.known))
    except (UnwoundError, ValueError, KeyError) as error:
        return Again(same_knowledge=same, differences=(), version=version, data_fingerprint=data, unreadable=str(error))
    # Through JSON, as the old one went: a tuple and a list are no difference.
    now = json.loads(json.dumps(as_json(review, ())))
    return Again(
        same_knowledge=same,
        differences=differences.between(decision.shown, now),
        version=version,
        data_fingerprint=data,
    )
