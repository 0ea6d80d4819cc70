"""`unwound windup` as it is typed."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from terminal import unwound

from unwound import mechanism
from unwound.pharmacology import effects
from unwound.terms import Drug

SHORT = ("--seeds", "3", "--stimuli", "4")
KEYS = {
    "spikes_per_stimulus", "input", "windup", "post_discharge", "ketamine_block", "version", "data_fingerprint",
    "own_fingerprint", "seeds", "conditions", "sources", "is", "low", "high", "ketamine_um", "at_most_free",
    "cell_as_it_is", "late_window_ms",
}  # fmt: skip


def answered(*words: str) -> dict[str, Any]:
    result = unwound("windup", *SHORT, *words, "--json")
    assert result.returncode == 0, result.stderr
    object: dict[str, Any] = json.loads(result.stdout)
    return object


def refused(*words: str) -> str:
    result = unwound("windup", *words)
    assert result.returncode == 2
    assert result.stdout == ""
    return result.stderr.strip()


def test_its_json_has_stable_keys_and_what_it_rests_on() -> None:
    object = answered("--ketamine-um", "3")
    assert set(object) == KEYS
    assert object["is"] == "A model, not anybody's spinal cord."
    assert len(object["data_fingerprint"]) == 64
    assert object["at_most_free"] is None


def test_it_says_what_python_says() -> None:
    asked = mechanism.windup(ketamine_um=3.0, injury=True, seeds=3, stimuli=4)
    object = answered("--ketamine-um", "3", "--injury")
    assert object["windup"] == pytest.approx(asked.windup, abs=0.001)
    assert object["spikes_per_stimulus"] == pytest.approx(asked.spikes_per_stimulus, abs=0.001)
    assert object["ketamine_block"] == pytest.approx(asked.ketamine_block, abs=0.0001)


def test_a_protocol_gives_what_is_free_in_its_plasma_at_both_ends_of_the_free_share() -> None:
    object = answered("--protocol", "crps_ketamine_5_days", "--at-h", "96", "--weight-kg", "70")
    most = object["at_most_free"]
    assert most["ketamine_um"] / object["ketamine_um"] == pytest.approx(0.9 / 0.53, rel=0.001)
    assert 0.1 < object["ketamine_um"] < 2
    assert object["ketamine_block"] < most["ketamine_block"]


def test_before_its_first_dose_a_protocol_gives_nothing() -> None:
    object = answered("--protocol", "ketamine_40_min", "--at-h", "0", "--weight-kg", "70")
    assert object["ketamine_um"] == 0
    assert object["windup"] == object["cell_as_it_is"]["windup"]


def test_free_esketamine_counts_by_its_strength() -> None:
    racemic, _, most = effects.free_racemic_um(np.array([237.73]), Drug.RACEMIC)
    assert racemic.item() == pytest.approx(0.53)
    assert most.item() == pytest.approx(0.9)
    esketamine, _, _ = effects.free_racemic_um(np.array([237.73]), Drug.ESKETAMINE)
    assert esketamine.item() == pytest.approx(0.53 * 0.494 / 0.3)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--frequency-hz", "0"), "from 0.05 to 2 Hz"),
        (("--stimuli", "101"), "from 2 to 100"),
        (("--nmda", "1.2"), "from 0 to 1"),
        (("--opioid-release", "-0.1"), "from 0 to 1"),
        (("--ketamine-um", "nan"), "from 0 to 100 umol/L"),
        (("--seeds", "0"), "from 1 to 1000"),
        (("--protocol", "ketamine_40_min"), "give --at-h"),
        (("--protocol", "ketamine_40_min", "--at-h", "1"), "never assumed: give --weight-kg"),
        (("--protocol", "ketamine_40_min", "--at-h", "-1", "--weight-kg", "70"), "an hour from 0 to"),
        (("--protocol", "ketamine_40_min", "--at-h", "nan", "--weight-kg", "70"), "an hour from 0 to"),
        (("--protocol", "nothing", "--at-h", "1", "--weight-kg", "70"), "there is no protocol «nothing»"),
        (("--protocol", "ketamine_40_min", "--at-h", "1", "--ketamine-um", "1"), "name the ketamine once"),
        (("--at-h", "1"), "belong to --protocol"),
        (("--plot", "windup.pdf"), "a picture ends in .svg, .png, .html"),
        (("--json", "--plot", "windup.svg"), "exclude each other"),
    ],
)
def test_what_cannot_be_answered_is_said_in_a_line(words: tuple[str, ...], says: str) -> None:
    line = refused(*words)
    assert says in line
    assert "\n" not in line


def test_it_draws_what_it_says(tmp_path: Path) -> None:
    result = unwound("windup", *SHORT, "--ketamine-um", "3", "--plot", tmp_path / "wound.svg")
    assert result.returncode == 0
    drawn = (tmp_path / "wound.svg").read_text(encoding="utf-8")
    assert "A model, not anybody&#x27;s spinal cord." in drawn
    assert "ketamine 3 µmol/L free" in drawn


def test_the_words_of_the_terminal_end_with_what_it_is_not() -> None:
    lines = unwound("windup", *SHORT, "--opioid-release", "0.65", "--opioid-relief").stdout.splitlines()
    assert lines[-1] == "A model, not anybody's spinal cord. Wind-up is not pain."
    assert any("lifted by firing (hypothesis)" in line for line in lines)


def test_nothing_changed_is_shown_once() -> None:
    assert unwound("windup", *SHORT).stdout.count("input ") == 1
