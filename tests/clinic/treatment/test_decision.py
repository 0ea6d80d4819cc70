"""A decision is signed by a physician, on what was shown, and can be computed again."""

from __future__ import annotations

import dataclasses
import gzip
import html
import json
import re
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from known_patients import CANDIDATE, FIRST_LINE_FIRST, known
from small_clinic import PASSWORD, House

from unwound import candidacy, catalogue, pathway
from unwound.memo import Remembered
from unwound_clinic.commands import audit_log
from unwound_clinic.core import access, audit
from unwound_clinic.core.action import Conflict
from unwound_clinic.core.page import today
from unwound_clinic.models import Alarm, AuditEvent, Decision, Patient, Stage
from unwound_clinic.record import review
from unwound_clinic.record import translate as record_translate
from unwound_clinic.record.actions import entries
from unwound_clinic.record.entries import New
from unwound_clinic.treatment.actions import decisions

REASON = "seen together with the pain board"


def shown_now(patient: Patient) -> review.Reviewed:
    return review.review_of(patient, today(patient.site))


def sign(house: House, patient: Patient, role: str = "physician", **given: Any) -> Decision:
    reviewed = shown_now(patient)
    asked = {"decided": reviewed.review.candidacy.verdict, "indication": "crps_1", **given}
    return decisions.sign(by=house.by(role), patient=patient, **{"seen": reviewed.seen, **asked})


@pytest.fixture
def candidate(house: House) -> Patient:
    patient = known(house, CANDIDATE)
    assert shown_now(patient).review.candidacy.verdict == "candidate"
    return patient


def test_accepting_keeps_what_was_known_and_shown_and_leads_to_consent(house: House, candidate: Patient) -> None:
    decision = sign(house, candidate)
    candidate.refresh_from_db()
    assert (decision.advised, decision.decided, decision.overridden) == ("candidate", "candidate", False)
    assert (candidate.stage, candidate.due_what) == (Stage.CONSENT, "discuss consent")
    assert decision.shown["candidacy"]["verdict"] == "candidate"
    assert decision.shown["candidacy"]["would_change"]
    assert decision.data_fingerprint == catalogue.fingerprint()
    decision.refresh_from_db()
    assert record_translate.known(decision.known) == shown_now(candidate).known


def test_to_decide_otherwise_needs_a_reason(house: House, candidate: Patient) -> None:
    for reason in ("", "no", "   short   "):
        with pytest.raises(Conflict, match="needs a reason"):
            sign(house, candidate, decided="not-a-candidate", override_reason=reason)
    assert Decision.objects.count() == 0
    decision = sign(house, candidate, decided="not-a-candidate", override_reason=REASON)
    candidate.refresh_from_db()
    assert (decision.overridden, decision.override_reason, candidate.stage) == (True, REASON, Stage.DECLINED)


def test_a_reason_to_override_is_not_kept_where_nothing_was_overridden(house: House, candidate: Patient) -> None:
    assert sign(house, candidate, override_reason=REASON).override_reason == ""


@pytest.mark.parametrize(
    "role", ["anaesthesia-provider", "nurse", "coordinator", "administrator", "auditor", "stranger"]
)
def test_nobody_but_a_physician_of_the_site_signs(house: House, candidate: Patient, role: str) -> None:
    before = audit.head()
    with pytest.raises(access.Refused):
        sign(house, candidate, role)
    candidate.refresh_from_db()
    assert (Decision.objects.count(), audit.head(), candidate.stage) == (0, before, Stage.REGISTERED)


def test_nothing_is_signed_on_facts_that_changed_since_they_were_shown(house: House, candidate: Patient) -> None:
    seen = shown_now(candidate).seen
    entries.enter(
        by=house.by("nurse"), patient=candidate, entries=(New(kind="fact", key="pregnant", value=True),), reason="test"
    )
    with pytest.raises(Conflict, match="since this page was shown"):
        sign(house, candidate, seen=seen, decided="candidate")
    assert Decision.objects.count() == 0


def test_the_same_page_is_not_signed_twice(house: House, candidate: Patient) -> None:
    seen = shown_now(candidate).seen
    sign(house, candidate, seen=seen)
    with pytest.raises(Conflict, match="since this page was shown"):
        sign(house, candidate, seen=seen)


def test_a_corrected_birth_date_is_a_change_as_well(house: House, candidate: Patient) -> None:
    before = shown_now(candidate).seen
    candidate.birth_date = date(1931, 1, 1)
    assert shown_now(candidate).seen != before


def test_an_open_alarm_comes_first(house: House, candidate: Patient) -> None:
    alarm = Alarm.objects.create(patient=candidate, finding="item_nine", text="Item 9", raised_at=timezone.now())
    with pytest.raises(Conflict, match="alarm"):
        sign(house, candidate)
    page = house.client("physician").get(f"/patients/{candidate.pk}/decision/").content.decode()
    assert "Nothing can be signed while an alarm is open" in page
    assert 'name="decided"' not in page
    Alarm.objects.filter(pk=alarm.pk).update(seen_at=timezone.now())
    assert sign(house, candidate).decided == "candidate"


def test_other_treatments_first_need_a_later_day_and_are_due_then(house: House) -> None:
    patient = known(house, FIRST_LINE_FIRST)
    assert shown_now(patient).review.candidacy.verdict == "first-line-first"
    now = today(patient.site)
    for day in (None, now):
        with pytest.raises(Conflict, match="later day"):
            sign(house, patient, review_on=day, indication="")
    sign(house, patient, review_on=now + timedelta(days=1), indication="")
    patient.refresh_from_db()
    assert (patient.stage, patient.due_on) == (Stage.FIRST_LINE, now + timedelta(days=1))


def test_what_cannot_be_told_leads_back_to_the_consultation(house: House) -> None:
    sign(house, house.patient, indication="", decided="cannot-tell", override_reason=REASON)
    house.patient.refresh_from_db()
    assert (house.patient.stage, house.patient.due_what) == (Stage.CONSULTATION, "obtain the missing information")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"decided": "perhaps", "override_reason": REASON}, "not a decision"),
        ({"indication": ""}, "for which condition"),
        ({"indication": "made_up"}, "not a condition"),
    ],
)
def test_what_makes_no_sense_is_refused(house: House, candidate: Patient, given: dict[str, str], said: str) -> None:
    with pytest.raises(Conflict, match=said):
        sign(house, candidate, **given)


def post(house: House, patient: Patient, role: str = "physician", **given: str) -> Any:
    client = house.client(role)
    fields = {"decided": "candidate", "indication": "crps_1", "seen": shown_now(patient).seen, **given}
    return client.post(f"/patients/{patient.pk}/decision/", fields)


def test_the_page_signs_with_the_password_and_shows_what_was_kept(house: House, candidate: Patient) -> None:
    answer = post(house, candidate, password=PASSWORD, note="<b>talked through</b>")
    decision = Decision.objects.get()
    assert answer["Location"] == f"/patients/{candidate.pk}/decision/{decision.pk}/"
    record_page = house.client("nurse").get(answer["Location"]).content.decode()
    assert "Ketamine may be considered" in record_page
    assert "&lt;b&gt;talked through" in record_page
    assert AuditEvent.objects.filter(action="decision.sign", patient_id=candidate.pk).count() == 1


def test_a_wrong_password_signs_nothing(house: House, candidate: Patient) -> None:
    assert "not your password" in post(house, candidate, password="wrong").content.decode()
    assert Decision.objects.count() == 0


def test_the_page_asks_for_the_reason_beside_its_field(house: House, candidate: Patient) -> None:
    page = post(house, candidate, password=PASSWORD, decided="not-a-candidate").content.decode()
    assert "Enter a reason of at least 10 characters" in page
    assert Decision.objects.count() == 0


def test_a_stale_page_is_told_so(house: House, candidate: Patient) -> None:
    answer = post(house, candidate, password=PASSWORD, seen="another")
    assert answer.status_code == 409
    assert "since this page was shown" in answer.content.decode()


@pytest.mark.parametrize("role", ["nurse", "coordinator"])
def test_who_may_not_sign_sees_no_form_and_is_refused(house: House, candidate: Patient, role: str) -> None:
    page = house.client(role).get(f"/patients/{candidate.pk}/decision/").content.decode()
    assert "A physician of this site signs" in page
    assert post(house, candidate, role, password=PASSWORD).status_code == 403
    assert Decision.objects.count() == 0


def test_the_record_shows_what_was_shown_not_what_holds_now(house: House, candidate: Patient) -> None:
    decision = sign(house, candidate)
    entries.enter(
        by=house.by("nurse"), patient=candidate, entries=(New(kind="fact", key="pregnant", value=True),), reason="test"
    )
    client = house.client("physician")
    assert "Not a candidate today" in client.get(f"/patients/{candidate.pk}/assessment/").content.decode()
    kept = client.get(f"/patients/{candidate.pk}/decision/{decision.pk}/").content.decode()
    assert "Not a candidate today" not in kept.split("What would have changed")[0]


def test_the_same_knowledge_gives_no_difference(house: House, candidate: Patient) -> None:
    decision = sign(house, candidate)
    decision.refresh_from_db()
    again = review.recompute(decision)
    assert (again.same_knowledge, again.differences, again.unreadable) == (True, (), "")
    page = house.client("nurse").get(f"/patients/{candidate.pk}/decision/{decision.pk}/replay/").content.decode()
    assert "No difference" in page


def test_changed_knowledge_shows_what_differs(
    house: House, candidate: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    decision = sign(house, candidate)
    decision.refresh_from_db()
    refusing = {
        strength: one.model_copy(update={"rule": "refuse"}) for strength, one in candidacy.requirements().items()
    }
    monkeypatch.setattr(candidacy, "requirements", lambda: refusing)
    monkeypatch.setattr(catalogue, "fingerprint", lambda: "another")
    # Other knowledge is read by another process, whose memory is empty.
    monkeypatch.setattr(pathway, "_concluded", Remembered(pathway._conclude))
    again = review.recompute(decision)
    assert again.same_knowledge is False
    assert "«Ketamine may be considered» and is now «Not a candidate today»" in again.differences[0]
    page = house.client("nurse").get(f"/patients/{candidate.pk}/decision/{decision.pk}/replay/").content.decode()
    assert "is now «Not a candidate today»" in page


def test_a_decision_keeps_the_clinics_own_knowledge_and_says_when_it_is_another(
    house: House, candidate: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def using(content: bytes) -> str:
        own = catalogue.Own(Path("/own"), {Path("opinions/testcase.toml"): content} if content else {})
        monkeypatch.setattr(catalogue, "own", lambda: own if content else catalogue.Own())
        return own.fingerprint if content else ""

    first = using(b"first")
    decision = sign(house, candidate)
    decision.refresh_from_db()
    assert (decision.own_fingerprint, decision.data_fingerprint) == (first, catalogue.fingerprint())
    assert decision.shown["own_fingerprint"] == first
    assert review.recompute(decision).other == ()
    pages = (
        f"/patients/{candidate.pk}/decision/{decision.pk}/",
        f"/patients/{candidate.pk}/decision/{decision.pk}/replay/",
    )
    nurse = house.client("nurse")
    for content, other in ((b"second", "other own knowledge"), (b"", "own knowledge that is not used today")):
        using(content)
        again = review.recompute(decision)
        assert (again.same_knowledge, again.other) == (False, (other,))
        signed, replayed = (nurse.get(page).content.decode() for page in pages)
        assert first[:12] in signed
        assert f"It was based on something else: {other}." in " ".join(replayed.split())
    using(b"")
    without = sign(house, candidate)
    assert without.own_fingerprint == ""
    using(b"second")
    assert review.recompute(without).other == ("no own knowledge",)


def test_what_cannot_be_read_any_more_is_said(house: House, candidate: Patient) -> None:
    decision = sign(house, candidate)
    decision.known = {**decision.known, "facts": {"no_such_fact": {"value": "x", "colour": "red"}}}
    assert "colour" in review.recompute(decision).unreadable


@pytest.mark.parametrize("example", [CANDIDATE, FIRST_LINE_FIRST])
def test_what_is_kept_of_a_patient_gives_the_same_review(house: House, example: str) -> None:
    found = shown_now(known(house, example)).known
    kept = record_translate.known(record_translate.known_json(found))
    assert kept == found
    assert dataclasses.asdict(pathway.review(kept)) == dataclasses.asdict(pathway.review(found))


def replayed(capsys: pytest.CaptureFixture[str], folder: Path) -> tuple[int, str]:
    code = audit_log.replay_decisions.callback(data=folder)  # type: ignore[misc]
    return code, capsys.readouterr().out


def test_the_command_replays_every_decision_names_nobody_and_leaves_its_event(
    house: House,
    candidate: Patient,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(audit_log, "set_up", lambda data: None)
    decision = sign(house, candidate)
    code, said = replayed(capsys, tmp_path)
    assert (code, said.splitlines()[-1]) == (0, "1 decision recomputed, 0 with a difference")
    assert candidate.family_name not in said
    event = AuditEvent.objects.order_by("-number")[0]
    assert (event.action, event.patient_id, event.detail["decision"]) == (
        "decision.replay",
        candidate.pk,
        str(decision.pk),
    )
    Decision.objects.update(shown={**decision.shown, "candidacy": {**decision.shown["candidacy"], "verdict": "x"}})
    code, said = replayed(capsys, tmp_path)
    assert code == 1
    assert "1 with a difference" in said


EARLIER = Path(__file__).parent / "signed_on_five_questions.json.gz"
"""What the demonstration's physician had signed before the decision asked seven questions."""


@pytest.fixture
def earlier(house: House) -> list[Decision]:
    stored = json.loads(gzip.decompress(EARLIER.read_bytes()))
    by = {"patient": house.patient, "signed_by": house.users["physician"], "signed_at": timezone.now()}
    return [Decision.objects.create(**by, **one) for one in stored]


def test_decisions_signed_on_five_questions_are_explained_by_the_command(
    house: House, earlier: list[Decision], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:  # fmt: skip
    monkeypatch.setattr(audit_log, "set_up", lambda data: None)
    code, said = replayed(capsys, tmp_path)
    assert (code, said.splitlines()[-1]) == (
        1,
        f"{len(earlier)} decisions recomputed, {len(earlier)} with a difference",
    )
    for decision, one in zip(earlier, re.split(r"(?m)^decision ", said)[1:], strict=True):
        now = review.recompute(decision).advised
        assert f"then: advised {decision.advised}" in one
        assert f"now:  advised {now}" in one
        assert ("The earlier advice would be given again with" in one) == (now != decision.advised)


@pytest.mark.thorough
def test_each_earlier_decision_opens_and_is_explained_on_its_page(house: House, earlier: list[Decision]) -> None:
    client = house.client("physician")
    for decision in earlier:
        address = f"/patients/{house.patient.pk}/decision/{decision.pk}/"
        assert client.get(address).status_code == 200
        page = html.unescape(client.get(f"{address}replay/").content.decode())
        again = review.recompute(decision)
        assert all(line in page for line in again.differences)
        assert all(answer in page for answers in again.restored_by for answer in answers)


def test_what_would_restore_the_earlier_advice_does(earlier: list[Decision]) -> None:
    decision = next(one for one in earlier if one.known["name"] == "Testcase Avocet")
    again = review.recompute(decision)
    assert again.advised == "cannot-tell"
    confirmed = "every treatment that is listed as tried was taken for this pain, as prescribed and at the dose listed"
    assert again.restored_by == ((confirmed,),)
    decision.known["facts"]["trials_confirmed"] = {"value": True}
    assert review.recompute(decision).advised == decision.advised == "candidate"


def test_the_page_on_how_it_decides_tells_what_became_of_them() -> None:
    root = Path(__file__).parents[3]
    printed = subprocess.run(
        [sys.executable, "docs/replayed.py"], cwd=root, capture_output=True, text=True, check=True
    ).stdout
    assert printed in (root / "docs" / "explanation" / "how-it-decides.md").read_text(encoding="utf-8")


def test_plain_words_follow_what_was_decided_not_what_was_advised(house: House, candidate: Patient) -> None:
    page = f"/patients/{candidate.pk}/plain/"
    assert "Not signed yet" in house.client("nurse").get(page).content.decode()
    sign(house, candidate, decided="not-a-candidate", override_reason=REASON)
    said = html.unescape(house.client("nurse").get(page).content.decode())
    assert all(one in said for one in candidacy.plain_words()["not-a-candidate"])
    assert not any(one in said for one in candidacy.plain_words()["candidate"])
    assert REASON not in said


def test_what_is_urgent_stands_first_in_plain_words_and_says_what_to_do(house: House, candidate: Patient) -> None:
    entries.enter(
        by=house.by("physician"),
        patient=candidate,
        entries=(New(kind="fact", key="ascending_weakness_rapid", value=True),),
    )
    said = html.unescape(house.client("nurse").get(f"/patients/{candidate.pk}/plain/").content.decode())
    needed = candidacy.plain_words("urgent_help")["ascending_weakness"][0]
    assert 0 < said.index(needed) < said.index("What was found")
    assert "<h2>Why</h2>" not in said


def test_plain_words_of_what_was_found_claim_no_more_than_was_found() -> None:
    words = candidacy.plain_words("found")
    assert "probably" in words["probable"][0]
    assert "not settled" in words["possible"][0]
    assert all("{condition}" in words[level][0] for level in ("definite", "probable", "possible"))


@pytest.mark.parametrize("page", ["assessment/", "decision/", "ledger/"])
def test_every_source_that_is_named_leads_to_its_page(house: House, candidate: Patient, page: str) -> None:
    client = house.client("physician")
    seen = client.get(f"/patients/{candidate.pk}/{page}").content.decode()
    links = set(re.findall(r'href="(/library/[^"]+)"', seen))
    assert links or page == "decision/"
    for link in links:
        assert client.get(link).status_code == 200, link


def test_every_kind_of_knowledge_has_its_pages_and_nothing_else_has(house: House) -> None:
    client = house.client("auditor")
    one_of_each = {file.parent.name: file for file in catalogue.files()}
    for file in one_of_each.values():
        answer = client.get(f"/library/{file.parent.name}/{file.stem}/")
        assert answer.status_code == 200, file
    for nowhere in ("/library/evidence/nothing/", "/library/nothing/", "/library/..%2f/x/"):
        assert client.get(nowhere).status_code == 404, nowhere
    assert client.get("/library/").status_code == client.get("/library/evidence/").status_code == 200
    for before in ("/library/mood/", "/library/mood/treatment_resistance/"):
        assert client.get(before)["Location"] == "/library/rules/treatment_resistance/", (
            "a saved link still leads there"
        )


def test_the_part_of_a_page_is_the_part_alone(house: House, candidate: Patient) -> None:
    page = f"/patients/{candidate.pk}/assessment/change/"
    client = house.client("nurse")
    assert "<html" in client.get(page).content.decode()
    part = client.get(page, headers={"X-Unwound-Part": "1"}).content.decode()
    assert "<html" not in part
    assert "Each change was tested" in part
