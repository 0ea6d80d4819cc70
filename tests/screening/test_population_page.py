"""The page of a screened population: its counts add up to the table, and it names nobody."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from unwound import screening
from unwound.report import population
from unwound.screening import rows

CASES = Path(__file__).parents[1] / "cases"


@pytest.fixture(scope="module")
def table(tmp_path_factory: Any) -> Path:
    from datetime import date

    folder = tmp_path_factory.mktemp("page")
    chosen = [
        "crps_gabapentin_900", "suicidal_plan", "active_psychosis", "knee_osteoarthritis", "responder",
        "almost_nothing_known", "painful_diabetic_neuropathy_untreated", "trial_without_a_dose",
    ]  # fmt: skip
    places = [CASES / f"{name}.toml" for name in chosen]
    (folder / "broken.json").write_text('{"resourceType": "Bundle", "id": "Testcase-Secret"')
    screening.screen([*places, folder], folder / "r.parquet", as_of=date(2026, 11, 21))
    return folder / "r.parquet"


def test_every_row_is_counted_once(table: Path) -> None:
    found = population.read(table)
    assert found.patients == sum(found.stages.values()) == sum(found.conditions.values()) == 8
    assert sum(found.errors.values()) == 1
    assert {"urgent", "stop", "controlled", "first-line-first"} <= set(found.stages)
    assert set(found.stages) <= set(population.STAGES)


def test_the_page_says_the_counts_and_names_nobody(table: Path) -> None:
    html = population.page(population.read(table), as_of="2026-11-21", source="here")
    assert "8 patients, and where each stands" in html
    for title in population.STAGES.values():
        assert title in html
    assert "not readable as JSON" in html
    assert not re.search(r"Testcase|<script|https?://", html)


def test_what_a_confirmation_would_change_is_counted() -> None:
    row = rows.Row(patient_id="1", source="", verdict="cannot-tell", verdict_if_confirmed="candidate", urgent=False,
                   condition="crps_1", level="definite", question="Taken for this pain?", unread=2)  # fmt: skip
    found = population.counted(rows.table([row, row]).to_pylist())
    html = population.page(found, as_of="2026-11-21", source="here")
    assert "2 would go from <em>cannot-tell</em> to <em>candidate</em>" in html
    assert found.stages == {"graded": 2}
    assert found.incomplete == 2
