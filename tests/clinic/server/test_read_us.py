"""«Let another system read the clinic» works as it is written: its programs are saved, its commands are run."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from small_clinic import House

from unwound_clinic.interfaces.fhir import actions

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/how-to/read-us.md").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.one_database
@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
@pytest.mark.django_db(transaction=True)
def test_the_page_is_followed_from_the_keys_to_the_files(
    house: House, live_server: Any, tmp_path: Path, settings: Any
) -> None:
    settings.DATA = tmp_path
    programs, commands = (
        re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL) for kind in ("py", "sh")
    )
    env = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "BASE": f"{live_server.url}/fhir",
    }

    def run(command: str) -> str:
        done = subprocess.run(command, shell=True, cwd=tmp_path, env=env, check=True, capture_output=True, text=True)
        return done.stdout

    for program in programs:
        (tmp_path / program.split()[1]).write_text(program, encoding="utf-8")
    run("python make_keys.py")
    keys = (tmp_path / "public.json").read_text(encoding="utf-8")
    row = actions.let_in(
        by=house.by("administrator"), site=house.site, name="Hub", public_keys=keys, asked="system/*.rs"
    )
    env["CLIENT_ID"] = row.client_id
    env["TOKEN"] = json.loads(run(commands[0].partition("\n")[2]))["access_token"]
    for line in commands[1].splitlines():
        assert json.loads(run(line))["resourceType"] == "Bundle", line
    order, ask, fetch = commands[2].splitlines()
    place = re.search(r"exports/\d+", run(order))
    assert place is not None
    manifest = run(ask.replace("exports/1", place[0]))
    assert "200 OK" in manifest
    assert json.loads(run(fetch.replace("exports/1", place[0])).splitlines()[0])["resourceType"] == "Patient"
