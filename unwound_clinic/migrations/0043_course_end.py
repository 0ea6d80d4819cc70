"""What came of each course, beside the record."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("unwound_clinic", "0042_after_a_course")]

    operations = [
        migrations.CreateModel(
            name="CourseEnd",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("protocol", models.CharField(max_length=80)),
                ("condition", models.CharField(blank=True, max_length=80)),
                ("ended_on", models.DateField()),
                ("failed", models.PositiveSmallIntegerField(null=True)),
                ("responder", models.BooleanField(null=True)),
                ("success", models.BooleanField(null=True)),
                ("kind", models.CharField(blank=True, max_length=20)),
                ("days", models.FloatField(null=True)),
                ("calculated_at", models.DateTimeField()),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="course_ends",
                        to="unwound_clinic.patient",
                    ),
                ),
                (
                    "plan",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="end", to="unwound_clinic.plan"
                    ),
                ),
            ],
        ),
    ]
