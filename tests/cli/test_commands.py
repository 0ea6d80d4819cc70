"""The command as a person meets it: what is printed, what is written, and what a mistake looks like."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from terminal import unwound

EXAMPLES = Path(__file__).parents[2] / "unwound" / "examples"
CRPS = EXAMPLES / "crps_after_wrist_fracture.toml"
BUNDLE = EXAMPLES / "nerve_injury_after_thoracotomy.json"


def test_a_case_is_reviewed_for_the_eye() -> None:
    done = unwound("review", CRPS)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) <= 45
    assert "Ask first" in done.stdout
    listed = unwound("review", "--sources", CRPS).stdout
    assert listed.startswith(done.stdout)
    assert "\n1. " in listed
    full = unwound("review", "--full", CRPS).stdout
    assert "Missing information" in full
    assert "Sources" in full


def test_full_and_sources_are_for_the_terminal_only() -> None:
    for option in ("--full", "--sources"):
        done = unwound("review", option, "--json", CRPS)
        assert done.returncode == 2
        assert "are for the terminal" in done.stderr


def test_one_file_gives_one_object_and_several_give_a_list_in_their_order() -> None:
    one = json.loads(unwound("review", "--json", CRPS).stdout)
    assert one["patient"]["name"] == "Testcase Wren"
    several = json.loads(unwound("review", "--json", "--as-of", "2026-11-21", BUNDLE, CRPS).stdout)
    assert [found["patient"]["name"] for found in several][1] == "Testcase Wren"
    assert several[0]["patient"]["as_of"] == "2026-11-21"
    assert several[1] == one


def test_a_page_is_written_whole_and_a_folder_of_pages_for_several(tmp_path: Path) -> None:
    assert unwound("review", "--html", tmp_path / "one.html", CRPS).returncode == 0
    assert (tmp_path / "one.html").read_text("utf-8").rstrip().endswith("</html>")
    twice = tmp_path / "copy"
    twice.mkdir()
    same = twice / CRPS.name
    same.write_bytes(CRPS.read_bytes())
    assert unwound("review", "--html", tmp_path / "many", CRPS, same, BUNDLE).returncode == 0
    names = {path.name for path in (tmp_path / "many").iterdir()}
    assert names == {f"{CRPS.stem}.html", f"{CRPS.stem}-2.html", f"{BUNDLE.stem}.html"}


def test_one_bad_file_is_told_and_the_others_are_still_reviewed(tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text("{")
    done = unwound("review", "--json", bad, CRPS)
    assert done.returncode == 2
    assert "bad.json" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(json.loads(done.stdout)) == 1


BAD: dict[str, bytes] = {
    "empty.json": b"",
    "text.json": b"not json at all",
    "list.json": b"[]",
    "null.json": b"null",
    "resource.json": b'{"resourceType": "Patient"}',
    "no_entries.json": b'{"resourceType": "Bundle", "type": "collection"}',
    "deep.json": b"[" * 100_000,
    "latin.json": b'{"resourceType": "Bundle", "x": "\xe9"}',
    "dstu2.json": b'{"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "MedicationOrder"}}]}',
    "empty.toml": b"",
    "broken.toml": b"title = ",
    "wrong_fact.toml": b'title = "x"\nas_of = 2026-01-01\n[facts]\npregnent = true\n',
    "wrong_value.toml": b'title = "x"\nas_of = 2026-01-01\n[facts]\npregnant = "perhaps"\n',
    "nul.toml": b"title = \x00",
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_cannot_be_used_is_named_with_the_reason_and_no_traceback(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(BAD[name])
    done = unwound("review", name, cwd=tmp_path)
    assert done.returncode == 2
    assert name in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_record_under_the_wrong_ending_is_told_what_it_was_taken_for(tmp_path: Path) -> None:
    (tmp_path / "bundle.toml").write_bytes(BUNDLE.read_bytes())
    (tmp_path / "case.json").write_bytes(CRPS.read_bytes())
    assert "a FHIR bundle ends in .json" in unwound("review", "bundle.toml", cwd=tmp_path).stderr
    assert "not readable as JSON, which a FHIR bundle is" in unwound("review", "case.json", cwd=tmp_path).stderr


def test_missing_files_and_folders_are_named(tmp_path: Path) -> None:
    for path in (tmp_path / "nobody.toml", tmp_path):
        done = unwound("review", path)
        assert done.returncode == 2
        assert str(path) in done.stderr
        assert "Traceback" not in done.stderr


def test_a_folder_and_files_together_are_one_record(tmp_path: Path) -> None:
    resources = [entry["resource"] for entry in json.loads(BUNDLE.read_text())["entry"]]
    for part in resources:
        with (tmp_path / f"{part['resourceType']}.ndjson").open("a") as file:
            file.write(json.dumps(part) + "\n")
    files = sorted(tmp_path.iterdir())
    assert len(files) > 5
    day = ("review", "--json", "--as-of", "2026-11-21")
    whole = json.loads(unwound(*day, BUNDLE).stdout)
    assert whole["record"]["missing"] == []
    assert len(whole["unread"]) > 4
    for arguments in ((*day, tmp_path), (*day, "--together", *files)):
        read = json.loads(unwound(*arguments).stdout)
        assert {**read, "record": None, "unread": None} == {**whole, "record": None, "unread": None}
        assert read["record"]["counts"] == whole["record"]["counts"]


def test_the_top_of_a_report_says_that_part_of_the_record_is_missing(tmp_path: Path) -> None:
    half = json.loads(BUNDLE.read_text()) | {"type": "searchset", "total": 500}
    (tmp_path / "half.json").write_text(json.dumps(half))
    screen = unwound("review", "half.json", cwd=tmp_path).stdout
    assert screen.index("Part of the record is missing: the search found 500") < screen.index("Condition:")
    assert "Of the record: 5 things to check; not used: 2 diagnoses" in " ".join(screen.split())


def test_an_enormous_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    huge = tmp_path / "huge.json"
    with huge.open("wb") as hollow:
        hollow.truncate(5_000_000_000)
    done = unwound("review", huge)
    assert done.returncode == 2
    assert "huge.json: 5,000,000,000 bytes is more than a record of one patient" in done.stderr


def test_a_page_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = unwound("review", "--html", tmp_path / "file" / "page.html", CRPS)
    assert done.returncode == 2
    assert "cannot be written" in done.stderr


def test_a_page_never_takes_the_place_of_a_record_or_of_a_device(tmp_path: Path) -> None:
    record = tmp_path / "record.toml"
    record.write_bytes(CRPS.read_bytes())
    done = unwound("review", "--html", record, record)
    assert done.returncode == 2
    assert "is one of the records" in done.stderr
    assert record.read_bytes() == CRPS.read_bytes()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    done = unwound("review", "--html", pipe, CRPS)
    assert done.returncode == 2
    assert "not an ordinary file" in done.stderr
    assert pipe.is_fifo()


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="this system has no /dev/full")
@pytest.mark.parametrize("arguments", [("review", CRPS), ("review", "--json", CRPS), ("due",)])
def test_a_full_disk_is_told_and_no_traceback(arguments: tuple[str | Path, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-c", "from unwound.cli import main; main()", *map(str, arguments)]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=120)
    assert done.returncode == 2
    assert done.stderr.startswith("unwound: the system refused")


def test_wrong_use_is_explained() -> None:
    for arguments in (["review"], ["review", "--json", "--html", "x", str(CRPS)], ["revue"], ["schema", "patient"]):
        done = unwound(*arguments)
        assert done.returncode == 2
        assert re.fullmatch(r"unwound[ a-z]*: .+ \(unwound[ a-z]* --help says what it takes\)\n", done.stderr)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("due --on 21.11.2026", "«21.11.2026» is not a day: write year, month and day as 2026-11-21"),
        ("plan ketamine_40_min --start tomorrow", "«tomorrow» is not a day: write year, month and day as 2026-11-21"),
        ("plan ketamine_40_min --weight-kg seventy", "'seventy' is not a number"),
        ("simulate --population ten", "'ten' is not a whole number"),
        ("serve --port usual", "'usual' is not a whole number"),
    ],
)
def test_letters_where_a_number_or_a_day_belongs_are_told_in_plain_words(arguments: str, said: str) -> None:
    done = unwound(*arguments.split())
    assert done.returncode == 2
    assert f": {said} (" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_cite_tells_of_sources_and_of_what_rests_on_them() -> None:
    study = unwound("cite", "cohen_2018")
    assert study.returncode == 0, study.stderr
    assert "2018" in study.stdout
    assert "condition crps_1" in " ".join(study.stdout.split())
    assert "cohen_2018" in unwound("cite", "crps_1").stdout
    unknown = unwound("cite", "cohen_2081")
    assert unknown.returncode == 2
    assert "cohen_2018" in unknown.stderr


def test_assumptions_are_listed_and_counted() -> None:
    listed = json.loads(unwound("assumptions", "--json").stdout)["assumptions"]
    assert {one["checked"] for one in listed} == {"secondary", "other-use", "unchecked"}
    assert {"file", "field", "says", "source", "checked"} == set(listed[0])
    printed = unwound("assumptions").stdout
    ours = sum(one["source"] == "unwound_local" for one in listed)
    to_read = sum(one["checked"] == "unchecked" and one["source"] != "unwound_local" for one in listed)
    assert f"{to_read} still to be read at any source" in printed
    assert f"{ours} our own local rules" in printed
    assert "class memberships" in printed


def test_the_numbers_that_decide_are_counted_by_how_well_they_were_read() -> None:
    printed = unwound("assumptions", "--deciding").stdout
    total = next(line for line in printed.splitlines() if line.startswith("all"))
    primary, secondary, other, unread, ours, whole = (int(part.split()[0]) for part in re.split(r"\s{2,}", total)[1:])
    assert primary + secondary + other + unread + ours == whole > 400
    assert other > 10


def test_what_is_due_depends_on_the_day() -> None:
    assert "Nothing is due on 2026-11-22" in unwound("due", "--on", "2026-11-22").stdout
    assert "conditions/crps_1.toml" in unwound("due", "--on", "2027-11-22").stdout


def test_the_schema_of_a_case_knows_every_fact() -> None:
    schema = json.loads(unwound("schema", "case").stdout)
    assert "pain_average_nrs" in json.dumps(schema)


def test_the_examples_command_reviews_every_example() -> None:
    done = unwound("examples")
    assert done.returncode == 0, done.stderr
    for name in ("Testcase Wren", "Testcase Heron"):
        assert name in done.stdout


def test_a_reader_that_has_enough_is_no_error() -> None:
    command = f'"{sys.executable}" -c "from unwound.cli import main; main()" assumptions | head -1'
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, timeout=120)
    assert done.stderr == ""
