"""Letters: what the record says, with sources and marks; nothing claimed; whatever is written stays text."""

from __future__ import annotations

import base64
import shutil
import subprocess
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from coordinated import decided, known
from django.utils import timezone
from small_clinic import House

from unwound import candidacy, pathway
from unwound.record import UnwoundError
from unwound_clinic import letters
from unwound_clinic.administration.actions import change_site
from unwound_clinic.core import access, audit, drafts, reachable
from unwound_clinic.core.action import Conflict
from unwound_clinic.letters import actions as letters_actions
from unwound_clinic.models import AuditEvent, Draft, Letter
from unwound_clinic.record import translate as record_translate
from unwound_clinic.record.actions import entries
from unwound_clinic.record.entries import New
from unwound_clinic.treatment import current

WRITTEN = {
    "addressee": "Dr Example\n1 Street",
    "salutation": "Dear colleague,",
    "opening": "",
    "closing": "",
    "copies": "",
}
PAYER = {
    "payer": "Example Health",
    "policy": "MP-446",
    "policy_on": "2024-11-01",
    "position": "non-coverage",
    "codes": "",
}


def content(house: House, kind: str = "summary", payer: dict[str, Any] | None = None, **fields: str) -> dict[str, Any]:
    review = pathway.review(record_translate.patient(house.patient, date(2026, 11, 21)))
    about = letters.about(
        review, current.decision(house.patient), current.plan(house.patient), payer or {}, None,
        reachable.lines(house.patient.site),
    )  # fmt: skip
    return letters.letter(
        kind, about, patient=house.patient, writer=("Test Physician", "physician"), today=date(2026, 11, 21),
        fields={**WRITTEN, **fields},
    )  # fmt: skip


def marks_of(block: dict[str, Any]) -> list[str]:
    """Every source mark of one block."""
    parts = [*block.get("items", ()), *(cell for row in block.get("rows", ()) for cell in row)]
    return [mark for part in parts for mark in part["refs"]]


def words_of(made: bytes, tmp_path: Path) -> str:
    """What stands in a PDF."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not here: install the package «poppler-utils»")
    place = tmp_path / "letter.pdf"
    place.write_bytes(made)
    found = subprocess.run(["pdftotext", "-layout", str(place), "-"], capture_output=True, text=True, check=True)
    return " ".join(found.stdout.split())


def printed(house: House, tmp_path: Path, kind: str = "summary", **given: Any) -> str:
    return words_of(letters.pdf(kind, content(house, kind, **given), timezone.now()), tmp_path)


@pytest.mark.parametrize("kind", letters.TITLES)
def test_every_letter_is_a_tagged_pdf_that_says_who_it_is_about(house: House, tmp_path: Path, kind: str) -> None:
    decided(house)
    made = letters.pdf(kind, content(house, kind), timezone.now())
    assert made.startswith(b"%PDF-")
    assert b"StructTreeRoot" in made
    assert b"pdfuaid" in made
    seen = words_of(made, tmp_path)
    assert "One Testcase" in seen
    assert letters.TITLES[kind] in seen


@pytest.mark.parametrize("kind", letters.TITLES)
def test_every_letter_can_be_written_of_somebody_of_whom_nothing_is_known(house: House, kind: str) -> None:
    assert letters.pdf(kind, content(house, kind), timezone.now())


def test_the_letter_to_a_payer_lists_every_trial_with_dose_time_verdict_and_reason(
    house: House, tmp_path: Path
) -> None:
    decided(house)
    seen = printed(house, tmp_path, "medical-necessity")
    for words in (
        "abapentin",
        "3600 mg/day",
        "120 days",
        "10 % relief",
        "uloxetine",
        "60 mg/day",
        "ortriptyline",
        "100 mg/day",
    ):
        assert words in seen
    assert seen.count("Failed an adequate trial") == 3


@pytest.mark.parametrize("position", ["non-coverage", "investigational"])
def test_a_policy_of_non_coverage_is_said_so_and_coverage_is_never_claimed(
    house: House, tmp_path: Path, position: str
) -> None:
    decided(house)
    payer = {**PAYER, "policy_on": date(2024, 11, 1), "position": position}
    seen = printed(house, tmp_path, "medical-necessity", payer=payer)
    assert "payer policy is non-coverage" in seen
    assert "MP-446" in seen
    assert "1 November 2024" in seen
    assert "does not claim that the treatment is covered" in seen


@pytest.mark.parametrize("position", ["conditions", "silent", "unknown"])
def test_what_was_not_entered_as_non_coverage_is_not_called_so(house: House, tmp_path: Path, position: str) -> None:
    decided(house)
    seen = printed(house, tmp_path, "medical-necessity", payer={**PAYER, "policy_on": None, "position": position})
    assert "payer policy is non-coverage" not in seen
    assert "date not entered" in seen
    assert "does not claim that the treatment is covered" in seen


def test_evidence_against_stands_in_the_letter_to_a_payer_too(house: House, tmp_path: Path) -> None:
    decided(house)
    seen = printed(house, tmp_path, "medical-necessity")
    assert "for and against" in seen
    assert "no clear benefit" in seen


def test_sources_are_numbered_and_what_is_unchecked_is_marked(house: House, tmp_path: Path) -> None:
    decided(house)
    made = content(house, "medical-necessity")
    numbers = [one["number"].rstrip("†‡") for one in made["sources"]]
    assert numbers == [str(place) for place in range(1, len(numbers) + 1)]
    assert made["legend"]
    seen = printed(house, tmp_path, "medical-necessity")
    assert "† read only in a source" in seen
    cited = {mark.rstrip("†‡") for block in made["blocks"] for mark in marks_of(block)} - {""}
    assert cited == set(numbers)
    assert "Smith" in seen


def test_an_overridden_decision_says_so_and_why(house: House, tmp_path: Path) -> None:
    decided(house, "candidate", advised="first-line-first")
    decision = current.decision(house.patient)
    assert decision is not None
    decision.override_reason = "pregabalin was refused by the patient"
    decision.save()
    seen = printed(house, tmp_path)
    assert "advised otherwise" in seen
    assert "pregabalin was refused" in seen


def test_without_a_decision_it_says_so(house: House, tmp_path: Path) -> None:
    known(house)
    assert "No decision has been signed" in printed(house, tmp_path, "reply")


def test_the_letter_to_the_patient_begins_with_what_is_urgent_and_names_the_number_of_the_country(house: House) -> None:
    decided(house)
    assert not any(block["kind"] == "box" for block in content(house, "plain")["blocks"])
    entries.enter(
        by=house.by("physician"),
        patient=house.patient,
        entries=(New(kind="fact", key="ascending_weakness_rapid", value=True),),
    )
    house.patient.site.emergency = "999"
    first, *_ = blocks = content(house, "plain")["blocks"]
    assert candidacy.plain_words("urgent_help")["ascending_weakness"][0] in first["text"]
    assert {"kind": "heading", "text": "When to call the emergency number, 999"} in blocks


def test_the_letter_to_the_patient_holds_no_code_score_or_promise(house: House, tmp_path: Path) -> None:
    decided(house)
    seen = printed(house, tmp_path, "plain")
    assert "not a promise" in seen
    assert "When to call us" in seen
    for word in ("NeuPSIG", "G90", "8D8A", "refractory", "verdict"):
        assert word not in seen


@pytest.mark.parametrize(
    "text",
    [
        "#panic[now] *bold* _thin_ $x^2$ @ref <label> `raw`",
        '#read("/etc/passwd")',
        "= Heading\n- item\n+ item",
        '#import "x.typ": *',
        "</script> & \\ \" ' {} [] #{}",
        "sys.inputs.data }",
    ],
)
def test_free_text_stays_text(house: House, tmp_path: Path, text: str) -> None:
    decided(house)
    seen = printed(house, tmp_path, opening=text, closing=text, addressee=text)
    quotes = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'"})
    for line in text.split("\n"):
        assert seen.translate(quotes).count(" ".join(line.split())) >= 3, seen


def test_control_characters_are_left_out_and_lines_kept(house: House, tmp_path: Path) -> None:
    decided(house)
    assert "before after" in printed(house, tmp_path, opening="before\x00\x07\r\nafter\ufffe")


def test_a_character_that_no_font_has_is_told_and_nothing_is_written(house: House) -> None:
    decided(house)
    made = content(house, opening="\U00013000")
    with pytest.raises(UnwoundError, match="cannot be typeset"):
        letters_actions.write(by=house.by("physician"), patient=house.patient, kind="summary", content=made)
    assert not Letter.objects.exists()


def test_the_letterhead_is_the_sites(house: House, tmp_path: Path) -> None:
    decided(house)
    change_site(by=house.by("administrator"), site=house.site, letterhead="Suite 5\nExample Road", phone="555-0100")
    house.patient.refresh_from_db()
    house.patient.site.refresh_from_db()
    seen = printed(house, tmp_path)
    assert "Suite 5" in seen
    assert "555-0100" in seen


def test_a_written_letter_is_kept_and_its_draft_goes(house: House) -> None:
    decided(house)
    by = house.by("coordinator")
    letters_actions.keep_draft(by=by, patient=house.patient, kind="summary", content={"opening": "half a sen"})
    made = letters_actions.write(by=by, patient=house.patient, kind="summary", content=content(house))
    assert bytes(made.pdf).startswith(b"%PDF-")
    assert made.decision == current.decision(house.patient)
    assert not Draft.objects.exists()


@pytest.mark.parametrize("role", ["anaesthesia-provider", "nurse", "administrator", "auditor", "stranger"])
def test_who_may_not_write_writes_no_letter_and_no_draft(house: House, role: str) -> None:
    decided(house)
    letter = letters_actions.write(
        by=house.by("physician"), patient=house.patient, kind="summary", content=content(house)
    )
    before = audit.head()
    with pytest.raises(access.Refused):
        letters_actions.write(by=house.by(role), patient=house.patient, kind="summary", content=content(house))
    with pytest.raises(access.Refused):
        letters_actions.keep_draft(by=house.by(role), patient=house.patient, kind="summary", content={})
    assert (Letter.objects.count(), audit.head()) == (1, before)
    client, page = house.client(role), f"/patients/{house.patient.pk}/letters/"
    assert client.get(f"{page}new/summary/").status_code == 403
    sees = role in ("anaesthesia-provider", "nurse")
    assert client.get(f"{page}{letter.pk}/").status_code == (200 if sees else 403)


def test_medical_necessity_needs_the_decision(house: House) -> None:
    decided(house, "first-line-first")
    made = content(house, "medical-necessity")
    with pytest.raises(Conflict, match="signed decision"):
        letters_actions.write(by=house.by("physician"), patient=house.patient, kind="medical-necessity", content=made)


def test_the_page_keeps_a_draft_shows_the_pdf_and_writes(house: House) -> None:
    decided(house)
    client, page = house.client("coordinator"), f"/patients/{house.patient.pk}/letters/"
    draft = f"{page}new/medical-necessity/"
    form = {**WRITTEN, **PAYER, "opening": "Please review <b>this</b>."}
    seen = client.get(draft).content.decode()
    assert "G90.5" in seen
    typed = {"draft": f"{draft}#letter", "draft-changed": " ".join(form)}
    kept = client.post(draft, {**form, **typed, "do": "keep"})
    assert kept.status_code == 302
    assert "Please review &lt;b&gt;this&lt;/b&gt;." in client.get(draft).content.decode()
    assert "your draft" in client.get(page).content.decode()
    assert "Please review" not in house.client("physician").get(draft).content.decode()
    look = client.post(draft, {**form, "do": "look"})
    assert (look["Content-Type"], look["Content-Disposition"].split(";")[0]) == ("application/pdf", "inline")
    assert not Letter.objects.exists()
    assert client.post(draft, {**form, "do": "write"}).status_code == 302
    letter = Letter.objects.get()
    taken = client.get(f"{page}{letter.pk}/")
    assert taken["Content-Disposition"].startswith('attachment; filename="medical-necessity-testcase-')
    assert taken.content == bytes(letter.pdf)


def test_a_missing_field_is_told_and_what_was_written_is_kept(house: House) -> None:
    decided(house)
    client, draft = house.client("physician"), f"/patients/{house.patient.pk}/letters/new/summary/"
    answer = client.post(draft, {**WRITTEN, "addressee": "", "opening": "my words", "do": "write"})
    assert "my words" in answer.content.decode()
    assert not Letter.objects.exists()
    Draft.objects.update(at=timezone.now() - timedelta(days=400))
    assert Draft.objects.get().until is None
    assert "my words" in client.get(draft).content.decode()
    client.post(draft, {"do": "drop"})
    assert not Draft.objects.exists()


def test_a_draft_is_kept_as_long_as_what_it_is(house: House) -> None:
    user = house.users["nurse"]
    for key, life in (
        ("/patients/1/letters/new/reply/#letter", None), ("/patients/1/consultation/#form-0", timedelta(days=7)),
        ("/sessions/4/#new-rate", timedelta(hours=12)), ("/sessions/4/record/#form-0", timedelta(days=7)),
    ):  # fmt: skip
        row = drafts.keep(user, key, {"a": ["b"]})
        assert row.until == (None if life is None else row.at + life), key
    Draft.objects.filter(key__startswith="/sessions/4/#").update(until=timezone.now() - timedelta(minutes=1))
    assert drafts.of_page(user, "/sessions/4/") == {}
    assert set(drafts.of_page(user, "/patients/1/consultation/")) == {"form-0"}


def test_a_letter_is_sent_on_as_fhir_with_the_same_pdf_permission_and_event(house: House) -> None:
    letter = letters_actions.write(
        by=house.by("physician"), patient=house.patient, kind="summary", content=content(house)
    )
    page = f"/patients/{house.patient.pk}/letters/{letter.pk}/fhir/"
    assert page in house.client("coordinator").get(f"/patients/{house.patient.pk}/letters/").content.decode()
    answer = house.client("coordinator").get(page)
    assert answer["Content-Type"] == "application/fhir+json"
    assert answer["Content-Disposition"].endswith('.json"')
    patient, document = [one["resource"] for one in answer.json()["entry"]]
    assert (patient["name"][0]["family"], patient["birthDate"], patient["gender"]) == (
        "Testcase", "1980-05-05", "female",
    )  # fmt: skip
    assert base64.b64decode(document["content"][0]["attachment"]["data"]) == bytes(letter.pdf)
    assert document["author"] == [{"display": "Test Physician"}]
    event = AuditEvent.objects.filter(action="letter.download").latest("id")
    assert (event.detail["form"], event.detail["letter"]) == ("FHIR", str(letter.pk))
    for role in ("stranger", "administrator", "auditor"):
        assert house.client(role).get(page).status_code == 403


def test_there_is_no_other_letter(house: House) -> None:
    assert house.client("physician").get(f"/patients/{house.patient.pk}/letters/new/other/").status_code == 404
