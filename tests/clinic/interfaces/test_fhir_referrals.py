"""A referral that another system sends is kept as it came, shown in words, and waits until a named person answers."""

from __future__ import annotations

import copy
import hashlib
import json
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st
from reading import Asker, let_in
from small_clinic import House
from validity import check

from unwound.exchange.fhir.shapes import obj
from unwound_clinic.administration.event_words import in_words
from unwound_clinic.core import audit, sealed
from unwound_clinic.core.action import Conflict
from unwound_clinic.interfaces.fhir import actions, scopes
from unwound_clinic.models import AuditEvent, Entry, Patient, Referral
from unwound_clinic.record import request_words, requested

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
TODAY = date(2026, 12, 1)
Json = dict[str, Any]
REQUEST: Json = {
    "resourceType": "ServiceRequest",
    "status": "active",
    "intent": "order",
    "priority": "urgent",
    "contained": [
        {
            "resourceType": "Patient",
            "id": "p",
            "name": [
                {"use": "maiden", "family": "Formerly", "given": ["Rita"]},
                {"use": "official", "family": "Referred", "given": ["Rita", "Maria"]},
            ],
            "birthDate": "1970-02-03",
            "telecom": [{"system": "email", "value": "rita@example.org"}, {"system": "phone", "value": "555-0101"}],
        },
        {"resourceType": "Organization", "id": "o", "name": "Pain Clinic Elsewhere"},
        {"resourceType": "PractitionerRole", "id": "r", "practitioner": {"display": "Dr Testcase"},
         "organization": {"reference": "#o"}},
        {"resourceType": "Condition", "id": "c", "code": {"text": "Postherpetic neuralgia"},
         "verificationStatus": {"coding": [{"code": "provisional", "display": "Provisional"}]}},
    ],
    "subject": {"reference": "#p"},
    "code": {"text": "Ketamine infusion"},
    "reasonCode": [{"coding": [{"system": "http://example.org/codes", "code": "7", "display": "Neuropathic pain"}]}],
    "reasonReference": [{"reference": "#c"}],
    "requester": {"reference": "#r"},
    "note": [{"text": "Three medicines tried."}],
    "insurance": [{"reference": "Coverage/1"}],
}  # fmt: skip


def changed(**parts: Any) -> Json:
    """The request with other elements; None takes one away."""
    return {name: value for name, value in {**copy.deepcopy(REQUEST), **parts}.items() if value is not None}


def about(**parts: Any) -> Json:
    """The request about a patient with other elements; None takes one away."""
    patient = {name: value for name, value in {**REQUEST["contained"][0], **parts}.items() if value is not None}
    return changed(contained=[patient])


def sent(asker: Asker, request: Any) -> Any:
    body = request if isinstance(request, bytes) else json.dumps(request).encode()
    return asker.sends("ServiceRequest", body)


def draft(request: Json) -> requested.Draft:
    return requested.read(json.dumps(request).encode(), TODAY)


@pytest.fixture
def asker(house: House) -> Asker:
    return let_in(house, "system/ServiceRequest.c")


def test_a_request_is_kept_as_it_came_and_waits_for_a_person(house: House, asker: Asker) -> None:
    body = json.dumps(REQUEST, indent=3).encode()
    answer = sent(asker, body)
    assert answer.status_code == 201, answer.content
    check(answer.json())
    assert "waits until a named person" in answer.json()["issue"][0]["diagnostics"]
    row = Referral.objects.get()
    assert answer["Location"].endswith(f"/fhir/ServiceRequest/{row.pk}")
    assert bytes(row.content) == body
    assert (row.site, row.system, row.received_by) == (house.site, "Hub", None)
    assert (row.family_name, row.given_name, row.birth_date) == ("Referred", "Rita Maria", date(1970, 2, 3))
    assert (row.phone, row.sender) == ("555-0101", "Dr Testcase, Pain Clinic Elsewhere")
    assert row.asks == ("urgent: Ketamine infusion, because of Neuropathic pain; Postherpetic neuralgia [Provisional]")
    for role in ("physician", "nurse", "coordinator"):
        assert "Referred" in house.client(role).get("/").content.decode()
    assert "Referred" not in house.client("stranger").get("/").content.decode()
    event = AuditEvent.objects.get(action="referral.request")
    assert (event.who, event.site_id, event.patient_id) == ("system Hub", house.site.pk, None)
    assert in_words(event.action) == "referral received from a system"


def test_nothing_enters_a_record_before_a_named_person_registers_it(house: House, asker: Asker) -> None:
    patients, entries = Patient.objects.count(), Entry.objects.count()
    sent(asker, REQUEST)
    assert (Patient.objects.count(), Entry.objects.count()) == (patients, entries)
    row, client = Referral.objects.get(), house.client("coordinator")
    page = client.get(f"/referrals/{row.pk}/").content.decode()
    assert 'value="Rita Maria"' in page
    assert "from the system Hub" in " ".join(page.split())
    form = {"do": "register", "family_name": "Referred", "given_name": "Rita", "birth_date": "3 Feb 1970",
            "phone": "555-0101", "sex": "female"}  # fmt: skip
    assert client.post(f"/referrals/{row.pk}/", form).status_code == 302
    row.refresh_from_db()
    patient = Patient.objects.get(family_name="Referred")
    assert (row.patient, row.answered_by.name if row.answered_by else "") == (patient, "Test Coordinator")
    assert not Entry.objects.filter(patient=patient).exists()
    for address in (f"/referrals/{row.pk}/", "/referrals/", f"/patients/{patient.pk}/letters/",
                    f"/patients/{patient.pk}/timeline/"):  # fmt: skip
        assert "Dr Testcase" in client.get(address).content.decode()


def test_it_is_attached_to_who_is_registered_already_or_declined(house: House, asker: Asker) -> None:
    sent(asker, changed(contained=None, subject={"display": "One Testcase"}))
    sent(asker, about(name=[{"family": "Nobody"}]))
    first, second = Referral.objects.order_by("pk")
    client = house.client("nurse")
    page = client.get(f"/referrals/{first.pk}/").content.decode()
    assert "Testcase, One" in page, "a whole name finds who has both words, in any order"
    assert "if both names are in one field, separate them" in page
    assert client.post(f"/referrals/{first.pk}/", {"do": "attach", "patient": house.patient.pk}).status_code == 302
    assert client.post(f"/referrals/{second.pk}/", {"do": "decline", "reason": "no nerve pain"}).status_code == 302
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.patient, second.patient) == (house.patient, None)
    assert second.answer == "declined: no nerve pain"


def test_the_page_says_everything_in_words_or_names_what_it_does_not(house: House, asker: Asker) -> None:
    script = "<script>alert(1)</script>"
    body = json.dumps(changed(note=[{"text": script}, {"text": "Numb since May."}])).encode()
    sent(asker, body)
    row, client = Referral.objects.get(), house.client("nurse")
    page = " ".join(client.get(f"/referrals/{row.pk}/").content.decode().split())
    for words in ("urgent", "Ketamine infusion", "Neuropathic pain", "Postherpetic neuralgia [Provisional]", "an order",
                  "Rita Maria Referred", "Formerly", "3 Feb 1970", "rita@example.org", "Numb since May.",
                  "insurance", "organization, practitioner role, condition", "Nobody here has checked it"):  # fmt: skip
        assert words in page, words
    assert script not in page
    assert "resourceType" not in page
    file = client.get(f"/referrals/{row.pk}/file/")
    assert (file.content, file["Content-Type"]) == (body, "application/fhir+json")
    assert file["Content-Disposition"] == f'attachment; filename="referral-{row.pk}.json"'
    assert file["X-Content-Type-Options"] == "nosniff"
    assert house.client("stranger").get(f"/referrals/{row.pk}/").status_code == 403


REFUSED: dict[str, tuple[Any, int, str]] = {
    "another type": (changed(resourceType="Patient"), 422, "resourceType is «Patient»"),
    "a bundle": ({"resourceType": "Bundle", "type": "transaction"}, 422, "ServiceRequest is needed"),
    "a draft": (changed(status="draft"), 422, "ServiceRequest.status is «draft»"),
    "revoked": (changed(status="revoked"), 422, "ServiceRequest.status"),
    "no status": (changed(status=None), 422, "ServiceRequest.status is missing"),
    "a directive": (changed(intent="directive"), 422, "ServiceRequest.intent is «directive»"),
    "an option": (changed(intent="option"), 422, "ServiceRequest.intent"),
    "no intent": (changed(intent=None), 422, "ServiceRequest.intent is missing"),
    "not to be done": (changed(doNotPerform=True), 422, "doNotPerform"),
    "not to be done, as text": (changed(doNotPerform="true"), 422, "doNotPerform"),
    "an urgency that is none": (changed(priority="soon"), 422, "ServiceRequest.priority is «soon»"),
    "a modifier": (changed(modifierExtension=[{"url": "x", "valueBoolean": True}]), 422, "modifierExtension"),
    "a modifier of the patient": (about(modifierExtension=[]), 422, "contained[0].modifierExtension"),
    "a modifier deep inside": (changed(note=[{"modifierExtension": []}]), 422, "note[0].modifierExtension"),
    "rules": (changed(implicitRules="http://example.org/rules"), 422, "implicitRules"),
    "nobody": (changed(subject=None), 422, "no name of the patient"),
    "no name": (about(name=None), 422, "no name of the patient"),
    "an address without a name": (changed(subject={"reference": "Patient/1"}), 422, "no name of the patient"),
    "a name of blanks": (about(name=[{"family": "  "}]), 422, "no name of the patient"),
    "a patient who is not inside": (changed(contained=[]), 422, "names «#p»"),
    "two of one id": (changed(contained=[REQUEST["contained"][0]] * 2), 422, "names «#p»"),
    "a group": (changed(subject={"reference": "Group/1", "display": "All"}), 422, "no Patient"),
    "a patient not in use": (about(active=False), 422, "no longer in use"),
    "a patient replaced": (about(link=[{"type": "replaced-by"}]), 422, "no longer in use"),
    "a day that is none": (about(birthDate="1970-02-30"), 422, "Patient.birthDate is «1970-02-30»"),
    "a day in words": (about(birthDate="3 Feb 1970"), 422, "Patient.birthDate"),
    "a birth with a time": (about(birthDate="2020-07-27T21:28:50.910Z"), 422, "Patient.birthDate"),
    "a birth to come": (about(birthDate="2999-01-01"), 422, "in the future"),
    "a birth too long ago": (about(birthDate="1802-01-01"), 422, "check the year"),
    "a birth as a number": (about(birthDate=1970), 422, "Patient.birthDate"),
    "a name too long": (about(name=[{"family": "x" * 81}]), 422, "longer than 80"),
    "a control character": (about(name=[{"family": "A\x07B"}]), 422, "contained[0].name[0].family holds a control"),
    "a reversed name": (about(name=[{"family": "A\u202eB"}]), 422, "reverses the direction"),
    "a reversed name of an element": (changed(**{"x\u202e": 1}), 422, "reverses the direction"),
    "damaged": (changed(note=[{"text": "a\ufffd"}]), 422, "note[0].text"),
    "no JSON": (b"<ServiceRequest/>", 400, "no JSON"),
    "nothing": (b" ", 400, "no JSON"),
    "a list": (b"[]", 400, "one JSON object"),
    "not a number": (b'{"a": NaN}', 400, "no JSON"),
    "said twice": (b'{"status": "draft", "status": "active"}', 400, "given twice"),
    "half of a character": (b'{"a": "\\ud800"}', 400, "half of a character"),
    "not UTF-8": (b'{"a": "\xff"}', 400, "no JSON in UTF-8"),
    "too deep": (b'{"a":' * 100 + b"1" + b"}" * 100, 400, "nested too deep"),
    "far too deep": (b"[" * 100_000, 400, "nested too deep"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_request_that_holds_is_refused_with_the_place(asker: Asker, name: str) -> None:
    request, status, words = REFUSED[name]
    answer = sent(asker, request)
    assert answer.status_code == status, answer.content
    check(answer.json())
    assert words in answer.json()["issue"][0]["diagnostics"]
    assert not Referral.objects.exists()
    assert not AuditEvent.objects.filter(action="referral.request").exists()


def test_another_form_a_condition_and_what_is_too_large_are_refused(asker: Asker, settings: Any) -> None:
    body = json.dumps(REQUEST).encode()
    for kind in ("text/plain", "application/fhir+xml", "application/fhir+json; fhirVersion=5.0",
                 "application/json; charset=latin-1", "application/x-www-form-urlencoded"):  # fmt: skip
        assert asker.sends("ServiceRequest", body, kind).status_code == 415, kind
    assert asker.sends("ServiceRequest", body, **{"if-none-exist": "identifier=1"}).status_code == 400
    assert asker.sends("ServiceRequest?identifier=1", body).status_code == 400
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        for address in ("ServiceRequest", "ServiceRequest/1"):
            answer = asker.asks(address, method)
            assert (answer.status_code, answer["Allow"]) == (405, "POST, OPTIONS")
    assert asker.sends("ServiceRequest/1", body).status_code == 404
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = len(body) - 1
    answer = asker.sends("ServiceRequest", body)
    assert answer.status_code == 413
    check(answer.json())
    assert not Referral.objects.exists()
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = len(body)
    assert asker.sends("ServiceRequest", body, "application/json; charset=UTF-8").status_code == 201


def test_only_a_system_with_the_scope_sends_and_it_reads_nothing_by_it(house: House, asker: Asker) -> None:
    reader = let_in(house, "system/*.rs")
    refused = sent(reader, REQUEST)
    assert refused.status_code == 403
    assert "system/ServiceRequest.c" in refused.json()["issue"][0]["diagnostics"]
    assert sent(Asker(reader.system, ""), REQUEST).status_code == 401
    assert not Referral.objects.exists()
    for address in ("Patient", f"Patient/{house.patient.pk}", f"Observation?patient={house.patient.pk}"):
        assert asker.asks(address).status_code == 403
    assert asker.sign_in("system/*.rs").json()["error"] == "invalid_scope"
    both = "system/Patient.rs system/ServiceRequest.c"
    assert scopes.granted("system/*.rs", both) == "system/Patient.rs"
    assert scopes.granted(both, both) == both
    assert scopes.granted("system/ServiceRequest.c", "system/*.rs") == ""
    for strange in (
        "system/*.c",
        "system/Patient.c",
        "system/ServiceRequest.rs",
        "system/ServiceRequest.c?status=active",
    ):
        with pytest.raises(Conflict):
            scopes.parse(strange)
    asker.sign_in()
    actions.end(by=house.by("administrator"), site=house.site, system=asker.system)
    assert sent(asker, REQUEST).status_code == 401


def test_it_comes_to_the_site_of_its_system_and_to_no_other(house: House, asker: Asker) -> None:
    assert sent(asker, REQUEST).status_code == 201
    row = Referral.objects.get()
    assert row.site == house.site
    stranger = house.client("stranger")
    assert "Referred" not in stranger.get("/referrals/").content.decode()
    for address in (f"/referrals/{row.pk}/", f"/referrals/{row.pk}/file/"):
        assert stranger.get(address).status_code == 403
    assert stranger.post(f"/referrals/{row.pk}/", {"do": "decline", "reason": "x"}).status_code == 403


def test_the_same_content_is_kept_once_also_when_two_send_it_at_one_moment(house: House, asker: Asker) -> None:
    first, again = sent(asker, REQUEST), sent(asker, REQUEST)
    assert (first.status_code, again.status_code) == (201, 200)
    assert (first.json(), first["Location"]) == (again.json(), again["Location"])
    assert sent(asker, changed(note=[{"text": "another"}])).status_code == 201
    other = Referral.objects.order_by("pk").last()
    assert other is not None
    rivals: list[Referral] = []

    def rival_after_the_look(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        # What another worker commits between our look whether it is there and our own writing of it.
        result = execute(sql, params, many, context)
        if not rivals and sql.startswith("SELECT") and '"digest" =' in sql and "referral" in sql:
            rivals.append(
                Referral(
                    site=house.site, content=body, digest=requested_digest, name="a", kind=requested.KIND, sender="a",
                    system="Rival", family_name="Rival", arrived_on=TODAY, received_at=timezone.now(),
                )
            )  # fmt: skip
            Referral.objects.bulk_create(rivals)
        return result

    body = json.dumps(changed(note=[{"text": "a third"}])).encode()
    requested_digest = hashlib.sha256(body).hexdigest()
    with connection.execute_wrapper(rival_after_the_look):
        answer = sent(asker, body)
    assert answer.status_code == 200, answer.content
    assert answer["Location"].endswith(f"/ServiceRequest/{rivals[0].pk}"), "the one who came first is named"


def test_what_a_system_sent_is_sealed_with_its_name(asker: Asker) -> None:
    sent(asker, REQUEST)
    assert audit.verify() is None
    assert sealed.compare(AuditEvent.objects.all()).faults == []
    Referral.objects.update(system="Somebody else")
    assert len(sealed.compare(AuditEvent.objects.all()).faults) == 1


def test_the_server_states_that_it_takes_them(asker: Asker) -> None:
    stated = asker.browser.get("/fhir/metadata").json()
    check(stated)
    of_it = next(one for one in stated["rest"][0]["resource"] if one["type"] == "ServiceRequest")
    assert of_it["interaction"] == [{"code": "create"}]
    assert (
        "system/ServiceRequest.c"
        in asker.browser.get("/fhir/.well-known/smart-configuration").json()["scopes_supported"]
    )


@pytest.mark.parametrize(
    ("request_", "family", "given"),
    [
        (about(name=[{"use": "old", "family": "Old"}, {"family": "New", "given": ["N"]}]), "New", "N"),
        (about(name=[{"family": "Ended", "period": {"end": "2020-01-01"}}, {"family": "New"}]), "New", ""),
        (about(name=[{"use": "maiden", "family": "Only"}]), "Only", ""),
        (about(name=[{"text": "Rita van der Berg"}]), "Rita van der Berg", ""),
        (about(name=[{"given": ["Mononym"]}]), "Mononym", ""),
        (about(name={"family": "fg", "given": "fg"}), "fg", "fg"),
        (about(name=[{"family": "x" * 80}]), "x" * 80, ""),
        (changed(contained=None, subject={"display": "Peter James Chalmers"}), "Peter James Chalmers", ""),
        (changed(contained=None, subject={"reference": "Patient/1", "display": "Ng, Mei"}), "Ng", "Mei"),
    ],
)
def test_the_name_of_now_is_drafted_and_none_is_divided_by_guessing(request_: Json, family: str, given: str) -> None:
    made = draft(request_)
    assert (made.family_name, made.given_name) == (family, given)


def test_what_is_not_sent_or_not_whole_stays_unknown() -> None:
    made = draft(changed(contained=None, subject={"display": "Somebody"}, requester=None, code=None, reasonCode=None,
                         reasonReference=None, priority="routine"))  # fmt: skip
    assert (made.birth_date, made.phone, made.asks, made.sender) == (None, "", "", "")
    year = about(birthDate="1970")
    assert draft(year).birth_date is None
    assert ("Born", "1970") in request_words.lines(year)
    old = about(telecom=[{"system": "phone", "use": "old", "value": "1"}, {"system": "phone", "value": "9" * 41}])
    assert draft(old).phone == ""
    assert ("Contact (phone)", "9" * 41) in request_words.lines(old)


@pytest.mark.parametrize("length", [299, 300, 301])
def test_what_it_asks_for_has_at_most_300_characters_and_marks_what_was_cut(length: int) -> None:
    made = draft(changed(priority=None, reasonCode=None, reasonReference=None, code={"text": "x" * length}))
    assert len(made.asks) == min(length, 300)
    assert made.asks.endswith("…") == (length > 300)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@limits(max_examples=150)
@given(name=st.sampled_from(sorted({*REQUEST, "orderDetail", "bodySite", "occurrencePeriod", "performer"})), value=JSON,
       inside=st.booleans())  # fmt: skip
def test_any_element_of_any_shape_is_kept_and_shown_or_refused_in_words(name: str, value: Any, inside: bool) -> None:
    request = changed()
    if inside:
        request["contained"][0][name] = value
    else:
        request[name] = value
    try:
        made = draft(request)
    except requested.NotTaken:
        return
    assert made.family_name
    assert all(isinstance(part, str) and part for pair in request_words.lines(request) for part in pair)
    assert len(made.asks) <= 300
    assert obj(request) is request


@pytest.mark.parametrize(
    ("sent_as", "shown"),
    [
        ("2026-05-03", "3 May 2026"),
        ("2026-05", "May 2026"),
        ("2026", "2026"),
        ("2026-05-03T08:26:11.950-05:00", "3 May 2026 08:26 UTC-05:00"),
        ("2026-05-03T08:26:11Z", "3 May 2026 08:26 UTC"),
        ("2026-02-30", "2026-02-30"),
        ("in May", "in May"),
    ],
)
def test_days_of_a_request_stand_as_people_write_them(sent_as: str, shown: str) -> None:
    assert dict(request_words.lines({"authoredOn": sent_as}))["Written on"] == shown
