"""Counts of the controlled drugs in the cupboard."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("unwound_clinic", "0032_session_past")]

    operations = [
        migrations.CreateModel(
            name="StockCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("drug", models.CharField(max_length=80)),
                ("strength", models.CharField(max_length=60)),
                ("received", models.PositiveIntegerField()),
                ("removed", models.PositiveIntegerField()),
                ("counted", models.PositiveIntegerField()),
                ("expected", models.IntegerField(null=True)),
                ("witness", models.CharField(max_length=120)),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("informed", models.CharField(blank=True, max_length=120)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stock_counts",
                        to="unwound_clinic.site",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["site", "drug", "strength", "id"], name="last_stock_count")],
            },
        ),
    ]
