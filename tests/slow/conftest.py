"""Slow tests use what the clinic's tests are built of."""

from __future__ import annotations

import sys
from pathlib import Path

for folder in ("clinic", "house"):
    sys.path.append(str(Path(__file__).parents[1] / folder))
