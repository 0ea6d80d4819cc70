"""What many tests begin with is done once in a process, by its real actions; after that its rows are written again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

from unwound_clinic.session import cache

Rows = Mapping[type[Model], Mapping[Any, tuple[Any, ...]]]


@dataclass(frozen=True)
class Step:
    """What a piece of work made of a database: the rows before it, and those that it wrote."""

    before: Rows
    ended: datetime
    written: Mapping[type[Model], tuple[Model, ...]]
    statements: list[tuple[str, Any]] = field(default_factory=list)
    """What wrote these rows the first time again, once all of them were: composing it takes most of the time."""

    def holds(self, rows: Rows, within: timedelta) -> bool:
        """Whether it would do the same: on the same rows, not long after it was done and at no time before.

        Some tests turn the clock back.
        """
        return timedelta(0) <= timezone.now() - self.ended <= within and self.before == rows

    def write(self) -> None:
        """The rows that it wrote, by their numbers; what this process remembers of another test's is forgotten."""
        cache.forget()
        with transaction.atomic():
            if self.statements:
                with connection.cursor() as cursor:
                    for statement, values in self.statements:
                        cursor.execute(statement, values)
                return
            statements: list[tuple[str, Any]] = []

            def remember(execute: Any, sql: str, values: Any, many: bool, context: Any) -> Any:
                assert not many
                statements.append((sql, values))
                return execute(sql, values, many, context)

            with connection.execute_wrapper(remember):
                for model, written in self.written.items():
                    numbers = [row.pk for row in written if row.pk in self.before[model]]
                    if numbers:
                        model._base_manager.filter(pk__in=numbers)._raw_delete("default")
                    model._base_manager.bulk_create(written)
            self.statements.extend(statements)


STEPS: dict[tuple[str, date], Step] = {}
"""By name and day: what is of today stays of today when midnight passes."""


def kept(name: str, work: Callable[[], object], within: timedelta = timedelta(days=1)) -> None:
    """Do the work, or write what it wrote when it was done on the same rows before, not longer ago than `within`."""
    before, key = rows(), (name, timezone.now().date())
    step = STEPS.get(key)
    if step and step.holds(before, within):
        step.write()
        return
    work()
    after = rows()
    if any(before[model].keys() - after[model].keys() for model in after):
        return
    written = {}
    for model, now in after.items():
        numbers = [number for number, row in now.items() if before[model].get(number) != row]
        if numbers:
            written[model] = tuple(model._base_manager.filter(pk__in=numbers).order_by("pk"))
    STEPS[key] = Step(before, timezone.now(), written)


def rows() -> Rows:
    """Every row of the clinic's tables, as the database holds it."""
    every = {}
    with connection.cursor() as cursor:
        for model in apps.get_app_config("unwound_clinic").get_models(include_auto_created=True):
            assert model._meta.pk is not None
            cursor.execute(f'SELECT "{model._meta.pk.column}", * FROM "{model._meta.db_table}"')
            every[model] = {row[0]: tuple(row) for row in cursor.fetchall()}
    return every
