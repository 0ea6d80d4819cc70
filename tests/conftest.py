"""What every test of the house has: laws fail for what they find, never for how busy the machine is or for luck.

`./run test` tries the same examples every time, so that a commit passes or fails by what is in it;
`./run test --all` searches anew, with other examples at each run.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Generator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

os.environ.pop("UNWOUND_KNOWLEDGE", None)  # the folder of whoever runs the tests is no part of them
settings.register_profile("unwound", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.register_profile("searching", settings.get_profile("unwound"), derandomize=False)
settings.load_profile("unwound")

LONGEST = ("tests/house/test_how_tos.py", "tests/house/test_add_a_page.py", "tests/clinic/monitors/test_listener.py")
"""Single tests of ten seconds and more in processes and clinics of their own, so that their place does not matter."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest are begun first: one that was begun last would keep one worker busy while the others have ended."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected and imported is no garbage: each search for some would walk half a million objects."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """The tables are made as the models are now, like those of a new clinic (`unwound_clinic/operations/tables.py`)."""
    from django.db import connection

    connection.settings_dict["TEST"]["MIGRATE"] = False


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """What asks which migrations the database has is answered as a new clinic would."""
    from unwound_clinic.operations import tables

    with django_db_blocker.unblock():
        tables.count_as_made()
