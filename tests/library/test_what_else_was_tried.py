"""Where too little is recorded as tried, whether anything else was tried is asked, and the reason says so."""

from __future__ import annotations

import letters
import pytest

from unwound import pathway
from unwound.candidacy import Verdict, verdicts
from unwound.candidacy.gates import COMPLETE
from unwound.pathway import Review
from unwound.report import words

LIMIT = "(as far as the record goes)"


def decided(name: str, **known: bool) -> Review:
    """The letter once everything that its author knew was asked, but for what else was tried."""
    *_, last = letters.walk(letters.read(name))
    return pathway.review(last.review.patient.not_knowing(COMPLETE).knowing(**known))


@pytest.mark.parametrize(
    ("name", "verdict"),
    [("shingles_forehead", Verdict.FIRST_LINE_FIRST), ("phantom_leg_and_stump", Verdict.NOT_REFRACTORY)],
)
def test_it_is_asked_until_it_is_known(name: str, verdict: Verdict) -> None:
    review = decided(name)
    assert review.candidacy.verdict == verdict
    assert review.candidacy.because[0].endswith(LIMIT)
    (inquiry,) = [inquiry for inquiry in review.to_ask if COMPLETE in inquiry.facts]
    assert inquiry.subject == "Treatments tried"
    assert "nothing else" in words.inquiry(inquiry)
    known = decided(name, trials_complete=True)
    assert known.candidacy.verdict == verdict
    assert LIMIT not in " ".join(known.candidacy.because)
    assert not [inquiry for inquiry in known.to_ask if COMPLETE in inquiry.facts]
    incomplete = decided(name, trials_complete=False)
    assert "other treatments are known to have been tried" in incomplete.candidacy.because[0]
    assert not [inquiry for inquiry in incomplete.to_ask if COMPLETE in inquiry.facts]


@pytest.mark.parametrize("name", letters.NAMES)
def test_it_is_asked_only_where_the_verdict_turns_on_what_was_tried(name: str) -> None:
    review = decided(name)
    no = verdicts.first_no(review.candidacy.gates)
    turns = no is not None and review.candidacy.gates.index(no) in (verdicts.FIRST_LINE, verdicts.REFRACTORY)
    assert turns or not review.candidacy.ask_of_record
