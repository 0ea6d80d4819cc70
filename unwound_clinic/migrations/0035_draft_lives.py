"""Every draft has a life of its own, and a letter in work is one of them: two tables for one thing become one."""

from datetime import timedelta
from typing import Any

from django.db import migrations, models

USUAL = timedelta(days=7)


def one_table(apps: Any, schema_editor: Any) -> None:
    """Drafts of forms keep their week; those of letters, which had a table of their own, are kept until finished."""
    draft = apps.get_model("unwound_clinic", "Draft")
    for row in draft.objects.all():
        draft.objects.filter(pk=row.pk).update(until=row.at + USUAL)
    for row in apps.get_model("unwound_clinic", "LetterDraft").objects.all():
        draft.objects.update_or_create(
            user_id=row.by_id,
            key=f"/patients/{row.patient_id}/letters/new/{row.kind}/#letter",
            defaults={"fields": {name: [value] for name, value in row.content.items()}, "at": row.at, "until": None},
        )


class Migration(migrations.Migration):
    dependencies = [("unwound_clinic", "0034_follow_up")]
    operations = [
        migrations.AddField("draft", "until", models.DateTimeField(db_index=True, null=True)),
        migrations.RunPython(one_table, migrations.RunPython.noop),
    ]
