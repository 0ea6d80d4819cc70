"""A user's own folder of knowledge: read over ours, checked like ours, named in every result; never mixed with it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from unwound import catalogue, checking

UNWOUND = [sys.executable, "-c", "from unwound.cli import main; main()"]
EXAMPLE = "crps_after_wrist_fracture"
HEAD = 'title = "{title}"\nstatus = "draft"\nupdated = 2026-11-21\ndue = 2027-11-21\n'
SOURCE = HEAD.format(title="Rules of a synthetic hospital") + (
    'authors = "Testcase Hospital"\nyear = 2026\ndesign = "local-rule"\nchecked = "unchecked"\n'
    'summary = "Agreed at a meeting that never took place."\n'
)
CAUTION = (
    HEAD.format(title="Fast heart, says this hospital")
    + """
kind = "entry-check"
level = "ask"
reason = {{ text = "Ketamine quickens the heart.", source = "{source}", checked = "unchecked" }}
action = {{ text = "Take the pulse again after rest.", source = "testcase_hospital", checked = "unchecked" }}

[when]
fact = "heart_rate_per_min"
above = {{ value = 90, unit = "{unit}", source = "testcase_hospital", checked = "unchecked" }}

[[examples]]
name = "above it"
given = {{ heart_rate_per_min = 91 }}
expect = "{level}"

[[examples]]
name = "at it"
given = {{ heart_rate_per_min = 90 }}
expect = "absent"
"""
)


def put(folder: Path, place: str, text: str) -> Path:
    path = folder / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder with a source and a caution of its own."""
    folder = tmp_path / "our rules"
    put(folder, "evidence/testcase_hospital.toml", SOURCE)
    put(folder, "cautions/fast_heart_here.toml", CAUTION.format(unit="/min", source="testcase_hospital", level="ask"))
    return folder


def run(*words: object, env: str | None = None) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, because what was read once is kept."""
    clean = {name: value for name, value in os.environ.items() if name != catalogue.OWN}
    around = clean | ({} if env is None else {catalogue.OWN: env})
    return subprocess.run(
        [*UNWOUND, *map(str, words)], check=False, capture_output=True, text=True, env=around, timeout=120
    )


def python(script: str, env: str | None = None) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if name != catalogue.OWN}
    around = clean | ({} if env is None else {catalogue.OWN: env})
    return subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True, env=around)


def example() -> Path:
    return Path(catalogue.__file__).parent / "examples" / f"{EXAMPLE}.toml"


def reviewed(*words: object, env: str | None = None) -> dict[str, object]:
    done = run(*words, "review", "--json", example(), env=env)
    assert done.returncode == 0, done.stderr
    result: dict[str, object] = json.loads(done.stdout)
    return result


def test_without_a_folder_nothing_of_one_is_named() -> None:
    result = reviewed()
    assert (result["data_fingerprint"], result["own_fingerprint"]) == (catalogue.fingerprint(), None)


@pytest.mark.thorough
def test_the_option_and_the_environment_name_the_same_folder_and_ours_keeps_its_fingerprint(own: Path) -> None:
    by_option, by_environment = reviewed("--knowledge", own), reviewed(env=str(own))
    assert by_option == by_environment
    assert by_option["data_fingerprint"] == catalogue.fingerprint()
    assert re.fullmatch(r"[0-9a-f]{64}", str(by_option["own_fingerprint"]))


def test_every_file_of_the_folder_counts_in_its_fingerprint_and_its_place_does_not(own: Path, tmp_path: Path) -> None:
    def fingerprint(folder: Path) -> str:
        return catalogue._read_own(folder).fingerprint

    before = fingerprint(own)
    moved = own.rename(tmp_path / "elsewhere")
    assert fingerprint(moved) == before
    with (moved / "evidence/testcase_hospital.toml").open("a") as file:
        file.write("# a word\n")
    assert fingerprint(moved) != before


@pytest.mark.thorough
def test_a_caution_that_is_added_is_found_in_patients_and_cited_by_its_own_source(own: Path) -> None:
    case = example().read_text("utf-8")
    fast = own.parent / "fast.toml"
    assert case.count("heart_rate_per_min = { value = 76,") == 1
    fast.write_text(
        case.replace("heart_rate_per_min = { value = 76,", "heart_rate_per_min = { value = 95,"), encoding="utf-8"
    )
    done = run("--knowledge", own, "review", "--json", fast)
    (finding,) = [each for each in json.loads(done.stdout)["findings"] if each["id"] == "fast_heart_here"]
    assert (finding["level"], finding["sources"]) == ("ask", ["testcase_hospital"])
    text = run("--knowledge", own, "review", fast).stdout
    assert "own knowledge" in text
    assert "fast_heart_here" not in run("review", "--json", fast).stdout


@pytest.mark.thorough
def test_a_file_of_the_same_kind_and_name_stands_in_place_of_ours_whole(own: Path) -> None:
    ours = (catalogue.DATA / "therapies/gabapentin.toml").read_text("utf-8")
    title = re.search(r'^title\s*= "(.*)"', ours)
    assert title
    put(own, "therapies/gabapentin.toml", ours.replace(title[1], "Gabapentin as we give it", 1))
    said = python(f"import unwound; unwound.use_knowledge({str(own)!r}); t = unwound.therapies.therapies(); "
                  "print(t['gabapentin'].title, '|', t['pregabalin'].title)")  # fmt: skip
    assert said.stdout.strip() == "Gabapentin as we give it | Pregabalin"
    checked = run("check-knowledge", own)
    assert checked.returncode == 0, checked.stdout
    assert "therapies/gabapentin.toml: in place of ours" in checked.stdout
    assert "cautions/fast_heart_here.toml: added" in checked.stdout


def test_it_is_chosen_before_anything_is_read_and_only_once(own: Path, tmp_path: Path) -> None:
    late = python(f"import unwound; unwound.cautions.cautions(); unwound.use_knowledge({str(own)!r})")
    assert "knowledge was already read without a folder of your own" in late.stderr
    assert catalogue.OWN in late.stderr
    twice = python(
        f"import unwound; unwound.use_knowledge({str(own)!r}); unwound.cautions.cautions(); "
        f"unwound.use_knowledge({str(own)!r}); print('the same again is no other'); "
        f"unwound.use_knowledge({str(tmp_path)!r})"
    )
    assert "the same again is no other" in twice.stdout
    assert f"already read with {own}" in twice.stderr


def test_a_process_that_is_started_from_this_one_reads_the_same_folder(own: Path) -> None:
    script = (
        f"import subprocess, sys, unwound; unwound.use_knowledge({str(own)!r}); "
        "print(subprocess.run([sys.executable, '-c', 'from unwound import catalogue; "
        "print(catalogue.own().fingerprint)'], capture_output=True, text=True).stdout, end=''); "
        "from unwound import catalogue; print(catalogue.own().fingerprint)"
    )
    first, second = python(script).stdout.split()
    assert first == second


def test_a_change_on_the_disk_after_the_first_reading_mixes_with_nothing(own: Path) -> None:
    place = own / "cautions/fast_heart_here.toml"
    script = (
        f"import unwound; from pathlib import Path; unwound.use_knowledge({str(own)!r}); "
        "from unwound import catalogue; "
        f"before = catalogue.own().fingerprint; Path({str(place)!r}).write_text('torn ='); "
        "print(unwound.cautions.cautions()['fast_heart_here'].title, before == catalogue.own().fingerprint)"
    )
    assert python(script).stdout.strip() == "Fast heart, says this hospital True"


@pytest.mark.parametrize(
    ("place", "text", "says"),
    [
        ("caution/x.toml", "", "near it: cautions"),
        ("x.toml", "", "a folder named for its kind"),
        ("cautions/deeper/x.toml", "", "a folder named for its kind"),
        ("cautions/x.TOML", "", "ends in .toml"),
        ("cautions/fast heart.toml", "", "named in letters, digits and _"),
        ("rules/our_rule.toml", "", "a rule can only stand in place of one of ours"),
    ],
)
def test_what_would_be_left_out_in_silence_is_refused_by_its_place(own: Path, place: str, text: str, says: str) -> None:
    path = put(own, place, text)
    done = run("--knowledge", own, "review", example())
    assert done.returncode == 2
    assert str(path) in done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.thorough
@pytest.mark.parametrize(("name", "says"), [("nowhere", "no such folder"), ("empty", "holds no file of knowledge")])
def test_a_folder_that_is_none_is_refused(tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / "empty").mkdir()
    for done in (run("--knowledge", tmp_path / name, "due"), run("due", env=str(tmp_path / name))):
        assert done.returncode == 2
        assert says in done.stderr


GOOD = {"unit": "/min", "source": "testcase_hospital", "level": "ask"}


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"unit": "mmHg"}, "when", "«heart_rate_per_min» is in /min, not in mmHg"),
        ({"source": "no_such_paper"}, "reason.source", "there is no evidence/no_such_paper.toml, ours or yours"),
        ({"level": "stop"}, "examples.0 «above it»", "the file says stop, but it is ask"),
    ],
)
def test_what_is_wrong_in_a_file_is_named_by_file_and_field(
    own: Path, change: dict[str, str], field: str, says: str
) -> None:
    path = put(own, "cautions/fast_heart_here.toml", CAUTION.format(**(GOOD | change)))
    done = run("check-knowledge", own)
    assert done.returncode == 1
    (line,) = [line for line in done.stdout.splitlines() if line.startswith(f"{path}: {field}")]
    assert says in line


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('level = "ask"', 'level = "perhaps"', "level:"),
        *(
            pytest.param(*change, marks=pytest.mark.thorough)
            for change in (
                ('level = "ask"\n', 'level = "ask"\ncolour = "red"\n', "colour:"),
                ("due = 2027-11-21", "due = 2026-11-21", "does not follow updated"),
                ('checked = "unchecked" }\naction', 'checked = "read" }\naction', "reason.checked:"),
                ('status = "draft"', 'status = "reviewed"', "needs a reviewer"),
                ("heart_rate_per_min = 91", "no_such_fact = 91", "examples.0"),
                ('fact = "heart_rate_per_min"', 'fact = "no_such_fact"', "there is no fact «no_such_fact»"),
                ("title = ", "title ", "not readable as TOML"),
            )
        ),
    ],
)
def test_each_check_of_ours_is_made_of_a_users_file(own: Path, old: str, new: str, says: str) -> None:
    text = CAUTION.format(**GOOD)
    assert old in text
    path = put(own, "cautions/fast_heart_here.toml", text.replace(old, new, 1))
    done = run("check-knowledge", own)
    assert done.returncode == 1, done.stdout + done.stderr
    assert any(line.startswith(f"{path}: ") and says in line for line in done.stdout.splitlines()), done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.thorough
def test_a_file_of_ours_that_fails_beside_theirs_is_named(own: Path) -> None:
    """Their vocabulary lacks a fact that a condition of ours asks for."""
    ours = (catalogue.DATA / "facts/pelvis.toml").read_text("utf-8")
    assert ours.count("pain_worse_sitting = ") == 1
    put(own, "facts/pelvis.toml", ours.replace("pain_worse_sitting = ", "pain_worse_on_a_chair = "))
    done = run("check-knowledge", own)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "conditions/pudendal_neuralgia.toml: " in done.stdout
    assert "there is no fact «pain_worse_sitting»" in done.stdout


def test_the_name_of_a_file_is_ours_by_kind_and_theirs_by_its_path() -> None:
    assert catalogue.name("cautions", "aneurysm") == "cautions/aneurysm.toml"
    assert checking.faults("cautions", "aneurysm") == ()
    assert "nothing reads such a file" in str(checking.faults("rules", "no_such_rule")[0])
