"""The past of a session, settled, so that a fresh process need not read every reading."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("unwound_clinic", "0031_monitors")]

    operations = [
        migrations.AddField("infusionsession", "rewound", models.PositiveBigIntegerField(default=0)),
        migrations.CreateModel(
            name="SessionPast",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("until", models.DateTimeField()),
                ("readings", models.PositiveBigIntegerField()),
                ("last", models.PositiveBigIntegerField()),
                ("without", models.JSONField(default=list)),
                ("rewound", models.PositiveBigIntegerField()),
                ("heard_last", models.PositiveBigIntegerField(default=0)),
                ("heard_at", models.DateTimeField(null=True)),
                ("heard_but", models.JSONField(default=list)),
                ("rests_on", models.CharField(max_length=64)),
                ("content", models.BinaryField()),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pasts",
                        to="unwound_clinic.infusionsession",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            "sessionpast", models.UniqueConstraint(fields=("session", "until"), name="one_past_a_moment")
        ),
    ]
