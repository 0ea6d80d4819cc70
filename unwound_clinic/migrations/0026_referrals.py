import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('unwound_clinic', '0025_calendar'),
    ]

    operations = [
        migrations.CreateModel(
            name='Referral',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('content', models.BinaryField()),
                ('digest', models.CharField(max_length=64)),
                ('name', models.CharField(max_length=120)),
                ('kind', models.CharField(choices=[('application/pdf', 'PDF'), ('image/jpeg', 'picture (JPEG)'), ('image/png', 'picture (PNG)'), ('image/tiff', 'picture or fax (TIFF)')], max_length=40)),
                ('sender', models.CharField(max_length=160, verbose_name='from whom')),
                ('arrived_on', models.DateField()),
                ('received_at', models.DateTimeField()),
                ('family_name', models.CharField(max_length=80)),
                ('given_name', models.CharField(blank=True, max_length=80)),
                ('birth_date', models.DateField(blank=True, null=True)),
                ('phone', models.CharField(blank=True, max_length=40, verbose_name='telephone')),
                ('asks', models.CharField(blank=True, max_length=300, verbose_name='what it asks for')),
                ('answered_at', models.DateTimeField(null=True)),
                ('answer', models.CharField(blank=True, max_length=300)),
                ('answered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('patient', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='referrals', to='unwound_clinic.patient')),
                ('received_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='referrals', to='unwound_clinic.site')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('answered_at', None)), fields=['site'], name='waiting_referrals')],
                'constraints': [models.UniqueConstraint(fields=('site', 'digest'), name='each_referral_once')],
            },
        ),
    ]
