"""`./run test`: both databases are tested side by side, each failure counts, and what is said can be read."""

import sys
from contextlib import nullcontext
from pathlib import Path

import postgres
import pytest
import run_tests


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """A PostgreSQL that is not there, and with what arguments pytest is called; nothing is really run."""
    calls: list[list[str]] = []
    monkeypatch.setenv("UNWOUND_DATA", str(tmp_path))
    monkeypatch.setattr(postgres, "binaries", lambda: tmp_path)
    monkeypatch.setattr(postgres, "postgres", lambda programs: nullcontext("postgresql://nowhere"))
    ends(monkeypatch, calls, 0, 0)
    return calls


def ends(monkeypatch: pytest.MonkeyPatch, calls: list[list[str]], sqlite: int, other: int) -> None:
    """So end the two runs."""

    def pytest_as(arguments: list[str]) -> list[str]:
        calls.append(arguments)
        code = other if any(argument.startswith("tests/clinic") for argument in arguments) else sqlite
        named = "os.environ.get('UNWOUND_DATABASE_URL', 'sqlite')"
        return [sys.executable, "-c", f"import os, sys; print({named}); sys.exit({code})"]

    monkeypatch.setattr(run_tests, "_pytest", pytest_as)


@pytest.mark.parametrize(("sqlite", "other"), [(0, 0), (1, 0), (0, 1), (1, 1)])
def test_a_failure_on_either_database_fails(
    called: list[list[str]], monkeypatch: pytest.MonkeyPatch, sqlite: int, other: int
) -> None:
    ends(monkeypatch, called, sqlite, other)
    assert bool(run_tests.main([])) == bool(sqlite or other)


def test_the_second_database_speaks_when_the_first_has_ended(
    called: list[list[str]], capfd: pytest.CaptureFixture[str]
) -> None:
    assert run_tests.main([]) == 0
    said = capfd.readouterr().out.split("\n")
    assert said.index("sqlite") < said.index("The clinic on PostgreSQL, tested beside:")
    assert said[-3:] == ["postgresql://nowhere", "", ""]


def test_what_the_check_has_tested_is_left_out_only_when_asked(called: list[list[str]]) -> None:
    run_tests.main([])
    assert not any("tests/data" in argument for call in called for argument in call)
    run_tests.main(["--after-check"])
    assert "--ignore=tests/data" in called[-1]


def test_a_file_that_is_named_runs_alone_on_sqlite(called: list[list[str]]) -> None:
    run_tests.main(["tests/clinic", "-n", "0"])
    assert called == [["-m", "not slow", "tests/clinic", "-n", "0"]]


def test_fast_and_thorough_together_try_the_whole_clinic_on_postgresql(called: list[list[str]]) -> None:
    run_tests.main([])
    run_tests.main(["--thorough"])
    heart, rest = (next(call for call in called[at : at + 2] if beside(call)) for at in (0, 2))
    assert set(map(str, run_tests.ON_BOTH)) == {argument for argument in heart if argument.startswith("tests/")}
    assert {argument for argument in rest if argument.startswith("tests/")} == {"tests/clinic"}
    assert {f"--ignore={place}" for place in run_tests.ON_BOTH} == {a for a in rest if a.startswith("--ignore")}
    assert all((Path(__file__).parents[2] / place).exists() for place in run_tests.ON_BOTH)
    assert ["-m", "thorough and not slow"] in [call[-2:] for call in called]


def beside(call: list[str]) -> bool:
    """Whether it is the run on PostgreSQL."""
    return any(argument.startswith("tests/clinic") for argument in call)


def test_without_postgresql_it_says_so(
    called: list[list[str]], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(postgres, "binaries", lambda: None)
    assert run_tests.main([]) == 0
    assert "tested on SQLite only" in capfd.readouterr().out
