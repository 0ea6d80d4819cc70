"""Exports that other systems order."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("unwound_clinic", "0048_systems")]

    operations = [
        migrations.CreateModel(
            name="Export",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("asked_at", models.DateTimeField()),
                ("request", models.TextField()),
                ("scope", models.TextField()),
                ("types", models.JSONField(default=list)),
                ("since", models.DateTimeField(null=True)),
                ("stage", models.CharField(blank=True, max_length=20)),
                ("last", models.BigIntegerField(default=0)),
                ("written", models.JSONField(default=dict)),
                ("finished_at", models.DateTimeField(null=True)),
                ("cancelled_at", models.DateTimeField(null=True)),
                (
                    "system",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="exports",
                        to="unwound_clinic.readingsystem",
                    ),
                ),
            ],
        ),
    ]
