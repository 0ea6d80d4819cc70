"""A model in the language of another program says what our own solver does.

Each text is read here by a slow reader of its own, which knows nothing of how it was written: lines of assignments,
worked out in their order. Amounts, weights and deviations are then drawn, and what flows is compared with the solver's
matrix. When this was written NONMEM's texts were parsed by pharmpy 2.2 and R's by R 4.2.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from math import exp
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from unwound.cli import commands
from unwound.pharmacology import Dose, Subjects, models, simulate
from unwound.pharmacology.languages import LANGUAGES, written
from unwound.record import UnwoundError

MODELS = sorted(models.models())
Names = dict[str, Any]


def read(language: str, text: str, given: Names) -> Names:
    """Every name that the text works out, from `given` (WT, deviations, amounts)."""
    known: Names = {"exp": exp, "EXP": exp, "pow": pow, **given}
    for name, expression in {"nonmem": nonmem, "rxode2": rxode2, "mrgsolve": mrgsolve, "stan": stan}[language](text):
        known[name] = eval(expression.replace("^", "**"), known)  # the text is our own, made a moment ago
    return known


def nonmem(text: str) -> list[tuple[str, str]]:
    """NONMEM: THETA and ETA by their place, amounts A(1), A(2), slopes DADT(1)."""
    thetas = re.search(r"\$THETA\n(.*?)(?=[$;]O|\$OMEGA|; How)", text, re.S)
    assert thetas
    values = re.findall(r"^ +(\S+) FIX", thetas[1], re.M)
    code = text[text.index("$PK") : text.index("$THETA")]
    code = re.sub(r"THETA\((\d+)\)", lambda place: values[int(place[1]) - 1], code)
    code = re.sub(r"\bETA\((\d+)\)", r"eta_\1", code)
    code = re.sub(r"\b(DADT|A)\((\d+)\)", r"\1_\2", code)
    return re.findall(r"^  (\w+) = ((?!IPRED\*).+)$", code.split("  IPRED")[0], re.M)


def rxode2(text: str) -> list[tuple[str, str]]:
    """rxode2: numbers in `ini`, slopes d/dt(name)."""
    lines = re.findall(r"^    (\S+) <- (?:fix\((.+?)\) *(?:#.*)?|(.+))$", text, re.M)
    return [(re.sub(r"d/dt\((\w+)\)", r"slope_\1", name).replace("(", "_").replace(")", ""), fixed or free)
            for name, fixed, free in lines]  # fmt: skip


def mrgsolve(text: str) -> list[tuple[str, str]]:
    """mrgsolve: numbers annotated in $PARAM, C++ after it."""
    numbers = re.findall(r"^(TV_\w+) : (\S+) :", text, re.M)
    code = [(name.replace("dxdt_", "slope_"), value) for name, value in
            re.findall(r"^(?:double )?(\w+) = (.+);$", text, re.M)]  # fmt: skip
    return [*numbers, *code]


def stan(text: str) -> list[tuple[str, str]]:
    """Stan: published values by place, the matrix cell by cell, amounts by place."""
    published = re.search(r"published = \[(.*)\]'", text)
    assert published
    values = published[1].split(", ")
    code = re.sub(r"theta\[(\d+)\]", lambda place: values[int(place[1]) - 1], text)
    code = re.sub(r"\beta\[(\d+)\]", r"eta_\1", re.sub(r"held\[(\d+)\]", r"A_\1", code))
    code = re.sub(r"rates\[(\d+), (\d+)\]", r"rates_\1_\2", re.sub(r"said\[(\d+)\]", r"said_\1", code))
    return re.findall(r"^    (?:real )?(\w+) = (.+);$", code, re.M)


def slopes(language: str, id: str, weight: float, etas: list[float], amounts: list[float]) -> tuple[list[float], Names]:
    """What flows in each compartment by that language's text."""
    model = models.model(id)
    given: Names = {"WT": weight}
    for place, (name, value) in enumerate(zip(model.variability.parameters, etas, strict=True), 1):
        given |= {f"eta_{place}": value, f"eta_{name}": value}
    for place, (name, value) in enumerate(zip(model.places, amounts, strict=True), 1):
        given |= {f"A_{place}": value, f"A_{name}": value}
    known = read(language, written(id, language), given)
    if language == "stan":
        numbers = range(1, len(model.places) + 1)
        found = [
            sum(known.get(f"rates_{to}_{source}", 0.0) * amounts[source - 1] for source in numbers) for to in numbers
        ]
        return found, known
    if language == "nonmem":
        return [known[f"DADT_{place}"] for place in range(1, len(model.places) + 1)], known
    return [known[f"slope_A_{place}"] for place in model.places], known


@pytest.mark.parametrize("id", MODELS)
@pytest.mark.parametrize("language", ["nonmem", "rxode2", "mrgsolve", "stan"])
def test_what_flows_is_what_the_solver_moves(language: str, id: str) -> None:
    model = models.model(id)
    draw = np.random.default_rng(20261130)
    for weight in (31.0, 70.0, 160.0):
        etas = draw.normal(0, 0.4, len(model.variability.parameters))
        amounts = draw.uniform(1, 100, len(model.places))
        values = models.parameters(model, np.array([weight]), etas[None, :])
        right = models.matrices(model, values)[0] @ amounts
        found, known = slopes(language, id, weight, list(etas), list(amounts))
        assert found == pytest.approx(right, rel=1e-12, abs=1e-12)
        for place, (output, (cell, factor)) in enumerate(models.concentrations(model, values).items(), 1):
            name = {"nonmem": f"C_{output.upper()}", "rxode2": output, "stan": f"said_{place}"}.get(
                language, f"C_{output}"
            )
            assert known[name] == pytest.approx(factor[0] * amounts[cell], rel=1e-12)


@pytest.mark.parametrize("id", MODELS)
def test_shares_and_durations_of_a_route_stand_on_its_compartment(id: str) -> None:
    """The share, lag and duration of the first route into each compartment; the others are named in the heading."""
    model = models.model(id)
    nonmem, r, cpp = (written(id, language) for language in ("nonmem", "rxode2", "mrgsolve"))
    seen = set()
    for route in model.routes.values():
        number, place = model.places.index(route.compartment) + 1, f"A_{route.compartment}"
        if route.compartment in seen:
            continue
        seen.add(route.compartment)
        for word, short, value in (("F", "f", route.bioavailability), ("D", "dur", route.duration)):
            assert (f"  {word}{number} = {value.upper()}\n" in nonmem) == bool(value)
            assert (f"    {short}({place}) <- {value}\n" in r) == bool(value)
            assert (f"{word}_{place} = {value};\n" in cpp) == bool(value)


def test_ways_with_other_shares_into_one_compartment_are_said_and_never_merged() -> None:
    text = written("perez_ruixo_2021", "rxode2")
    joined = re.sub(r"\n#\s+", " ", text)
    assert "reached by ways with other shares («nasal» FRn, «nasal_later» FRn_later)" in joined
    assert "the same dose again by «nasal_swallowed»" in joined


@pytest.mark.parametrize("id", MODELS)
def test_sbml_is_run_by_another_program_to_the_same_curve(id: str) -> None:
    roadrunner = pytest.importorskip("roadrunner", reason="libroadrunner is not installed")
    model = models.model(id)
    runner = roadrunner.RoadRunner(written(id, "sbml"))
    runner.integrator.relative_tolerance, runner.integrator.absolute_tolerance = 1e-13, 1e-15
    place = model.routes["iv"].compartment
    columns = [f"C_{output}" for output in model.outputs]
    runner.timeCourseSelections = ["time", *columns]
    runner["WT"], runner[f"A_{place}"], runner[f"rate_{place}"] = 52.0, 20.0, 10.0
    running = runner.simulate(0, 4, points=9)
    runner[f"rate_{place}"] = 0.0
    after = runner.simulate(4, 24, points=21)
    times = np.concatenate([running["time"], after["time"][1:]])
    doses = [Dose(time_h=0, amount_mg=20), Dose(time_h=0, amount_mg=40, duration_h=4)]
    ours = simulate(doses, Subjects(np.array([52.0])), id, times)
    for output, column in zip(model.outputs, columns, strict=True):
        theirs = np.concatenate([running[column], after[column][1:]])
        right = ours.concentrations[output][0]
        assert np.abs(theirs - right).max() < 1e-8 * right.max()


@pytest.mark.parametrize("id", MODELS)
def test_stan_s_own_compiler_takes_the_program(id: str, tmp_path: Path) -> None:
    compiler = shutil.which("stanc")
    if compiler is None:
        pytest.skip("stanc is not on the path")
    program = tmp_path / f"{id}.stan"
    program.write_text(written(id, "stan"))
    command = [compiler, f"--o={tmp_path / 'out.hpp'}", str(program)]
    compiled = subprocess.run(command, check=False, capture_output=True, text=True)
    assert compiled.returncode == 0, compiled.stderr


def lines(text: str) -> Callable[[str], bool]:
    return lambda words: words in re.sub(r"\n\W+", " ", text)


@pytest.mark.parametrize("language", sorted(LANGUAGES))
@pytest.mark.parametrize("id", MODELS)
def test_every_text_says_drug_blood_population_and_caution(language: str, id: str) -> None:
    model = models.model(id)
    says = lines(written(id, language).replace("&lt;", "<").replace("&amp;", "&"))
    for words in (f"Drug: {model.drug}; blood: {model.sampling}.", model.valid.population.text, model.caution):
        assert says(words)


def test_nonmem_reads_no_line_over_its_limit() -> None:
    assert max(len(row) for id in MODELS for row in written(id, "nonmem").splitlines()) <= 150


def test_the_command_prints_it_and_names_the_languages_there_are() -> None:
    run = CliRunner().invoke
    assert run(commands, ["models", "otto_2021", "--as", "nonmem"]).output == written("otto_2021", "nonmem")
    assert "rxode2" in run(commands, ["models", "otto_2021", "--as", "matlab"]).output
    refused = run(commands, ["models", "--as", "stan"])
    assert refused.exit_code == 2
    assert "name the model" in refused.output
    with pytest.raises(UnwoundError, match="matlab"):
        written("otto_2021", "matlab")
