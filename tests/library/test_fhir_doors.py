"""The same record in every wrapping it comes in is the same patient; what the source kept back is said."""

import gzip
import io
import json
import zipfile
from typing import Any

import pytest
from bundle_builder import AS_OF, ICD10, RXNORM, bundle, concept, condition, person, refusal, request, resource
from hypothesis import given
from hypothesis import strategies as st

from unwound.exchange import json_text
from unwound.exchange.fhir import Import, parse, read_bundle, read_record
from unwound.record import UnwoundError

Json = dict[str, Any]
GABAPENTIN = request("gabapentin 300 MG Oral Capsule", "active", subject={"reference": "Patient/p"}) | {"id": "m"}
DIABETES = condition(ICD10, "E11.9", subject={"reference": "Patient/p"}) | {"id": "c"}
RESOURCES = [person(), GABAPENTIN, DIABETES]
LINES = "\n".join(json.dumps(one) for one in RESOURCES)


def opened(whole: object, **options: Any) -> Import:
    return read_bundle(json.dumps(whole), "in/a.json", as_of=AS_OF, **options)


def holds_all(imported: Import) -> bool:
    drugs = [medication.drug for medication in imported.patient.medications]
    return drugs == ["gabapentin"] and imported.patient.value("diabetes") is True


def searchset(*resources: Json, **fields: Any) -> Json:
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": one} for one in resources], **fields}


def zipped(**files: str) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(f"export/{name}.ndjson", content)
    return into.getvalue()


WRAPPINGS: dict[str, bytes | str] = {
    "a bundle": json.dumps(bundle(GABAPENTIN, DIABETES)),
    "a bundle in UTF-16": json.dumps(bundle(GABAPENTIN, DIABETES)).encode("utf-16"),
    "a resource a line": LINES,
    "a resource a line, with empty lines": LINES.replace("\n", "\r\n\r\n") + "\n\n",
    "a resource a line, compressed": gzip.compress(LINES.encode()),
    "two compressed parts behind each other": b"".join(gzip.compress(f"{one}\n".encode()) for one in LINES.split("\n")),
    "a zip of an export": zipped(Patient=LINES.split("\n")[0], Rest="\n".join(LINES.split("\n")[1:])),
    "a list": json.dumps(RESOURCES),
    "parameters": json.dumps(
        {
            "resourceType": "Parameters",
            "parameter": [
                {"name": "patient", "resource": RESOURCES[0]},
                {"name": "rest", "part": [{"name": "x", "resource": one} for one in RESOURCES[1:]]},
            ],
        }
    ),
    "a bundle in parameters": json.dumps(
        {"resourceType": "Parameters", "parameter": [{"name": "return", "resource": bundle(GABAPENTIN, DIABETES)}]}
    ),
    "answers to a batch": json.dumps(
        {
            "resourceType": "Bundle",
            "type": "batch-response",
            "entry": [
                {"resource": person(), "response": {"status": "200"}},
                {"resource": searchset(GABAPENTIN, total=1), "response": {"status": "200 OK"}},
                {"resource": searchset(DIABETES, total=1)},
            ],
        }
    ),
    "a search result of bundles of bundles": json.dumps(searchset(searchset(searchset(*RESOURCES)))),
    "a request of CDS Hooks": json.dumps(
        {
            "hook": "patient-view",
            "context": {"userId": "Practitioner/1", "patientId": "p"},
            "prefetch": {"patient": person(), "medicines": searchset(GABAPENTIN), "conditions": searchset(DIABETES)},
        }
    ),
}


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_every_wrapping_holds_the_same_patient(wrapping: str) -> None:
    imported = read_bundle(WRAPPINGS[wrapping], "in/a.json", as_of=AS_OF)
    assert holds_all(imported)
    assert imported.missing == ()
    assert imported.problems == ()


def test_the_files_of_an_export_are_one_record() -> None:
    files = [(f"{one['resourceType']}.ndjson", json.dumps(one).encode() + b"\n") for one in RESOURCES]
    files[1] = ("MedicationRequest.ndjson.gz", gzip.compress(files[1][1]))
    imported = read_record(files, "export", as_of=AS_OF)
    assert holds_all(imported)
    assert imported.missing == ()


def test_an_empty_file_a_list_and_a_broken_file_of_an_export_do_not_stop_the_others() -> None:
    files = [(f"{one['resourceType']}.ndjson", json.dumps(one)) for one in RESOURCES]
    whole = read_record([*files, ("empty.ndjson", "\n"), ("manifest.json", '{"output": []}')], "export", as_of=AS_OF)
    assert holds_all(whole)
    assert (whole.missing, [str(problem) for problem in whole.problems]) == (
        (),
        ["manifest.json: this file holds no FHIR resource and was not read"],
    )
    part = read_record([*files, ("Observation.ndjson", '{"resourceType": "Obs')], "export", as_of=AS_OF)
    assert holds_all(part)
    assert "Observation.ndjson: not readable as JSON" in part.missing[0]


def test_pages_of_a_search_that_are_all_here_are_whole_and_one_that_is_not_is_missed() -> None:
    first = searchset(
        person(), GABAPENTIN, total=3, link=[{"relation": "self", "url": "s?1"}, {"relation": "next", "url": "s?2"}]
    )
    second = searchset(DIABETES, total=3, link=[{"relation": "self", "url": "s?2"}])
    files = [("1.json", json.dumps(first)), ("2.json", json.dumps(second))]
    assert read_record(files, "pages", as_of=AS_OF).missing == ()
    (why,) = read_record(files[:1], "pages", as_of=AS_OF).missing
    assert "one page of a search with more pages" in why


# ---- what the source kept back


OUTCOME = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "warning", "code": "suppressed", "diagnostics": "MedicationRequest not authorised"}],
}


@pytest.mark.parametrize(
    ("whole", "words"),
    [
        (searchset(person(), OUTCOME), "«MedicationRequest not authorised»"),
        (searchset(person(), total=250), "the search found 250, and 1 are here"),
        (searchset(person(), searchset(GABAPENTIN, total=2)), "the search found 2, and 1 are here"),
        (searchset(person(), link=[{"relation": "next", "url": "x"}]), "one page of a search with more pages"),
        (searchset(person(), searchset(link=[{"relation": "next", "url": "x"}])), "one page of a search"),
        (
            bundle() | {"entry": [{"resource": person()}, {"response": {"status": "403 Forbidden"}}]},
            "the server did not answer: «403 Forbidden»",
        ),
        (
            bundle() | {"entry": [{"resource": person()}, {"response": {"status": "404", "outcome": OUTCOME}}]},
            "«MedicationRequest not authorised»",
        ),
        (
            {"hook": "patient-view", "context": {"patientId": "p"}, "prefetch": {"p": person(), "medicines": None}},
            "«medicines» was asked for before the request, and did not come",
        ),
    ],
)
def test_what_the_source_kept_back_stands_beside_every_verdict(whole: Json, words: str) -> None:
    imported = opened(whole)
    assert words in " | ".join(imported.missing)
    assert imported.patient.value("record_incomplete") is True
    assert words in " | ".join(imported.lines())


def test_a_remark_of_the_server_is_no_missing_part() -> None:
    remark = {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "information", "code": "informational", "diagnostics": "3 ms"}],
    }
    assert opened(searchset(person(), remark)).missing == ()


def test_counted_are_matches_only_not_what_was_included_with_them() -> None:
    whole = searchset(person(), total=2)
    whole["entry"] += [{"resource": GABAPENTIN}, {"resource": resource("Medication"), "search": {"mode": "include"}}]
    assert opened(whole).missing == ()
    whole["total"] = 3
    assert opened(whole).missing != ()


def test_bundles_within_bundles_without_end_are_named() -> None:
    inner = searchset(GABAPENTIN)
    for _ in range(8):
        inner = searchset(inner)
    imported = opened(searchset(person(), inner))
    assert imported.patient.medications == ()
    assert "more than are opened" in " | ".join(imported.missing)


def test_lines_that_are_cut_off_are_named() -> None:
    imported = read_bundle(LINES[:-20], "a.ndjson", as_of=AS_OF)
    assert imported.patient.value("diabetes") is None
    assert "1 lines are not readable as JSON (line 3)" in " | ".join(imported.missing)


# ---- several patients


SEVERAL = [*RESOURCES, {**person(), "id": "q"}, condition(ICD10, "C50.9", subject={"reference": "Patient/q"})]


def test_several_patients_are_refused_and_one_can_be_picked() -> None:
    lines = "\n".join(json.dumps(one) for one in SEVERAL)
    assert "2 patients («p», «q»)" in refusal(lines)
    assert "--patient ID" in refusal(lines)
    imported = read_bundle(lines, "a", as_of=AS_OF, patient="p")
    assert holds_all(imported)
    assert imported.patient.value("cancer") is None
    assert [str(unread) for unread in imported.unread] == [
        "1 × resources not counted (about other patients): «Condition»"
    ]
    assert read_bundle(lines, "a", as_of=AS_OF, patient="Patient/q").patient.value("cancer") is True
    with pytest.raises(UnwoundError, match="holds no patient «z», but «p», «q»"):
        read_bundle(lines, "a", as_of=AS_OF, patient="z")


@pytest.mark.parametrize("about", [None, {}, {"extension": [{"url": "https://x/data-absent-reason"}]}])
def test_what_names_nobody_is_nobodys_where_there_are_several_patients(about: Json | None) -> None:
    unsaid = condition(ICD10, "G35") | ({} if about is None else {"subject": about})
    imported = opened([*SEVERAL, unsaid], patient="p")
    assert holds_all(imported)
    assert imported.patient.value("multiple_sclerosis") is None
    assert "they name none" in " | ".join(imported.lines())
    assert opened([*RESOURCES, unsaid]).patient.value("multiple_sclerosis") is True


def test_a_request_names_its_patient() -> None:
    whole = {"hook": "x", "context": {"patientId": "q"}, "prefetch": {"all": searchset(*SEVERAL)}}
    assert opened(whole).patient.id == "q"


# ---- refused, with what to do


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (json.dumps(GABAPENTIN), "a single resource («MedicationRequest»), not a Bundle"),
        (json.dumps(person()), "put the files of one patient's resources into a folder"),
        (json.dumps([GABAPENTIN]), "holds no Patient"),
        ('[{"a": 1}]', "a FHIR Bundle is needed, not a list"),
        ('<?xml version="1.0"?><Bundle xmlns="http://hl7.org/fhir">', "FHIR in XML"),
        (gzip.compress(LINES.encode(), mtime=0)[:60], "its end is missing"),  # part of the name: no clock in it
        (b"PK\x03\x04 and then nothing", "cannot be unpacked"),
        (zipped(), "no file of FHIR resources"),
        (json.dumps({"hook": "x", "context": {"patientId": "p"}}), "holds no Patient"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(data: bytes | str, words: str) -> None:
    assert words in refusal(data)


# ---- what says two things


TWICE = '{"resourceType": "Observation", "status": "final", "valueInteger": 0, "valueInteger": 3}'


@pytest.mark.parametrize(
    "written",
    [
        json.dumps(bundle()).replace('"entry": [', '"entry": [], "entry": ['),
        json.dumps(bundle()).replace('"type": "collection"', '"total": 9, "total": 1, "type": "searchset"'),
        json.dumps(bundle(DIABETES)).replace('"clinicalStatus"', '"code": {}, "clinicalStatus"'),
        json.dumps(bundle(DIABETES)).replace('"display": "', '"display" : "x", "display"\n: "', 1),
        json.dumps(bundle()).replace('"entry": [', f'"entry": [{{"resource": {TWICE}}}, '),
        json.dumps(bundle()).replace('"entry": [', f'"entry": [{{"resource": {{}}, "resource": {TWICE}}}, '),
        json.dumps(bundle()).replace('"entry": [', '"entry": [{"resource": null, "resource": null}, '),
        json.dumps(bundle(condition(ICD10, "E11.9", note=[{"text": "a\0b"}]))),
        json.dumps(bundle(condition(ICD10, "E11.9", note=[{"text": "\ud800"}]))),
    ],
)
def test_a_record_that_says_two_things_or_no_text_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"is given twice|is no text"):
        json_text.read(written)
    assert "not readable as JSON" in refusal(written)
    assert "not readable as JSON" in refusal(written.encode())


NAMES = st.sampled_from(["a", "b", 'q"', "c:", '":', " :", "\\", "ü", ""])
SPACES = st.sampled_from(["", " ", "\n ", "\t"])


@st.composite
def objects_of_json(draw: st.DrawFn) -> str:
    """An object as somebody may write it: names may come twice, and what looks like a name stands in texts."""
    values = st.recursive(
        st.one_of(
            NAMES.map(json.dumps), st.sampled_from(["1", '"\\u0022:"', '"x\\u0022 :"', '"\\u003A"', '"\\\\u003a"'])
        ),
        lambda inner: st.one_of(pairs(inner), st.lists(inner, max_size=2).map(lambda held: f"[{','.join(held)}]")),
        max_leaves=6,
    )
    return draw(pairs(values))


def pairs(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    one = st.tuples(NAMES.map(json.dumps), SPACES, SPACES, values).map(
        lambda part: f"{part[0]}{part[1]}:{part[2]}{part[3]}"
    )
    return st.lists(one, max_size=4).map(lambda held: f"{{{','.join(held)}}}")


@given(objects_of_json())
def test_the_quick_reader_is_as_strict_as_the_thorough_one(written: str) -> None:
    try:
        thoroughly: object = json_text.read(written)
    except ValueError:
        thoroughly = None
    try:
        quickly: object = parse.loads(written, "a.json")
    except parse.BundleError:
        quickly = None
    assert quickly == thoroughly


def test_a_small_file_that_unpacks_to_a_huge_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parse, "LIMIT_BYTES", 100_000)
    for bomb in (gzip.compress(b" " * 10_000_000), zipped(a=" " * 10_000_000)):
        assert len(bomb) < 100_000
        assert "too much for one patient" in refusal(bomb)


# ---- other releases that look like R4


@pytest.mark.parametrize(
    ("part", "seen"),
    [
        (
            resource("QuestionnaireResponse", questionnaire={"reference": "Questionnaire/1"}, status="completed"),
            "QuestionnaireResponse.questionnaire as a reference",
        ),
        (resource("Observation", status="final", context={"reference": "Encounter/1"}), "Observation.context"),
        (resource("Condition", assertedDate="2020-01-01"), "Condition.assertedDate"),
        (
            resource(
                "Observation", status="final", category=[concept("http://hl7.org/fhir/observation-category", "survey")]
            ),
            "the code system «http://hl7.org/fhir/observation-category»",
        ),
    ],
)
def test_stu3_that_looks_like_r4_is_refused_by_name(part: Json, seen: str) -> None:
    assert f"FHIR DSTU2 or STU3 ({seen}" in refusal(json.dumps(bundle(part)))


def test_an_old_address_of_a_code_system_in_r4_does_no_harm() -> None:
    old = person(maritalStatus=concept("http://hl7.org/fhir/v3/MaritalStatus", "M"))
    assert holds_all(opened(bundle(old, GABAPENTIN, DIABETES)))


# ---- the same resource twice, or on two servers


def at(server: str, one: Json) -> Json:
    return {"fullUrl": f"https://{server}/fhir/{one['resourceType']}/{one['id']}", "resource": one}


def test_the_same_id_on_two_servers_is_two_resources() -> None:
    duloxetine = request("duloxetine 60 MG Oral Capsule", "active") | {"id": "m"}
    whole = {
        "resourceType": "Bundle",
        "entry": [{"resource": person()}, at("a.org", GABAPENTIN), at("b.org", duloxetine)],
    }
    assert {one.drug for one in opened(whole).patient.medications} == {"gabapentin", "duloxetine"}


def test_a_reference_is_followed_on_its_own_server() -> None:
    products = [resource("Medication", "7", code=concept(RXNORM, "", name)) for name in ("gabapentin", "duloxetine")]
    order = resource(
        "MedicationRequest", "1", status="active", intent="order", medicationReference={"reference": "Medication/7"}
    )
    whole = {
        "resourceType": "Bundle",
        "entry": [{"resource": person()}, at("a.org", products[0]), at("b.org", products[1]), at("b.org", order)],
    }
    assert [one.drug for one in opened(whole).patient.medications] == ["duloxetine"]


def test_two_versions_of_unknown_age_are_named() -> None:
    other = {**DIABETES, "verificationStatus": {"coding": [{"code": "refuted"}]}}
    assert "here twice with different content" in " | ".join(opened(bundle(DIABETES, other)).lines())
    assert opened(bundle(DIABETES, dict(DIABETES))).problems == ()
