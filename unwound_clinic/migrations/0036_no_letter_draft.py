"""Letters in work are drafts as any other (0035): their own table goes."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("unwound_clinic", "0035_draft_lives")]
    operations = [migrations.DeleteModel("LetterDraft")]
