from django.db import migrations, models


class Migration(migrations.Migration):
    """What an anaesthesia provider is called depends on the site's jurisdiction: only the label changes."""

    dependencies = [
        ('unwound_clinic', '0009_clock_ahead'),
    ]

    operations = [
        migrations.AlterField(
            model_name='membership',
            name='role',
            field=models.CharField(choices=[('physician', 'physician'), ('anaesthesia-provider', 'anaesthesia provider'), ('nurse', 'nurse'), ('coordinator', 'coordinator'), ('administrator', 'administrator'), ('auditor', 'auditor')], max_length=30),
        ),
    ]
