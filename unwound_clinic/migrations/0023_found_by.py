from typing import Any

from django.db import migrations, models

from unwound_clinic.models import searching


def write_again(apps: Any, schema_editor: Any) -> None:
    """What each patient is found by, as it is written from here on."""
    Patient = apps.get_model("unwound_clinic", "Patient")
    waiting = []
    for row in Patient.objects.all().iterator(chunk_size=500):
        row.search = searching.text_of(
            family=row.family_name, given=row.given_name, number=row.number, phone=row.phone, born=row.birth_date
        )
        waiting.append(row)
        if len(waiting) == 500:
            Patient.objects.bulk_update(waiting, ["search"])
            waiting = []
    Patient.objects.bulk_update(waiting, ["search"])


class Migration(migrations.Migration):

    dependencies = [
        ('unwound_clinic', '0022_several_roles'),
    ]

    operations = [
        migrations.AlterField(
            model_name='patient',
            name='given_name',
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AlterField(
            model_name='patient',
            name='search',
            field=models.CharField(editable=False, max_length=800),
        ),
        migrations.RunPython(write_again, migrations.RunPython.noop),
    ]
