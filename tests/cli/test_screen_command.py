"""`unwound screen`: a folder in, a table out, what went wrong in the table and not in a traceback."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
from terminal import unwound

EXAMPLES = Path(__file__).parents[2] / "unwound" / "examples"


def test_a_folder_becomes_a_table(tmp_path: Path) -> None:
    out = tmp_path / "result.parquet"
    done = unwound("screen", EXAMPLES, "--out", out, "--as-of", "2026-11-21", "--workers", "1")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f"written: {out}, 4 rows\n"
    verdicts = {row["patient_id"]: row["verdict"] for row in pq.read_table(out).to_pylist()}
    assert verdicts == {
        "E-001": "candidate", "E-002": "first-line-first", "E-003": "first-line-first", "plover": "cannot-tell",
    }  # fmt: skip


def test_what_cannot_be_screened_is_one_line(tmp_path: Path) -> None:
    nowhere = unwound("screen", tmp_path / "nowhere", "--out", tmp_path / "result.parquet")
    assert nowhere.returncode == 2
    assert nowhere.stderr == f"unwound: {tmp_path}/nowhere: there is no such file or folder\n"
    folder = unwound("screen", EXAMPLES, "--out", tmp_path)
    assert folder.stderr == f"unwound: {tmp_path}: a file is needed for the table, as result.parquet\n"
    deep = unwound("screen", EXAMPLES, "--out", tmp_path / "not" / "there.parquet")
    assert deep.stderr == f"unwound: {tmp_path}/not/there.parquet: its folder does not exist\n"
