"""Which trials would count as failed if somebody confirmed how they were taken, and what a confirmation records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from unwound import conditions, therapies
from unwound.patient import Trial
from unwound.terms import Purpose
from unwound.therapies import Case, Judged
from unwound_clinic.models import Entry
from unwound_clinic.record import pains, translate
from unwound_clinic.record.entries import New
from unwound_clinic.record.review import Reviewed


@dataclass(frozen=True, slots=True)
class Open:
    """One recorded trial that waits for a confirmation."""

    entry: Entry
    case: Case
    judged: Judged
    pain: str = ""
    """The key of the pain that it is confirmed for, where there are several."""

    @property
    def title(self) -> str:
        """The treatment by its name."""
        return self.case.therapy.title if self.case.therapy else self.case.trial.therapy

    @property
    def counts_if(self) -> str:
        """What is confirmed: «for this pain and as prescribed»."""
        return " and ".join(self.judged.counts_if)

    def confirmed(self) -> New:
        """The entry with what the confirmation settles; what was recorded before stays as it is."""
        trial = self.case.recorded
        value: dict[str, Any] = translate.content(self.entry)
        if trial is None or trial.purpose is None:
            value["purpose"] = Purpose.PAIN
        if trial is None or trial.adherent is None:
            value["adherent"] = True
        if self.case.overlap.holds is None:
            value["in_this_pain"] = True
        if self.pain and not value.get("pains"):
            value["pains"] = [self.pain]
        return translate.new_trial(self.entry.key, value)


def judged_trials(reviewed: Reviewed) -> Sequence[tuple[Case, Judged]]:
    """Every trial for pain with its verdict, as the ledger shows them."""
    return therapies.judged(reviewed.review.patient, conditions.plausible(reviewed.review.grades))


def entry_of(case: Case, reviewed: Reviewed) -> Entry | None:
    """The entry a trial was recorded by; None where it comes from the medication list."""
    return next((entry for entry, trial in recorded_trials(reviewed) if trial is case.recorded), None)


def recorded_trials(reviewed: Reviewed) -> Iterator[tuple[Entry, Trial]]:
    """The entries of trials, each with the library's record of it."""
    rows = [entry for entry in reviewed.entries if entry.kind == "trial"]
    return zip(rows, reviewed.review.patient.trials, strict=True)


def open_trials(reviewed: Reviewed) -> tuple[Open, ...]:
    """The trials that would count if they were confirmed, each entry once."""
    trials: dict[int, Open] = {}
    listed = pains.on_record(reviewed.entries)
    pain = pains.key_in_view(listed, reviewed.review.patient) if len(listed) > 1 else ""
    for case, judged in judged_trials(reviewed):
        entry = entry_of(case, reviewed) if judged.counts_if else None
        if entry is not None:
            trials.setdefault(entry.pk, Open(entry, case, judged, pain))
    return tuple(trials.values())
