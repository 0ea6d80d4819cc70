"""The pictures of the public pages are those that the library draws today."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.slow
def test_the_tables_beside_the_pictures_are_what_the_models_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(DOCS))
    import learning_pictures

    kept = json.loads((learning_pictures.PLACE / "tables.json").read_text(encoding="utf-8"))
    now = {name: [list(drawn.head), list(map(list, drawn.rows))] for name, drawn in learning_pictures.pictures()}
    assert {name: [table["head"], table["rows"]] for name, table in kept.items()} == now
    sys.modules.pop("learning_pictures")
