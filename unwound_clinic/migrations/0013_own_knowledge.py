from django.db import migrations, models


class Migration(migrations.Migration):
    """What was signed names a clinic's own folder of knowledge beside ours; earlier rows were signed without one."""

    dependencies = [
        ('unwound_clinic', '0012_order_and_stage_labels'),
    ]

    operations = [
        migrations.AddField(
            model_name='decision',
            name='own_fingerprint',
            field=models.CharField(blank=True, default='', max_length=80),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='plan',
            name='own_fingerprint',
            field=models.CharField(blank=True, default='', max_length=80),
            preserve_default=False,
        ),
    ]
