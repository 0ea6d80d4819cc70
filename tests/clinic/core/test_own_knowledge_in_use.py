"""The clinic's own knowledge: checked and signed before it is used; a fault takes nothing down, and is said."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from in_session import infusing
from small_clinic import House

from unwound import catalogue
from unwound_clinic.core import own_knowledge
from unwound_clinic.core.own_knowledge import Loosened, State
from unwound_clinic.models import AuditEvent, Consent, Decision, KnowledgeSignature, Plan
from unwound_clinic.operations import settling

CEILING = "ceilings/esketamine.toml"
OURS = (catalogue.DATA / CEILING).read_text("utf-8")
LOOSER = OURS.replace("limit = { value = 0.2, ", "limit = { value = 0.3, ").replace("most = 16", "most = 24")
LOOSER_STILL = OURS.replace("limit = { value = 0.2, ", "limit = { value = 0.4, ").replace("most = 16", "most = 32")
TIGHTER = OURS.replace("limit = { value = 0.2, ", "limit = { value = 0.1, ").replace("most = 16", "most = 8")
BROKEN = OURS.replace("limit = { value = 0.2, ", "limit = { value = , ")
WRONG = OURS.replace("most = 16", "most = 17")
"""Readable, and its own example does not come out."""
PASSWORD = {"password": "correct horse battery"}


@pytest.fixture
def put(tmp_path: Path, settings: object, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Writes the ceiling of this clinic into its folder."""
    settings.DATA = tmp_path  # type: ignore[attr-defined]
    monkeypatch.delenv("UNWOUND_OWN_FOLDER", raising=False)
    monkeypatch.setattr(settling, "use", lambda state: None)

    def write(text: str, place: str = CEILING) -> Path:
        path = tmp_path / "knowledge" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


def used(tmp_path: Path, state: State) -> str:
    """The ceiling in the copy that is used; empty where only ours is."""
    place = tmp_path / "knowledge-in-force" / state.fingerprint / CEILING
    return place.read_text("utf-8") if state.fingerprint and place.exists() else ""


def sign(house: House, role: str = "physician", **changes: str) -> object:
    file = own_knowledge.drafted()[0]
    data = {"reason": "Agreed by the pain board.", "digest": own_knowledge.digest(file.content), **PASSWORD, **changes}
    return house.client(role).post("/own-knowledge/ceilings/esketamine/", data)


@pytest.mark.usefixtures("db")
def test_without_a_folder_all_is_as_built_in(put: object) -> None:
    assert settling.settle() == State()


@pytest.mark.usefixtures("db")
def test_what_is_tighter_is_used_at_once(put: Callable[[str], Path], tmp_path: Path) -> None:
    put(TIGHTER)
    state = settling.settle()
    assert (used(tmp_path, state), state.trouble, state.loosened) == (TIGHTER, "", ())


@pytest.mark.thorough
@pytest.mark.parametrize("broken", [BROKEN, WRONG])
@pytest.mark.usefixtures("db")
def test_a_fault_leaves_the_last_good_state_in_force(put: Callable[[str], Path], tmp_path: Path, broken: str) -> None:
    put(broken)
    first = settling.settle()
    assert (used(tmp_path, first), first.source) == ("", "what is built in")
    assert "ceilings/esketamine.toml" in first.trouble
    assert "what is built in is used" in first.trouble
    put(TIGHTER)
    settling.settle()
    put(broken)
    for _ in range(2):  # and at the start after that
        then = settling.settle()
        assert (used(tmp_path, then), then.source) == (TIGHTER, "the last good state")
        assert then.faults == first.faults


@pytest.mark.usefixtures("db")
def test_a_folder_that_vanished_is_a_fault_and_an_empty_one_is_not(put: Callable[[str], Path], tmp_path: Path) -> None:
    place = put(TIGHTER)
    settling.settle()
    place.parent.parent.rename(tmp_path / "elsewhere")
    gone = settling.settle()
    assert "no longer there" in gone.trouble
    assert used(tmp_path, gone) == TIGHTER
    (tmp_path / "knowledge").mkdir()
    assert settling.settle() == State(source="the folder")


@pytest.mark.parametrize(
    "place", ["notes.toml", "ceiling/esketamine.toml", "rules/no_such_rule.toml", "ceilings/a-b.toml"]
)
@pytest.mark.usefixtures("db")
def test_a_file_in_no_place_is_said(put: Callable[..., Path], tmp_path: Path, place: str) -> None:
    put(TIGHTER, place)
    state = settling.settle()
    assert state.faults
    assert state.fingerprint == ""


@pytest.mark.thorough
def test_what_is_looser_waits_for_a_physician(house: House, put: Callable[[str], Path], tmp_path: Path) -> None:
    put(LOOSER)
    state = settling.settle()
    assert (used(tmp_path, state), state.left_out) == ("", (CEILING,))
    assert "until a physician signs" in house.client("administrator").get("/people/").content.decode()
    assert "until a physician signs" in house.client("physician").get("/patients/").content.decode()
    assert "until a physician signs" not in house.client("nurse").get("/patients/").content.decode()
    page = " ".join(house.client("administrator").get("/own-knowledge/").content.decode().split())
    assert "limits.running_trial.limit.value</td> <td>0.2</td> <td>0.3</td> <td><strong>looser" in page
    assert sign(house).status_code == 302  # type: ignore[attr-defined]
    assert (row := KnowledgeSignature.objects.get()).content == LOOSER
    assert row.changes[0]["own"] == "0.3"
    assert AuditEvent.objects.filter(action="knowledge.sign").count() == 1
    state = settling.settle()
    assert (used(tmp_path, state), state.trouble) == (LOOSER, "")
    for path in ("/patients/", "/sessions/"):
        assert "Agreed by the pain board." in house.client("nurse").get(path).content.decode()
    assert "Agreed by the pain board." not in house.client("physician").get("/mine/").content.decode()
    assert own_knowledge.loosened_by(state.fingerprint) == state.loosened


@pytest.mark.parametrize(
    ("role", "changes", "says"),
    [
        ("nurse", {}, "You do not have access"),
        ("administrator", {}, "You do not have access"),
        ("physician", {"password": "wrong"}, "not your password"),
        ("physician", {"reason": "because"}, "at least 10 characters"),
        ("physician", {"reason": ""}, "This has to be filled in"),
        ("physician", {"digest": "0" * 64}, "changed since it was shown"),
    ],
)
def test_nobody_else_and_nothing_less_signs(
    house: House, put: Callable[[str], Path], role: str, changes: dict[str, str], says: str
) -> None:
    put(LOOSER)
    assert says in sign(house, role, **changes).content.decode()  # type: ignore[attr-defined]
    assert not KnowledgeSignature.objects.exists()


def test_one_letter_more_needs_another_signature_and_the_signed_file_stays(
    house: House, put: Callable[[str], Path], tmp_path: Path
) -> None:
    put(LOOSER)
    sign(house)
    settling.settle()
    put(LOOSER_STILL)
    state = settling.settle()
    assert (used(tmp_path, state), state.left_out) == (LOOSER, (CEILING,))
    (row,) = KnowledgeSignature.objects.all()
    house.client("administrator").post(f"/own-knowledge/signatures/{row.pk}/", {"reason": "Not any more.", **PASSWORD})
    state = settling.settle()
    assert (used(tmp_path, state), state.left_out, state.loosened) == ("", (CEILING,), ())


def test_a_signature_ends_when_ours_changes(
    house: House, put: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(LOOSER)
    sign(house)
    assert own_knowledge.drafted()[0].signature is not None
    monkeypatch.setattr(own_knowledge, "ours", lambda kind, name: b"another")
    assert own_knowledge.drafted()[0].signature is None


@pytest.mark.thorough
def test_a_record_names_its_knowledge_and_who_answered_for_what_was_looser(
    house: House, put: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(LOOSER)
    sign(house)
    fingerprint = settling.settle().fingerprint
    monkeypatch.setattr(catalogue, "own", lambda: catalogue.Own(Path("/own"), {Path(CEILING): LOOSER.encode()}))
    assert catalogue.own().fingerprint == fingerprint
    row = infusing(house)
    consent, order = row.patient.consents.get(), row.plan
    rests_on = row.events.get(kind="start").content["rests_on"]
    assert rests_on["own_fingerprint"] == fingerprint
    Consent.objects.update(rests_on=rests_on)  # those of this session are made without their pages
    Plan.objects.update(own_fingerprint=fingerprint)
    Decision.objects.update(own_fingerprint=fingerprint)
    put(OURS)
    settling.settle()  # later the clinic is no longer looser: what rested on it still says so
    nurse, number = house.client("nurse"), row.patient_id
    for page in (
        f"/patients/{number}/consent/{consent.pk}/", f"/patients/{number}/decision/{order.decision_id}/",
        f"/patients/{number}/plan/{order.pk}/", f"/sessions/{row.pk}/record/",
    ):  # fmt: skip
        text = nurse.get(page).content.decode()
        assert fingerprint[:12] in text, page
        assert "Test Physician signed for it" in text, page


@pytest.mark.parametrize(
    ("kind", "path", "shown"),
    [
        ("ceilings", "/patients/1/plan/", True),
        ("ceilings", "/sessions/1/", True),
        ("ceilings", "/i/token/", False),
        ("vital_signs", "/board/", True),
        ("vital_signs", "/patients/1/letters/", False),
        ("consent", "/c/token/", True),
        ("consent", "/patients/1/consent/", True),
        ("intake", "/i/token/", True),
        ("a_new_kind", "/patients/1/", True),
        ("ceilings", "/mine/", False),
    ],
)
def test_what_is_looser_stands_on_the_pages_that_rest_on_it(kind: str, path: str, shown: bool) -> None:
    row = Loosened(kind=kind, name="x", title="x", by="Dr Testcase", on="1 Nov 2026", reason="agreed")
    assert bool(own_knowledge.loosened_on(path, [row])) == shown


@pytest.mark.thorough
@pytest.mark.usefixtures("db")
def test_a_copy_that_was_changed_by_hand_is_not_the_last_good_state(put: Callable[[str], Path], tmp_path: Path) -> None:
    put(TIGHTER)
    state = settling.settle()
    (tmp_path / "knowledge-in-force" / state.fingerprint / CEILING).write_text(LOOSER_STILL, "utf-8")
    put(BROKEN)
    assert settling.settle().source == "what is built in"


STARTED = """
import sys
from pathlib import Path
from unwound_clinic.commands.clinic import set_up
set_up(Path(sys.argv[1]), begin=True)
from unwound import catalogue
from unwound.protocols import knowledge
print(catalogue.own().fingerprint[:16] or "none", knowledge.ceilings("esketamine").limits["running_trial"].limit.value)
"""


@pytest.mark.thorough
def test_a_clinic_starts_whatever_its_folder_holds(tmp_path: Path) -> None:
    """First on a good folder, then on the same with a fault: the second start keeps what the first one used."""
    folder, clinic = tmp_path / "rules of ours", tmp_path / "clinic"
    (folder / "ceilings").mkdir(parents=True)
    env = {**os.environ, "UNWOUND_KNOWLEDGE": str(folder)}
    env.pop("DJANGO_SETTINGS_MODULE", None)
    ends = []
    for text, says in ((TIGHTER, ""), (BROKEN, "the last good state is used")):
        (folder / CEILING).write_text(text, "utf-8")
        done = subprocess.run(
            [sys.executable, "-c", STARTED, str(clinic)], env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert says in done.stderr
        ends.append(done.stdout.split())
    assert ends[0] == ends[1]
    assert ends[0][1] == "0.1"
    kept = json.loads((clinic / "knowledge-in-force" / "state.json").read_text("utf-8"))
    assert kept["fingerprint"].startswith(ends[0][0])
