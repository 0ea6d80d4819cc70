"""The tables of a clinic: those of a new one made as the models are now, those of an older one changed step by step."""

from __future__ import annotations

from django.apps import apps
from django.core.management import call_command
from django.core.management.sql import emit_post_migrate_signal
from django.db import DEFAULT_DB_ALIAS, connection, router, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder


def bring_up_to_date() -> None:
    """Makes all tables in an empty database; otherwise runs the migrations that it has not had."""
    if connection.introspection.table_names():
        call_command("migrate", verbosity=0, interactive=False)
    else:
        make()


def make() -> None:
    """All tables as the models are now, whole or none; every migration counts as made.

    Fifty migrations one after another come to the same tables in ten times the time (a test compares them), and a new
    clinic waited for them at its first start.
    """
    connection.disable_constraint_checking()  # SQLite refuses it inside a transaction
    try:
        with transaction.atomic():
            with connection.schema_editor(atomic=False) as editor:
                for config in apps.get_app_configs():
                    for model in router.get_migratable_models(config, DEFAULT_DB_ALIAS):
                        editor.create_model(model)
            count_as_made()
            emit_post_migrate_signal(verbosity=0, interactive=False, db=DEFAULT_DB_ALIAS)
    finally:
        connection.enable_constraint_checking()


def count_as_made() -> None:
    """Records every migration that there is, as one that these tables have had."""
    recorder = MigrationRecorder(connection)
    for app, name in sorted(MigrationLoader(connection).disk_migrations):
        recorder.record_applied(app, name)
