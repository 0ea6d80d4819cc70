"""The bundled examples load wherever the library is installed, and copying them spoils nothing of the reader's."""

from pathlib import Path
from typing import get_args

import pytest
from click.testing import CliRunner

from unwound import examples, pathway
from unwound.cli import commands
from unwound.record import UnwoundError


def test_every_example_loads_and_its_name_is_known_to_the_types() -> None:
    typed = [name for names in (examples.CaseName, examples.RecordName, examples.TableName) for name in get_args(names)]
    assert sorted(typed) == sorted(examples.names())
    for name in (*get_args(examples.CaseName), *get_args(examples.RecordName)):
        assert pathway.review(examples.load(name).patient).candidacy.because
    assert list(examples.load("two_people").courses) == ["ten-days", "washed-out"]


@pytest.mark.parametrize("name", ["nobody", "../pathway", 3, None])
def test_what_is_no_example_is_named_beside_all_that_are(name: object) -> None:
    with pytest.raises(UnwoundError, match="is not an example; there are crps_after_wrist_fracture, "):
        examples.load(name)  # type: ignore[call-overload]


def test_examples_are_copied_twice_and_never_over_a_file_of_the_reader(tmp_path: Path) -> None:
    there = examples.copy(tmp_path / "new")
    assert examples.copy(tmp_path / "new") == there
    assert sorted(one.stem for one in there) == sorted(examples.names())
    there[0].write_text("mine")
    there[-1].unlink()
    with pytest.raises(UnwoundError, match="another file is there already"):
        examples.copy(tmp_path / "new")
    assert there[0].read_text() == "mine"
    assert not there[-1].exists()


def test_a_table_comes_in_at_the_standard_input() -> None:
    file = examples.path("two_people")
    given = ["--model", "kamp_2020", "--until-h", "4", "--csv"]
    piped = CliRunner().invoke(commands, ["simulate", "--events", "-", *given], input=file.read_text())
    assert piped.output == CliRunner().invoke(commands, ["simulate", "--events", str(file), *given]).output
    assert piped.output.startswith("id,time_h,plasma_ng_per_ml")
