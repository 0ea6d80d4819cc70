"""What many tests begin with is the same whether it was worked out or its rows were written again."""

from __future__ import annotations

from datetime import timedelta

import kept_rows
import pytest
from django.db import transaction
from django.utils import timezone
from in_session import JUST_NOW, infusing
from small_clinic import House


def rows_of_a_session(house: House) -> kept_rows.Rows:
    """Taken back as at the end of a test."""
    with transaction.atomic():
        assert infusing(house).state == "infusing"
        written = kept_rows.rows()
        transaction.set_rollback(True)
    house.patient.refresh_from_db()
    return written


def test_rows_written_again_are_those_that_the_actions_wrote_and_none_grows_old(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_rows, "STEPS", {})
    worked = rows_of_a_session(house)
    assert rows_of_a_session(house) == worked, "as rows"
    assert rows_of_a_session(house) == worked, "by the statements that wrote them so"
    now = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: now() + JUST_NOW + timedelta(seconds=1))
    assert rows_of_a_session(house) != worked
