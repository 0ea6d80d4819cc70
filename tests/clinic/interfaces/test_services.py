"""CDS Hooks over HTTP: signed calls, one card or none, feedback that is counted, nothing that breaks."""

from __future__ import annotations

import base64
import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from calling import HOST, ISSUER, KEY, OTHER, SIGN, VIEW, post, public, signed, system, token
from django.test import Client
from joserfc.jwk import OctKey
from small_clinic import House

sys.path.append(str(Path(__file__).parents[2] / "library"))
from bundle_builder import person
from hooks import THREE, ZOSTER, call, egfr, order, pain
from spoilt import spoilt

from unwound_clinic.core import rates
from unwound_clinic.interfaces.cds import counts, in_time
from unwound_clinic.models import AuditEvent, CardFeedback, Entry, HospitalSystem, Patient

TESTDATA = Path(__file__).parents[4] / "shared" / "testdata" / "cds-hooks"
PREGABALIN = order("pregabalin 150 MG Oral Capsule", 150, 2)
ABOVE = call("order-sign", egfr(25), orders=(PREGABALIN,))
SILENT = call("order-sign", egfr(95), orders=(PREGABALIN,))


@pytest.fixture(autouse=True)
def _counted_here(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rates.forget()
    settings.CDS_MS = 60_000  # what is too late is told below; a busy machine is not
    monkeypatch.setattr(counts, "FILE", str(tmp_path / "cds.sqlite3"))


def tally(of: HospitalSystem) -> dict[str, int]:
    import datetime

    found: dict[str, int] = {}
    for one in counts.since(datetime.date(2000, 1, 1), of.pk):
        for outcome, number in one.outcomes.items():
            found[outcome] = found.get(outcome, 0) + number
    return found


def test_a_dose_above_the_ceiling_is_one_card_and_a_suitable_one_none(house: House) -> None:
    of, events = system(house), AuditEvent.objects.count()
    (card,) = signed(SIGN, ABOVE).json()["cards"]
    assert card["indicator"] == "warning"
    assert "150 mg" in card["summary"]
    assert signed(SIGN, SILENT).json() == {"cards": []}
    assert tally(of) == {"card": 1, "silent": 1}
    assert AuditEvent.objects.count() == events, "nothing of a call is kept"


def test_a_record_is_opened_beside_refractory_pain(house: House) -> None:
    system(house)
    (card,) = signed(VIEW, call("patient-view", ZOSTER, pain(8), *THREE)).json()["cards"]
    assert "Post-herpetic" in card["summary"]
    assert not Patient.objects.filter(family_name="").exists()


def test_discovery_names_the_services_once_a_system_is_entered(house: House) -> None:
    assert Client().get("/cds-services").json() == {"services": []}
    system(house)
    services = Client().get("/cds-services").json()["services"]
    assert {one["id"] for one in services} == {
        "unwound-patient-view", "unwound-order-select", "unwound-order-sign"
    }  # fmt: skip


# ---- who may call


def claims(**changed: Any) -> str:
    return f"Bearer {token(SIGN, **changed)}"


def flipped(bearer: str) -> str:
    head, payload, signature = bearer.split(".")
    raw = json.loads(base64.urlsafe_b64decode(payload + "=="))
    raw["jti"] = "another"
    return ".".join((head, base64.urlsafe_b64encode(json.dumps(raw).encode()).decode().rstrip("="), signature))


def unsigned() -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    now = int(time.time())
    body = {"iss": ISSUER, "aud": HOST + SIGN, "exp": now + 60, "iat": now, "jti": "x"}
    return f"Bearer {part({'alg': 'none'})}.{part(body)}."


@pytest.mark.parametrize(
    ("named", "bearer"),
    [
        ("nothing", lambda: ""),
        ("another scheme", lambda: "Basic YTpi"),
        ("no token", lambda: "Bearer x"),
        ("not JSON", lambda: "Bearer a.b.c"),
        ("too long", lambda: f"Bearer {'a' * 9000}"),
        ("another issuer", lambda: claims(iss="https://other.example")),
        ("no issuer", lambda: claims(iss=None)),
        ("another key", lambda: claims(key=OTHER)),
        ("another service", lambda: claims(aud=HOST + VIEW)),
        ("another host", lambda: claims(aud="https://other.example" + SIGN)),
        ("no address", lambda: claims(aud=None)),
        ("over", lambda: claims(exp=int(time.time()) - 60, iat=int(time.time()) - 300)),
        ("not yet", lambda: claims(iat=int(time.time()) + 600, exp=int(time.time()) + 900)),
        ("for ever", lambda: claims(exp=int(time.time()) + 10**9)),
        ("no end", lambda: claims(exp=None)),
        ("no number", lambda: claims(jti=None)),
        ("changed", lambda: flipped(claims())),
        ("no signature", unsigned),
        ("the public key as a secret", lambda: claims(key=OctKey.import_key(json.dumps(public())), alg="HS256")),
    ],
)
def test_a_call_that_nobody_known_signed_is_refused(house: House, named: str, bearer: Any) -> None:
    system(house)
    answer = post(SIGN, ABOVE, authorization=bearer())
    assert answer.status_code == 401, named
    assert "cards" not in answer.json()


def test_a_jwt_is_used_once(house: House) -> None:
    system(house)
    bearer = claims()
    assert post(SIGN, ABOVE, authorization=bearer).status_code == 200
    assert post(SIGN, ABOVE, authorization=bearer).status_code == 401


def test_a_system_that_was_ended_is_answered_no_more(house: House) -> None:
    of = system(house)
    assert house.client("administrator").post(f"/systems/{of.pk}/end/").status_code == 302
    assert signed(SIGN, ABOVE).status_code == 401
    assert Client().get("/cds-services").json() == {"services": []}


def test_whoever_guesses_is_slowed_down(house: House) -> None:
    system(house)
    answers = [post(SIGN, ABOVE, authorization="Bearer a.b.c").status_code for _ in range(35)]
    assert answers[:30] == [401] * 30
    assert set(answers[30:]) == {429}
    assert signed(SIGN, ABOVE).status_code == 200, "who signs is not held up by who guesses"


def test_unsigned_calls_are_answered_only_where_the_administrator_says_so(house: House) -> None:
    assert post(SIGN, ABOVE).status_code == 401
    system(house, issuer="", keys={}, unsigned=True)
    assert post(SIGN, ABOVE).json()["cards"]


# ---- our own patients


def test_a_planned_course_is_spoken_of_to_who_signs_and_to_nobody_else(house: House) -> None:
    from in_session import infusing

    infusing(house)
    patient = Patient.objects.get(pk=house.patient.pk)
    Patient.objects.filter(pk=patient.pk).update(number="MRN-77", birth_date="1960-03-04")
    known = {"birthDate": "1960-03-04", "identifier": [{"system": "urn:x", "value": "MRN-77"}]}
    phenelzine = (order("phenelzine 15 MG Oral Tablet", 45),)
    made = call("order-sign", person(**known), orders=phenelzine)
    system(house)
    system(house, name="Open", issuer="", keys={}, unsigned=True)
    (card,) = signed(SIGN, made).json()["cards"]
    assert "infusion is planned" in card["summary"]
    assert patient.family_name not in json.dumps(card)
    assert post(SIGN, made).json() == {"cards": []}
    for other in ({"birthDate": "1960-03-05"}, {"identifier": [{"value": "MRN-78"}]}, {"birthDate": "1960"}):
        assert signed(SIGN, call("order-sign", person(**{**known, **other}), orders=phenelzine)).json() == {"cards": []}


# ---- what is spoilt, late or too much


@pytest.mark.thorough
@pytest.mark.one_database  # nothing is stored
def test_nothing_that_is_spoilt_breaks_a_service(house: House) -> None:
    of = system(house, issuer="", keys={}, unsigned=True)
    examples = [json.loads(file.read_bytes()) for file in sorted(TESTDATA.glob("*.json"))]
    answers: dict[int, int] = {}
    for place, made in enumerate((ABOVE, call("patient-view", ZOSTER, pain(8), *THREE), *examples)):
        for service in (SIGN, VIEW):
            for raw in spoilt(made, 20, seed=place):
                answer = post(service, raw)
                assert answer.status_code in (200, 400, 412), (answer.status_code, raw[:200])
                answers[answer.status_code] = answers.get(answer.status_code, 0) + 1
                assert answer.json().keys() <= {"cards", "error"}
    assert {200, 400, 412} <= answers.keys(), answers
    assert sum(tally(of).values()) == sum(answers.values())


def test_a_service_that_is_not_there_and_a_request_that_is_too_large(house: House, settings: Any) -> None:
    system(house)
    assert signed("/cds-services/other", ABOVE).status_code == 404
    assert signed("/cds-services/other/feedback", ABOVE).status_code == 404
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    assert signed(SIGN, ABOVE).status_code == 413


def test_a_call_that_is_not_answered_in_time_gets_no_card_and_is_counted(house: House, settings: Any) -> None:
    of = system(house, issuer="", keys={}, unsigned=True)
    settings.CDS_MS = 1
    held = threading.Event()
    blockers = [in_time._pool.submit(held.wait) for _ in range(in_time.THREADS)]
    try:
        answer = post(SIGN, ABOVE)
    finally:
        held.set()
    assert (answer.status_code, answer.json()) == (200, {"cards": []})
    assert tally(of) == {"late": 1}
    assert all(blocker.result(timeout=60) for blocker in blockers)
    settings.CDS_MS = 60_000
    assert post(SIGN, ABOVE).json()["cards"], "its place was given back"


def test_places_are_given_back_by_what_was_never_begun_and_no_more_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    held = threading.Event()
    blockers = [in_time._pool.submit(held.wait) for _ in range(in_time.THREADS)]
    try:
        for _ in range(in_time.MOST_AT_WORK * 2):
            with pytest.raises(in_time.TooLate):
                in_time.within(0.001, lambda: None)
    finally:
        held.set()
    assert all(blocker.result(timeout=60) for blocker in blockers)
    assert in_time.within(60, lambda: 7) == 7
    monkeypatch.setattr(in_time, "_free", threading.BoundedSemaphore(1))
    with in_time._free, pytest.raises(in_time.TooLate):
        in_time.within(60, lambda: 7)
    assert in_time.within(60, lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        in_time.within(60, lambda: 1 // 0)


# ---- pages of another origin


def test_a_browser_may_call_from_the_origins_that_were_entered(house: House) -> None:
    system(house, origins="https://record.example")
    for origin, allowed in (("https://record.example", True), ("https://bad.example", False), ("null", False)):
        asked = Client().options(SIGN, headers={"origin": origin, "access-control-request-method": "POST"})
        assert asked.status_code == 204
        assert asked.content == b""
        assert asked.get("Access-Control-Allow-Origin") == (origin if allowed else None)
        assert ("Authorization" in asked.get("Access-Control-Allow-Headers", "")) is allowed
        answer = post(SIGN, ABOVE, authorization=f"Bearer {token(SIGN)}", origin=origin)
        assert answer.get("Access-Control-Allow-Origin") == (origin if allowed else None)
        assert "Access-Control-Allow-Credentials" not in answer
    assert Client().get(SIGN).status_code == 405
    assert Client().options("/patients/").status_code == 405


# ---- feedback


def test_what_was_done_with_a_card_is_kept_once_and_reported(house: House) -> None:
    of = system(house)
    (card,) = signed(SIGN, ABOVE).json()["cards"]
    said = {
        "card": card["uuid"],
        "outcome": "overridden",
        "overrideReason": {"reason": {"code": "specialist"}, "userComment": "renal team agreed"},
        "outcomeTimestamp": "2026-12-01T08:00:00Z",
    }
    stranger = {"card": "00000000-0000-4000-8000-000000000000", "outcome": "accepted"}
    feedback = f"{SIGN}/feedback"
    assert signed(feedback, {"feedback": [said, stranger]}).json() == {"kept": 2}
    assert signed(feedback, {"feedback": [{**said, "outcome": "accepted"}]}).json() == {"kept": 0}
    row = CardFeedback.objects.get(system=of, card=card["uuid"])
    assert (row.finding, row.outcome, row.reason) == ("dose-above-ceiling", "overridden", "specialist")
    page = house.client("administrator").get("/systems/").content.decode()
    assert "dose-above-ceiling" in page
    assert "A specialist advised it (1)" in page
    assert "100.0 %" in page
    assert not Entry.objects.exclude(patient=house.patient).exists()


def test_feedback_that_cannot_be_read_or_that_nobody_signed_is_refused(house: House) -> None:
    system(house)
    feedback = f"{SIGN}/feedback"
    assert signed(feedback, {"feedback": [{"card": "x y", "outcome": "accepted"}]}).status_code == 400
    assert post(feedback, {"feedback": [{"card": "1", "outcome": "accepted"}]}).status_code == 401
    assert not CardFeedback.objects.exists()


# ---- what the administrator enters


def form(house: House, **fields: Any) -> dict[str, Any]:
    return {"site": house.site.pk, "name": "Testcase record", "issuer": ISSUER, "keys": json.dumps(public()), **fields}


def test_a_system_is_entered_with_its_public_keys(house: House) -> None:
    client = house.client("administrator")
    assert client.post("/systems/", form(house, origins="https://a.example\nhttps://b.example")).status_code == 302
    assert signed(SIGN, ABOVE).status_code == 200
    assert HospitalSystem.objects.get().origin_list == ("https://a.example", "https://b.example")
    again = client.post("/systems/", form(house))
    assert again.status_code == 409
    assert HospitalSystem.objects.count() == 1


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"keys": ""}, "An issuer needs its keys"),
        ({"keys": "{"}, "no JSON Web Key Set"),
        ({"keys": '{"keys": []}'}, "1 to 20 keys"),
        ({"keys": json.dumps({"keys": [KEY.as_dict(private=True)]})}, "private key"),
        ({"keys": '{"keys": [{"kty": "oct", "k": "YQ"}]}'}, "Only public keys"),
        ({"origins": "https://a.example/path"}, "The form is"),
        ({"origins": "*"}, "The form is"),
        ({"issuer": "", "keys": ""}, "Enter who signs"),
        ({"fhir_address": "http://fhir.example.org", "client_id": "x"}, "over https only"),
        ({"fhir_address": "https://fhir.example.org"}, "client id"),
    ],
)
def test_what_cannot_be_a_system_is_refused_in_words(house: House, changed: dict[str, str], says: str) -> None:
    answer = house.client("administrator").post("/systems/", form(house, **changed))
    assert answer.status_code == 409
    assert says in answer.content.decode()
    assert not HospitalSystem.objects.exists()


def test_another_sites_administrator_neither_sees_nor_ends_it(house: House) -> None:
    of = system(house)
    assert house.client("nurse").get("/systems/").status_code == 403
    assert house.client("stranger").post(f"/systems/{of.pk}/end/").status_code == 403
    assert house.client("administrator").post("/systems/", form(house, site=house.other_site.pk)).status_code == 409
