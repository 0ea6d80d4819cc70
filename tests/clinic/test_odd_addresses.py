"""What people write stands in addresses and forms without breaking a page; nothing in an address breaks one either."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.db import DataError
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from small_clinic import House
from test_every_address import rows

import unwound_clinic
from unwound_clinic.core.addresses import Written
from unwound_clinic.core.middleware import AccessGate
from unwound_clinic.models import Entry, Patient
from unwound_clinic.record.actions import entries
from unwound_clinic.record.entries import New

PAGES = Path(unwound_clinic.__file__).parent
READS = {
    "administration/pages/audit.py": ["audit", "who-saw"],
    "administration/pages/setup.py": ["setup"],
    "follow_up/pages/adverse.py": ["adverse"],
    "follow_up/pages/clinic.py": ["outcomes", "outcomes-picture"],
    "follow_up/pages/outcome.py": ["outcome"],
    "front/pages/patients.py": ["patients", "history"],
    "front/pages/timeline.py": ["timeline"],
    "front/pages/today.py": ["unlock"],
    "intake/pages/answers.py": ["answers-fill", "answers-chart"],
    "front/pages/drafts.py": ["drafts"],
    "intake/pages/first_form.py": [],  # behind a link: below
    "interfaces/pages/launch.py": ["launch", "launch-callback"],
    "letters/pages.py": ["letter"],
    "public/pages/live.py": ["learn-try", "learn-try-picture"],
    "session/pages/preparation.py": ["session-start"],
    "record/pages/assessment.py": ["assessment"],
    "record/pages/consultation.py": ["consultation", "consultation-group"],
    "session/pages/calendar.py": ["calendar"],
    "session/pages/flowsheet.py": ["flowsheet"],
    "session/pages/infusion_record.py": ["session-record", "session-record-table"],
    "session/pages/room.py": ["session-now", "board-now"],
    "session/pages/stock.py": ["stock"],
    "session/pages/voiding.py": ["session-strike-out"],
    "treatment/pages/consent.py": ["consent-words"],
    "treatment/pages/drawn.py": ["chart-comparison", "chart-course", "chart-target"],
    "treatment/pages/plan.py": ["plan"],
    "treatment/pages/target.py": ["plan-target"],
}
"""File that reads something after the «?» of an address -> its pages."""
NAMES = (
    "patient", "kind", "day", "names",
    "who", "page", "key", "search", "stage", "pain", "next", "on", "look", "print", "all", "every", "seen", "readings",
    "beds", "probe", "since", "until", "protocol", "drug", "concentration_mg_per_ml", "start_on", "despite", "of", "kg",
    "reason", "site", "another", "read", "paper", "by", "amend", "start", "hours", "relief_lost", "booster", "model",
    "years", "at_least", "at_least_site", "high_at_most", "plasma_at_most", "step_min", "below", "given", "from_h",
    "weight_basis", "iss", "launch", "state", "code", "pace", "gates", "nerve", "hold", "lab", "ketamine", "first",
    "second", "sure",
)  # fmt: skip
ODD = (
    "abc", "-1", "9" * 40, "1e999", "nan", "²", "..\r\nSet-Cookie: a=b", "\ud800", "2026-02-30", "9999-12-31T23:59",
    "<script>😀\u202e" * 50, "",
)  # fmt: skip
WRITTEN = (
    "amoxicillin/clavulanate", "co-trimoxazole 960 mg / day", "..", ".", "/", "//", "a/../b", "50 % solution",
    "%2F", "%",
    "what? none", "#1", "a&b=c", "plus + plus", "back\\slash", "tab\there", "ligne\nbreak", "«guillemets»", "日本語",
    "~tilde",
    "~", "penicillin.", ".hidden", "e.g", "a" * 80,
)  # fmt: skip


def test_every_file_that_reads_the_query_of_an_address_is_tried_here() -> None:
    reading = {
        path.relative_to(PAGES).as_posix()
        for path in PAGES.rglob("*.py")
        if re.search(r"request\.GET\b", path.read_text(encoding="utf-8"))
    }
    assert reading == set(READS)
    names = {
        name
        for path in (PAGES / file for file in READS)
        for name in re.findall(r'request\.GET\.get\("(\w+)"|"(\w+)" in request\.GET', path.read_text(encoding="utf-8"))
        for name in name
        if name
    }
    assert names <= set(NAMES)


@pytest.mark.thorough
@pytest.mark.one_database  # what is odd is refused or folded before any query; rows by odd keys are tried on both
@pytest.mark.django_db
def test_nothing_after_the_question_mark_breaks_a_page(house: House) -> None:
    named, nurse, auditor = rows(house), house.client("nurse"), house.client("auditor")
    for pages in READS.values():
        for name in pages:
            client = auditor if name in ("audit", "who-saw") else nurse
            address = reverse(name, args=named.get(name, ()))
            for odd in ODD:
                query = {field: odd.encode("utf-8", "surrogatepass") for field in NAMES if field != "search" or odd}
                answer = client.get(address, query)
                assert answer.status_code < 500, (name, odd)
                assert "Set-Cookie" not in answer.get("Location", "")
            assert client.get(f"{address}?{NAMES[0]}=%00").status_code == 400
            assert client.get(address + "?" + "&".join(f"{field}=1&{field}=%ff" for field in NAMES)).status_code < 500


@pytest.mark.django_db
@pytest.mark.parametrize("number", [0, 2**31, 2**63, 10**30])
def test_a_number_that_no_row_has_is_not_found(house: House, number: int) -> None:
    client = house.client("nurse")
    for address in ("patients/{}/", "sessions/{}/", "sessions/{}/now/", "monitors/{}/", "messages/{}/"):
        assert client.get("/" + address.format(number)).status_code in (403, 404), address
    for address in ("alarms/{}/seen/", "readings/unassigned/{}/claim/", "monitors/{}/key/"):
        assert client.post("/" + address.format(number)).status_code in (403, 404), address


@pytest.mark.django_db
@pytest.mark.parametrize("site", ["abc", "-1", "9" * 40, "²", "1.5", "none"])
def test_a_site_that_is_none_is_not_found(house: House, site: str) -> None:
    form = {"family_name": "New", "given_name": "Test", "birth_date": "1990-01-01", "site": site}
    assert house.client("nurse").post("/patients/new/", form).status_code == 404
    assert not Patient.objects.filter(family_name="New").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("substance", WRITTEN)
def test_an_allergy_by_any_name_leaves_its_page_open(house: House, substance: str) -> None:
    """Fault 5: «amoxicillin/clavulanate» closed the list that is checked before ketamine, for good."""
    client, page = house.client("nurse"), f"/patients/{house.patient.pk}/consultation/medicines/"
    client.post(page, {"form": "allergy", "substance": substance})
    shown = client.get(page)
    assert shown.status_code == 200
    for row in Entry.objects.filter(kind="allergy"):
        address = reverse("history", args=[house.patient.pk, "allergy", row.key])
        assert address in shown.content.decode()
        assert row.by_name in client.get(address).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("key", WRITTEN)
def test_rows_that_are_there_already_open_by_any_key(house: House, key: str) -> None:
    by, patient, client = house.by("nurse"), house.patient, house.client("nurse")
    found = (
        New(kind="trial", key=key, value={"therapy": "gabapentin"}),
        New(kind="medication", key=key, value={"drug": "gabapentin"}),
        New(kind="pain", key=key, value={"name": key}),
    )
    entries.enter(by=by, patient=patient, entries=found)
    for page in ("ledger/", "consultation/medicines/", "pains/", "consultation/", ""):
        assert client.get(f"/patients/{patient.pk}/{page}").status_code == 200, page
    for name, *rest in (("trial",), ("history", "trial"), ("history", "medication"), ("pain",)):
        assert client.get(reverse(name, args=[patient.pk, *rest, key])).status_code == 200, name
    sent = client.post(reverse("trial-in-error", args=[patient.pk, key]), {"reason": "entered twice"})
    assert sent.status_code == 302
    assert not Entry.objects.filter(kind="trial", key=key, current=True).exclude(value=None).exists()


@given(st.text(max_size=40))
def test_what_is_written_comes_back_out_of_its_address_whole(text: str) -> None:
    segment = Written().to_url(text)
    assert re.fullmatch(Written.regex, segment)
    assert segment not in (".", "..")
    assert Written().to_python(segment) == text


@pytest.mark.parametrize("segment", ["~%", "~====", "~a", "~gA==", "~___"])
def test_a_segment_that_nobody_wrote_is_not_found(house: House, segment: str) -> None:
    page = f"/patients/{house.patient.pk}/history/allergy/{segment}/"
    assert house.client("nurse").get(page).status_code in (200, 404)
    assert Client().get(page).status_code == 302


@pytest.mark.django_db
def test_a_character_that_no_database_keeps_is_refused_in_words(house: House) -> None:
    page = f"/patients/{house.patient.pk}/consultation/story/"
    assert house.client("nurse").post(page, {"text": "a\0b"}).status_code < 500
    asked = RequestFactory().post(page)
    asked.resolver_match = None  # type: ignore[assignment]
    asked.user, asked.session = house.users["nurse"], {}  # type: ignore[assignment]
    error = DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    answer = AccessGate(lambda _: HttpResponse()).process_exception(asked, error)
    assert answer is not None
    assert (answer.status_code, "cannot be kept" in answer.content.decode()) == (409, True)
