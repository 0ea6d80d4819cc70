"""Nobody reads by FHIR but a system that was let in, no more than its scopes and its site, and each look is logged."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from coordinated import known
from django.urls import reverse
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OctKey, RSAKey
from reading import Asker, assertion, key, let_in, public
from small_clinic import House
from validity import check

from unwound.exchange.fhir import searching
from unwound_clinic.administration import who_saw
from unwound_clinic.core.access import Refused
from unwound_clinic.core.action import Conflict
from unwound_clinic.interfaces.fhir import actions, scopes
from unwound_clinic.models import AuditEvent, ReadingSystem

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def wrong(answer: Any, status: int) -> str:
    """What an OperationOutcome says, which every error is."""
    assert answer.status_code == status, answer.content
    outcome = answer.json()
    assert outcome["resourceType"] == "OperationOutcome"
    check(outcome)
    return str(outcome["issue"][0]["diagnostics"])


def test_an_assertion_holds_once_for_us_and_not_for_long(house: House) -> None:
    asker = let_in(house)
    id = asker.system.client_id
    other = ECKey.generate_key("P-384", {"kid": "first"})
    used = assertion(id)
    assert asker.sign_in(signed=used).status_code == 200
    public_bytes = OctKey.import_key(public())
    for refused in (
        used,
        assertion(id, signed_with=other),
        assertion(id, kid="second"),
        assertion("system-nobody"),
        assertion(id, sub="system-nobody"),
        assertion(id, aud="https://elsewhere.example/token"),
        assertion(id, exp=int(time.time()) - 60),
        assertion(id, exp=int(time.time()) + 3600),
        assertion(id, jti=None),
        assertion(id, exp="soon"),
        assertion(id, signed_with=public_bytes, alg="HS384"),
        used[:-4] + "AAAA",
        "a.b.c",
        "x" * 15_000,
    ):
        answer = asker.sign_in(signed=refused)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client"), refused[:60]
        assert "access_token" not in answer.json()
    assert asker.sign_in("system/Practitioner.rs").json()["error"] == "invalid_scope"
    assert asker.browser.get("/fhir/auth/token").status_code == 405


def test_only_public_keys_of_enough_strength_are_kept(house: House) -> None:
    weak, shared = RSAKey.generate_key(1024, {"kid": "a"}), OctKey.generate_key(256, {"kid": "a"})
    short = ECKey.generate_key("P-256", {"kid": "a"})
    nameless = key().as_dict(private=False) | {"kid": ""}
    for keys in (
        key().as_dict(private=True), weak.as_dict(private=False), shared.as_dict(private=True),
        short.as_dict(private=False), nameless, {"keys": []}, {"keys": 7}, [], "x",
        {"keys": [key().as_dict(private=False)] * 2},
    ):  # fmt: skip
        with pytest.raises(Conflict):
            actions.let_in(
                by=house.by("administrator"),
                site=house.site,
                name="Hub",
                public_keys=json.dumps(keys),
                asked="system/*.rs",
            )
    for asked in ("", "patient/*.rs", "system/*.cruds", "system/Nothing.rs", "system/*.rs?category=a",
                  "system/Observation.rs?colour=red", "system/Observation.rs?date=yesterday"):  # fmt: skip
        with pytest.raises(Conflict):
            actions.let_in(by=house.by("administrator"), site=house.site, name="Hub", public_keys=public(), asked=asked)
    assert not ReadingSystem.objects.exists()


def test_a_scope_with_a_query_shows_what_the_query_finds(house: House) -> None:
    known(house)
    number = house.patient.pk
    everything = let_in(house)
    asker = let_in(house, "system/Observation.rs?category=vital-signs system/Provenance.rs")
    every = everything.found(f"Observation?patient={number}")
    seen = asker.found(f"Observation?patient={number}")
    assert 0 < len(seen) < len(every)
    categories = {one["category"][0]["coding"][0]["code"] for one in seen}
    assert categories == {"vital-signs"}
    hidden = next(one for one in every if one["id"] not in {each["id"] for each in seen})
    assert asker.asks(f"Observation/{seen[0]['id']}").status_code == 200
    wrong(asker.asks(f"Observation/{hidden['id']}"), 404)
    assert not asker.found(f"Observation?patient={number}&_id={hidden['id']}")
    wrong(asker.asks("Patient"), 403)
    wrong(asker.asks(f"Patient/{number}"), 403)
    with_them = asker.asks(f"Observation?patient={number}&_include=Observation:subject&_revinclude=Provenance:target")
    beside = [one["resource"] for one in with_them.json()["entry"] if one["search"]["mode"] == "include"]
    assert {one["resourceType"] for one in beside} == {"Provenance"}
    targets = {one["reference"] for each in beside for one in each["target"]}
    assert targets == {f"Observation/{one['id']}" for one in seen}
    only_search = let_in(house, "system/Patient.s")
    assert only_search.asks("Patient").status_code == 200
    wrong(only_search.asks(f"Patient/{number}"), 403)


def test_a_token_holds_what_was_registered_and_asked_for() -> None:
    given = scopes.granted
    own = "system/Patient.rs system/Observation.rs?category=vital-signs"
    assert given("system/Patient.rs system/Condition.rs", own) == "system/Patient.rs"
    assert given("system/Patient.r", own) == "system/Patient.r"
    assert given("system/*.rs", own) == own
    assert given("system/*.read", own) == own
    assert given("system/Observation.rs", own) == "system/Observation.rs?category=vital-signs"
    assert given("system/Observation.rs?category=survey", own) == ""
    assert given("system/Observation.r?category=vital-signs", own) == "system/Observation.r?category=vital-signs"
    assert given("system/*.cruds launch nonsense", own) == ""


def test_another_site_is_not_there_and_who_was_shut_out_reads_nothing(house: House) -> None:
    asker, other = let_in(house), house.others_patient.pk
    wrong(asker.asks(f"Patient/{other}"), 404)
    assert not asker.found(f"Patient?_id={other}")
    assert not asker.found(f"Observation?patient={other}")
    assert [one["id"] for one in asker.found("Patient")] == [str(house.patient.pk)]
    with pytest.raises(Refused):
        actions.end(by=house.by("physician"), site=house.site, system=asker.system)
    actions.end(by=house.by("administrator"), site=house.site, system=asker.system)
    wrong(asker.asks("Patient"), 401)
    assert asker.sign_in().status_code == 401


def test_pages_hold_every_match_once_and_are_for_who_searched(house: House) -> None:
    known(house)
    asker, address = let_in(house), f"Observation?patient={house.patient.pk}&category=survey"
    whole = [one["id"] for one in asker.found(address)]
    assert len(whole) > 15
    first = asker.asks(f"{address}&_count=7").json()
    check(first)
    assert (first["total"], len(first["entry"])) == (len(whole), 7)
    assert [one["id"] for one in asker.found(f"{address}&_count=7")] == whole
    further = next(link["url"] for link in first["link"] if link["relation"] == "next")
    wrong(let_in(house).asks(further), 410)
    narrow = let_in(house, "system/*.rs")
    ReadingSystem.objects.filter(pk=asker.system.pk).update(scopes="system/Patient.rs")
    wrong(asker.asks(further), 403)
    assert narrow.asks(f"{address}&_summary=count").json()["total"] == len(whole)
    assert narrow.asks(f"{address}&_count=0").json()["total"] == len(whole)


def test_what_is_not_known_is_said_or_refused_and_every_error_is_an_outcome(house: House) -> None:
    asker, number = let_in(house), house.patient.pk
    said = asker.asks(f"Patient?colour=red&_id={number}").json()
    check(said)
    assert [one["search"]["mode"] for one in said["entry"]] == ["match", "outcome"]
    assert "colour" in said["entry"][1]["resource"]["issue"][0]["diagnostics"]
    assert "colour" in wrong(asker.asks("Patient?colour=red", prefer="handling=strict"), 400)
    for address, status in {
        "Nothing": 404, "Patient/0": 404, "Patient/1/_history": 404, "Observation": 400, "Observation?patient=": 400,
        f"Observation?patient={number}&date=yesterday": 400, f"Observation?patient={number}&date:contains=2026": 400,
        "Patient?name:missing=perhaps": 400, "Patient?_count=many": 400, "Patient?_include=Patient:nothing": 400,
        "Patient?_revinclude=Observation:subject": 400, "Patient?_format=xml": 406, "Patient?_page=forged": 410,
        f"Observation?patient={','.join(map(str, range(1, 40)))}": 400, "Patient?" + "a=1&" * 200: 400,
        "Patient?name=" + "x" * 30_000: 414, "": 404, f"Observation/{number}.0": 404,
    }.items():  # fmt: skip
        wrong(asker.asks(address), status)
    wrong(asker.asks("Patient", accept="application/fhir+xml"), 406)
    for method in ("PUT", "PATCH", "DELETE", "POST"):
        answer = asker.asks(f"Patient/{number}", method)
        wrong(answer, 405)
        assert "GET" in answer["Allow"]
    asker.token = "forged"
    answer = asker.asks("Patient")
    wrong(answer, 401)
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_resource_has_its_version_and_is_not_sent_again(house: House) -> None:
    asker, address = let_in(house), f"Patient/{house.patient.pk}"
    first = asker.asks(address)
    again = asker.asks(address, **{"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert first.json()["meta"]["versionId"] in first["ETag"]
    head = asker.asks(address, "HEAD")
    assert (head.status_code, head.content, head["ETag"]) == (200, b"", first["ETag"])
    house.patient.family_name = "Renamed"
    house.patient.save()
    assert asker.asks(address, **{"if-none-match": first["ETag"]}).status_code == 200


def test_each_look_leaves_an_event_and_the_patient_can_ask_who(house: House) -> None:
    asker, number = let_in(house), house.patient.pk
    for address in (f"Patient/{number}", "Patient?family=testcase", f"Observation?patient={number}"):
        before = AuditEvent.objects.order_by("-number").values_list("number", flat=True)[0]
        asker.asks(address)
        new = list(AuditEvent.objects.filter(number__gt=before))
        assert [(one.who, one.action) for one in new] == [("system Hub", "fhir.read")]
        assert new[0].patient_id == (None if address.startswith("Obs") else number)
        assert address in new[0].detail["asked"]
    told = [line for line in who_saw.lines(house.patient, names=True) if who_saw.SYSTEM in line.who]
    assert [(line.what, line.times) for line in told] == [(who_saw.LOOKED, 2)]
    assert told[0].who == f"{who_saw.SYSTEM}: system Hub"


def test_browsers_elsewhere_may_ask_and_what_anybody_may_know_needs_no_token(house: House) -> None:
    asker = Asker(ReadingSystem(), "")
    for address in ("metadata", "Patient", "auth/token"):
        answer = asker.browser.options(f"/fhir/{address}")
        assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (204, "*")
        assert "Authorization" in answer["Access-Control-Allow-Headers"]
        assert "Access-Control-Allow-Credentials" not in answer
    smart = asker.browser.get("/fhir/.well-known/smart-configuration").json()
    assert smart["token_endpoint"].endswith("/fhir/auth/token")
    assert asker.browser.get("/fhir/metadata")["Access-Control-Allow-Origin"] == "*"
    wrong(asker.browser.get("/fhir/Patient"), 401)


def test_an_administrator_lets_in_and_shuts_out_at_the_screen(house: House) -> None:
    client = house.client("administrator")
    form = {"site": house.site.pk, "name": "Hub", "keys": public(), "scopes": "system/Patient.rs"}
    page = client.post(reverse("fhir-systems"), form, follow=True).content.decode()
    row = ReadingSystem.objects.get()
    assert row.client_id in page
    assert client.post(reverse("fhir-systems"), {**form, "keys": "none"}).status_code == 409
    assert "revoked" in client.post(reverse("fhir-system-end", args=[row.pk]), follow=True).content.decode()
    assert [one.action for one in AuditEvent.objects.filter(action__startswith="fhir.")] == [
        "fhir.let-in",
        "fhir.shut-out",
    ]


ODD = st.one_of(
    st.sampled_from(
        ("", "1", "Patient/1", "ge2026", "2026-02-30", "|", "a|", "\\", ",", ":", "😀", "-1", "1e9", "true")
    ),
    st.text(max_size=12),
)
NAMES = [
    *sorted({name for type in searching.types() for name in searching.of(type)}), "_count", "_include",
    "_revinclude", "_format", "_summary", "_page", "_sort", "_total", "date:missing", "name:exact",
]  # fmt: skip


def test_nothing_that_is_asked_breaks_the_server(house: House) -> None:
    asker = let_in(house)

    @limits(max_examples=60)
    @given(
        st.sampled_from((*searching.types(), "a", "Patient/1", "auth")),
        st.lists(st.tuples(st.sampled_from(NAMES), ODD)),
    )
    def holds(path: str, pairs: list[tuple[str, str]]) -> None:
        from urllib.parse import urlencode

        query = urlencode([(name, value.encode("utf-8", "surrogatepass")) for name, value in pairs])
        answer = asker.asks(f"{path}?{query}")
        assert answer.status_code < 500
        if "%00" not in query:
            assert answer.json()["resourceType"] in ("Bundle", "OperationOutcome", "Patient")

    holds()
