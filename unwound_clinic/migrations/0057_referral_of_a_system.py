"""A referral may come from another system, and then from no person."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("unwound_clinic", "0051_near_misses")]

    operations = [
        migrations.AddField(
            "referral",
            "system",
            models.CharField(blank=True, default="", max_length=120, verbose_name="system that sent it"),
            preserve_default=False,
        ),
        migrations.AlterField(
            "referral",
            "received_by",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            "referral",
            "kind",
            models.CharField(
                max_length=40,
                choices=[
                    ("application/pdf", "PDF"),
                    ("image/jpeg", "picture (JPEG)"),
                    ("image/png", "picture (PNG)"),
                    ("image/tiff", "picture or fax (TIFF)"),
                    ("application/fhir+json", "FHIR request of another system"),
                ],
            ),
        ),
        migrations.AddConstraint(
            "referral",
            models.CheckConstraint(
                condition=models.Q(
                    models.Q(("received_by__isnull", False), ("system", "")),
                    models.Q(("received_by__isnull", True), ("system__gt", "")),
                    _connector="OR",
                ),
                name="referral_of_a_person_or_a_system",
            ),
        ),
    ]
