"""A change of own knowledge is used without a new start: looked for, settled apart, met by new processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from unwound import catalogue
from unwound_clinic.commands.beside import Companion
from unwound_clinic.core import own_knowledge
from unwound_clinic.operations import renewal

CEILING = (catalogue.DATA / "ceilings/esketamine.toml").read_text("utf-8")
TIGHTER = CEILING.replace("limit = { value = 0.2, ", "limit = { value = 0.1, ").replace("most = 16", "most = 8")


@pytest.fixture
def folder(tmp_path: Path, settings: object, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The clinic's folder of own knowledge, with one file."""
    settings.DATA = tmp_path  # type: ignore[attr-defined]
    monkeypatch.delenv("UNWOUND_OWN_FOLDER", raising=False)
    place = tmp_path / "knowledge" / "ceilings"
    place.mkdir(parents=True)
    (place / "esketamine.toml").write_text(TIGHTER, "utf-8")
    return place


@pytest.mark.one_database
@pytest.mark.usefixtures("db")
def test_what_changed_is_settled_once_it_rests_and_a_failure_is_tried_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[float | Exception | None] = [3.0, renewal.NotSettled("the database is away"), None]
    replaced: list[float] = []

    def settled() -> float | None:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(renewal, "settle_apart", settled)
    seen = renewal.Renewal(replaced.append)
    assert not seen.look()
    (folder / "esketamine.toml").write_text(CEILING, "utf-8")
    assert not seen.look(), "an editor may still be writing"
    assert seen.look()
    assert replaced == [3.0]
    assert not seen.look(), "once for each change"
    (folder / "esketamine.toml").unlink()
    seen.look()
    with pytest.raises(renewal.NotSettled):
        seen.look()
    assert not seen.look(), "not again at once"
    monkeypatch.setattr(renewal, "AGAIN_S", 0.0)
    seen._not_before = 0.0
    assert seen.look()
    assert (answers, replaced) == ([], [3.0])


@pytest.mark.one_database
@pytest.mark.usefixtures("db")
def test_what_is_settled_now_is_said_by_a_process_that_still_uses_the_older(folder: Path) -> None:
    place = folder.parents[1] / "knowledge-in-force"
    place.mkdir()
    written = '{"fingerprint": "%s", "source": "the folder", "faults": [%s], "left_out": [], "loosened": []}'
    (place / "state.json").write_text(written % ("", '"x.toml: wrong"'), "utf-8")
    assert "x.toml: wrong" in own_knowledge.state().trouble
    assert own_knowledge.is_used_here()
    (place / "state.json").write_text(written % ("abc", ""), "utf-8")
    assert own_knowledge.state().trouble == ""
    assert not own_knowledge.is_used_here()


def test_the_companion_is_replaced_and_ends_with_its_server(tmp_path: Path) -> None:
    log = tmp_path / "log"
    code = f"import os, sys; open({str(log)!r}, 'a').write(f'{{os.getpid()}}\\n'); sys.stdin.buffer.read()"
    one = Companion(code)
    one.start()

    def begun(number: int) -> list[int]:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            lines = log.read_text().split() if log.exists() else []
            if len(lines) >= number:
                return [int(line) for line in lines]
            time.sleep(0.02)
        raise AssertionError("it did not begin")

    begun(1)
    one.replace()
    first, second = begun(2)
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)
    one.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(second, 0)
    assert len(begun(2)) == 2


RENEWED = """
import os, sys
from pathlib import Path
from unwound_clinic.commands.clinic import set_up
data = Path(sys.argv[1])
set_up(data, begin=True)
from unwound_clinic.operations import renewal
took = []
seen = renewal.Renewal(took.append)
place = data / "knowledge" / "ceilings" / "esketamine.toml"
place.parent.mkdir(parents=True)
for text in Path(sys.argv[2]).read_text("utf-8").split("-----"):
    place.write_text(text, encoding="utf-8")
    seen.look(), seen.look()
    print(len(took), os.environ.get("UNWOUND_KNOWLEDGE", "")[-8:] or "none")
"""


@pytest.mark.slow
def test_a_tighter_file_is_used_by_new_processes_and_a_wrong_one_by_none(tmp_path: Path) -> None:
    texts = tmp_path / "texts"
    texts.write_text("-----".join([TIGHTER, TIGHTER.replace("most = 8", "most = 9"), "limit = ", CEILING]), "utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("UNWOUND_")}
    done = subprocess.run(
        [sys.executable, "-c", RENEWED, str(tmp_path / "data"), str(texts)],
        env=environment, capture_output=True, text=True, timeout=600, check=True,
    )  # fmt: skip
    tighter, wrong, unreadable, ours = (line.split() for line in done.stdout.splitlines())
    assert tighter[0] == "1"
    assert tighter == wrong == unreadable, "the last good state is used further, and nothing is replaced"
    assert ours[0] == "2"
    assert ours[1] not in ("none", tighter[1])
