"""The limits hold for all workers of a server together: what is counted lies where each of them counts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.cache import caches

from unwound_clinic import settings as clinic
from unwound_clinic.core import rates

WORKER = """
import json, sys
from pathlib import Path
from django.conf import settings
place, limit, posts = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
backend = json.loads(sys.argv[4])
settings.configure(DATA=place, CACHES={"default": {**backend, "LOCATION": place / "shared"}})
from django.core.cache import cache
from unwound_clinic.core import rates
rates.PATIENCE_S, rates.MINUTE_S = 60, 3600  # however busy the machine is, each waits for the other
print(json.dumps([sum(rates.wait_s("monitor 1", limit) == 0 for _ in range(posts)), cache.add("code 123456", "used")]))
"""


def worker(place: Path, limit: int, posts: int) -> subprocess.Popen[str]:
    """A process of its own, as a worker of the server is one."""
    backend = json.dumps({"BACKEND": clinic.CACHES["default"]["BACKEND"]})
    command = [sys.executable, "-c", WORKER, str(place), str(limit), str(posts), backend]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def answered(process: subprocess.Popen[str]) -> list[int]:
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return list(json.loads(output))


def test_two_workers_take_together_what_one_may_take(tmp_path: Path) -> None:
    both = [worker(tmp_path, 50, 40), worker(tmp_path, 50, 40)]
    assert sum(answered(process)[0] for process in both) == 50
    assert answered(worker(tmp_path, 50, 1))[0] == 0, "nor does one that was started anew take more"


def test_a_code_that_one_worker_took_is_used_in_the_other(tmp_path: Path) -> None:
    assert [answered(worker(tmp_path, 1, 0))[1] for _ in range(2)] == [True, False]
    assert caches.settings["default"]["BACKEND"] != clinic.CACHES["default"]["BACKEND"], "tests run beside each other"


def test_where_nothing_can_be_written_each_worker_still_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "FILE", str(tmp_path / "no such folder" / "posts.sqlite3"))
    assert [rates.wait_s("of this test", 2) > 0 for _ in range(3)] == [False, False, True]
