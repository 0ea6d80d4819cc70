from django.db import migrations


class Migration(migrations.Migration):
    """The name says the direction; what is stored was the seconds ahead already."""

    dependencies = [
        ('unwound_clinic', '0008_withdrawn_and_cancelled'),
    ]

    operations = [
        migrations.RenameField(model_name='message', old_name='skew_s', new_name='clock_ahead_s'),
    ]
