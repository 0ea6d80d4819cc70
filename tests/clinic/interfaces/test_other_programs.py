"""Programs of other hands: a client of JavaScript reads us over the network, and a validator takes every resource."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from reading import let_in
from small_clinic import House
from test_fhir_reads import something_of_each, whose

FOREIGN = Path(__file__).parents[2] / "foreign"
pytestmark = [
    pytest.mark.thorough,
    pytest.mark.one_database,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        shutil.which("node") is None or not (FOREIGN / "node_modules/fhirclient").exists(),
        reason="needs node, and npm ci --prefix tests/foreign",
    ),
]


def node(script: str, *arguments: str, input: str = "") -> Any:
    """What a script of tests/foreign prints."""
    run = subprocess.run(
        ["node", str(FOREIGN / script), *arguments], input=input, capture_output=True, encoding="utf-8", check=False
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_the_smart_client_of_javascript_reads_a_patient_over_all_pages(house: House, live_server: Any) -> None:
    something_of_each(house)
    asker, number = let_in(house), house.patient.pk
    read = node("drive.mjs", f"{live_server.url}/fhir", asker.token, str(number))
    own = asker.found(f"Observation?patient={number}")
    assert read["version"].startswith("4.0")
    assert read["patient"]["name"][0]["family"] == house.patient.family_name
    assert [found["id"] for found in read["observations"]] == [found["id"] for found in own]
    assert read["pages"] == -(-len(own) // 2) > 1
    assert all(found["subject"]["resourceType"] == "Patient" for found in read["requests"])
    assert (read["missing"], read["unknown"], read["refused"]) == (404, 400, 401)


def test_each_resource_that_leaves_is_valid_for_another_validator(house: House) -> None:
    """What @medplum/core says of every type that we give out, and that it sees what is wrong."""
    something_of_each(house)
    asker = let_in(house)
    stated = asker.asks("metadata").json()
    types = [of_type["type"] for of_type in stated["rest"][0]["resource"] if "searchParam" in of_type]
    emitted = [resource for type in types for resource in asker.found(whose(type, house.patient.pk))]
    assert {resource["resourceType"] for resource in emitted} == set(types)
    spoilt = {**emitted[0], "colour": "red"}
    *wrong, seen = node(
        "validate.mjs", input="".join(json.dumps(resource) + "\n" for resource in [stated, *emitted, spoilt])
    )
    assert "colour" in seen
    assert wrong == []
