from typing import Any

from django.db import migrations, models

import unwound_clinic.models.people

KNOWN = {
    "US": ("US", "911", "Suicide & Crisis Lifeline 988"),
    "UK": ("GB", "999", "Samaritans 116 123"),
}


def keep_the_numbers(apps: Any, schema_editor: Any) -> None:
    """What the pages said of a jurisdiction until now is the site's own from here on; a zone that is none is UTC."""
    Site = apps.get_model("unwound_clinic", "Site")
    for site in Site.objects.all():
        if site.jurisdiction in KNOWN:
            site.country, site.emergency, site.crisis_line = KNOWN[site.jurisdiction]
        if site.timezone not in unwound_clinic.models.people.zone_names():
            site.timezone = "UTC"
        site.save()


class Migration(migrations.Migration):

    dependencies = [
        ('unwound_clinic', '0020_imports'),
    ]

    operations = [
        migrations.AddField(
            model_name='site',
            name='country',
            field=models.CharField(blank=True, default='', max_length=2),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='site',
            name='crisis_line',
            field=models.CharField(blank=True, default='', max_length=120, validators=[unwound_clinic.models.people.check_number]),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='site',
            name='emergency',
            field=models.CharField(blank=True, default='', max_length=60, validators=[unwound_clinic.models.people.check_number], verbose_name='emergency number'),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name='site',
            name='phone',
            field=models.CharField(blank=True, max_length=60, validators=[unwound_clinic.models.people.check_number], verbose_name='telephone'),
        ),
        migrations.AlterField(
            model_name='site',
            name='timezone',
            field=models.CharField(default='UTC', max_length=60, validators=[unwound_clinic.models.people.check_zone], verbose_name='time zone'),
        ),
        migrations.RunPython(keep_the_numbers, migrations.RunPython.noop),
    ]
