"""Killed two hundred times under load: the listener, the web server, the connections to the database.

Every acknowledged message is in the record once and whole, nothing that was refused is charted, the audit chain holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from devices import Clinic, make_clinic, web
from killing import Load
from postgres import binaries, postgres

pytestmark = pytest.mark.slow
LINES = 4


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Clinic:
    return make_clinic(tmp_path, LINES)


@pytest.fixture
def on_postgres(tmp_path: Path) -> Iterator[Clinic]:
    programs = binaries()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    with postgres(programs) as address:
        yield make_clinic(tmp_path, LINES, address)


def test_the_listener_killed_sixty_times_on_sqlite(on_sqlite: Clinic) -> None:
    load = Load(clinic=on_sqlite, lines=LINES)
    load.kill_listener(60)
    load.judge()


def test_the_listener_killed_thirty_times_on_postgres(on_postgres: Clinic) -> None:
    load = Load(clinic=on_postgres, lines=LINES, seed=2)
    load.kill_listener(30)
    load.judge()


def test_the_web_server_killed_fifty_times(on_sqlite: Clinic) -> None:
    load = Load(clinic=on_sqlite, lines=LINES, seed=3)
    load.kill_web(50, *web(on_sqlite))
    load.judge()


def test_connections_to_the_database_cut_sixty_times(on_postgres: Clinic) -> None:
    load = Load(clinic=on_postgres, lines=LINES, seed=4)
    load.kill_connections(60)
    load.judge()
