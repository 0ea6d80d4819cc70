"""While something urgent is found, pages and letters show what to do about it, and fold the rest away."""

from __future__ import annotations

import html
import re

import pytest
from known_patients import CANDIDATE, known
from small_clinic import House

from unwound import candidacy
from unwound.telephones import Lines
from unwound_clinic.core.page import today
from unwound_clinic.letters import content
from unwound_clinic.models import Patient
from unwound_clinic.record import review
from unwound_clinic.record.actions import entries
from unwound_clinic.record.entries import New
from unwound_clinic.treatment.actions import decisions

REST = "Everything else of the record"
NEXT = "What to do next"


def enter(house: House, patient: Patient, **facts: object) -> None:
    new = tuple(New(kind="fact", key=key, value=value) for key, value in facts.items())
    entries.enter(by=house.by("physician"), patient=patient, entries=new, reason="test")


@pytest.fixture
def urgent(house: House) -> Patient:
    """Weakness that climbs, and a pregnancy beside it."""
    patient = known(house, CANDIDATE)
    enter(house, patient, ascending_weakness_rapid=True, pregnant=True)
    return patient


def page(house: House, patient: Patient, name: str) -> str:
    return html.unescape(house.client("physician").get(f"/patients/{patient.pk}/{name}/").content.decode())


def unfolded(text: str) -> str:
    """What is on the screen before anything is opened."""
    kept, depth = [], 0
    for piece in re.split(r"(<details\b[^>]*>|</details>)", text):
        depth += piece.startswith("<details") - (piece == "</details>")
        if depth == 0:
            kept.append(piece)
    return "".join(kept)


def test_the_assessment_shows_the_action_what_else_forbids_and_what_to_tell(house: House, urgent: Patient) -> None:
    text = page(house, urgent, "assessment")
    seen = unfolded(text)
    assert "Urgent: act today" in seen
    assert seen.index("Urgent: act today") < seen.index("Also contraindicated") < seen.index("To tell the patient")
    assert "Pregnancy" in seen
    assert candidacy.plain_words("urgent_help")["ascending_weakness"][0] in seen
    for waits in (NEXT, '<h2 id="tried">Treatments tried</h2>', "What would change the decision"):
        assert waits not in seen


def test_the_chart_is_one_step_away(house: House, urgent: Patient) -> None:
    text = page(house, urgent, "assessment")
    assert f"<h2>{REST}</h2>" in text
    for part in (NEXT, '<h2 id="stops">Safety</h2>', '<h2 id="tried">Treatments tried</h2>'):
        assert part in text.split(REST)[1]


def test_without_an_emergency_nothing_is_folded_away(house: House) -> None:
    patient = known(house, CANDIDATE)
    text = page(house, patient, "assessment")
    assert NEXT in unfolded(text)
    assert REST not in text


def test_the_patients_sheet_says_only_what_to_do(house: House, urgent: Patient) -> None:
    text = page(house, urgent, "plain")
    seen = unfolded(text)
    assert candidacy.plain_words("urgent_help")["ascending_weakness"][0] in seen
    assert "What was found" not in seen
    assert "What was found" in text
    assert '<details class="noprint">' in text, "the printed sheet has the action alone"


def test_what_became_urgent_after_the_signature_is_on_the_sheet(house: House) -> None:
    patient = known(house, CANDIDATE)
    shown = review.review_of(patient, today(patient.site))
    decisions.sign(by=house.by("physician"), patient=patient, seen=shown.seen, decided="candidate", indication="crps_1")
    assert "Please read this first" not in page(house, patient, "plain")
    enter(house, patient, ascending_weakness_rapid=True)
    assert "Please read this first" in page(house, patient, "plain")


@pytest.mark.parametrize("kind", ["referral", "reply", "summary"])
def test_a_letter_to_a_clinician_is_the_action_and_what_acting_needs(house: House, urgent: Patient, kind: str) -> None:
    blocks = content.generated(
        kind, content.about(review.review_of(urgent, today(urgent.site)).review, None, None, {}, None, Lines())
    )
    assert blocks[0]["kind"] == "box"
    assert [block["text"] for block in blocks if block["kind"] == "heading"] == [
        "Also contraindicated",
        "Medicines and allergies",
    ]
    assert "The rest of the review waits until this is acted on, and will follow." in str(blocks)


def test_a_letter_to_the_patient_is_the_action_and_whom_to_call(house: House, urgent: Patient) -> None:
    about = content.about(review.review_of(urgent, today(urgent.site)).review, None, None, {}, None, Lines())
    blocks = content.generated("plain", about)
    assert blocks[0]["title"] == "Please read this first"
    headings = [block["text"] for block in blocks if block["kind"] == "heading"]
    assert [text.split(",")[0] for text in headings] == ["When to call us", "When to call the emergency number"]
