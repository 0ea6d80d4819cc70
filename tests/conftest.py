"""What every test of the house has: laws fail for what they find, never for how busy the machine is or for luck.

`./run test` tries the same examples every time, so that a commit passes or fails by what is in it;
`./run test --all` searches anew, with other examples at each run.
"""

from __future__ import annotations

import gc
import os

from hypothesis import HealthCheck, settings

os.environ.pop("UNWOUND_KNOWLEDGE", None)  # the folder of whoever runs the tests is no part of them
settings.register_profile("unwound", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.register_profile("searching", settings.get_profile("unwound"), derandomize=False)
settings.load_profile("unwound")
gc.disable()  # what is collected stays to the end: looking through it for garbage finds none


def pytest_collection_finish() -> None:
    """What was collected and imported is no garbage: each search for some would walk half a million objects."""
    gc.collect()
    gc.freeze()
    gc.enable()
