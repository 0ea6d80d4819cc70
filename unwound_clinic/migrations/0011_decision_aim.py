from django.db import migrations, models


class Migration(migrations.Migration):
    """Each decision names its aim: earlier ones were all on pain."""

    dependencies = [
        ('unwound_clinic', '0010_role_labels'),
    ]

    operations = [
        migrations.AddField(
            model_name='decision',
            name='aim',
            field=models.CharField(default='pain', max_length=20),
        ),
    ]
