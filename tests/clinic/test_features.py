"""What is said to be here is: each row of `docs/features.toml` names tests and addresses that exist."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from django.urls import resolve

ROOT = Path(__file__).resolve().parents[2]
ROWS: list[dict[str, Any]] = tomllib.loads((ROOT / "docs/features.toml").read_text("utf-8"))["rows"]
LEAST_YES = 55


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["number"]))
def test_a_row_is_shown_by_tests_and_pages_that_exist(row: dict[str, Any]) -> None:
    for test in row.get("tests", ()):
        file, _, name = test.partition("::")
        text = (ROOT / file).read_text("utf-8")
        assert re.search(rf"^(?:async )?def {name or 'test_'}", text, re.MULTILINE), test
    if row.get("where"):
        resolve(row["where"])
    assert row["state"] in ("yes", "part", "no", "out")
    assert row.get("tests") or row["state"] in ("no", "out"), "what is here is shown by a test"
    assert bool(row.get("why")) == (row["state"] != "yes"), "what is not whole says why"


def test_all_76_rows_are_there_and_at_least_55_hold() -> None:
    assert [row["number"] for row in ROWS] == list(range(1, 77))
    assert sum(row["state"] == "yes" for row in ROWS) >= LEAST_YES
