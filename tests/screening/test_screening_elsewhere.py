"""Screening on a cluster, and after a kill: what workers and whole runs lose is done again, nothing twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import tables
from people import AS_OF, as_export, people

from unwound import screening
from unwound.record import UnwoundError

pytestmark = pytest.mark.slow


def rows(table: Path) -> list[dict[str, Any]]:
    return sorted(pq.read_table(table).to_pylist(), key=lambda row: (row["source"], row["patient_id"]))


def test_two_workers_of_a_cluster_give_the_same_and_one_may_be_lost(tmp_path: Path, monkeypatch: Any) -> None:
    from distributed import LocalCluster

    monkeypatch.setattr(screening, "SLICE_BYTES", 20_000)
    export = as_export(tmp_path / "in", people(120))
    cdm = tables.as_parquet(tmp_path / "cdm", tables.cdm(people(20)))
    screening.screen([export], tmp_path / "near.parquet", as_of=AS_OF)
    screening.screen([cdm], tmp_path / "omop.parquet", as_of=AS_OF, are_omop=True)
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as here:  # type: ignore[no-untyped-call]
        killed = list[int]()

        def kill(what: str, done: int, of: int, patients: int) -> None:
            if what == "reviewing" and done == 1 and not killed:
                killed.append(next(iter(here.workers.values())).pid)
                os.kill(killed[0], signal.SIGKILL)

        address = here.scheduler_address
        screening.screen([export], tmp_path / "far.parquet", as_of=AS_OF, cluster=address, progress=kill)
        screening.screen([cdm], tmp_path / "far-omop.parquet", as_of=AS_OF, cluster=address, are_omop=True)
    assert killed
    assert rows(tmp_path / "far.parquet") == rows(tmp_path / "near.parquet")
    assert rows(tmp_path / "far-omop.parquet") == rows(tmp_path / "omop.parquet")


def test_a_cluster_that_is_not_there_is_said(tmp_path: Path) -> None:
    export = as_export(tmp_path / "in", people(1))
    with pytest.raises(UnwoundError, match="no dask scheduler answers"):
        screening.screen([export], tmp_path / "r.parquet", as_of=AS_OF, cluster="tcp://127.0.0.1:1")


def test_a_run_that_was_killed_goes_on_without_loss_or_doubling(tmp_path: Path, monkeypatch: Any) -> None:
    export = as_export(tmp_path / "in", people(150))
    program = (
        "import sys\nfrom datetime import date\nfrom pathlib import Path\nfrom unwound import screening\n"
        "screening.SLICE_BYTES = 20_000\n"
        f"screening.screen([Path({str(export)!r})], Path({str(tmp_path / 'r.parquet')!r}), as_of=date(2026, 11, 21))\n"
    )
    running = subprocess.Popen([sys.executable, "-c", program])
    work = tmp_path / "r.parquet.screening"
    try:
        for _ in range(600):
            if len(list(work.glob("rows-*.parquet"))) >= 2 or running.poll() is not None:
                break
            time.sleep(0.1)
    finally:
        running.kill()
        running.wait()
    assert not (tmp_path / "r.parquet").exists()
    monkeypatch.setattr(screening, "SLICE_BYTES", 20_000)
    done = screening.screen([export], tmp_path / "r.parquet", as_of=AS_OF)
    assert done.found_again >= 2
    screening.screen([export], tmp_path / "whole.parquet", as_of=AS_OF)
    assert rows(tmp_path / "r.parquet") == rows(tmp_path / "whole.parquet")
    assert done.patients == 150
