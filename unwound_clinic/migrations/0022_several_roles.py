from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('unwound_clinic', '0021_whom_to_call'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='membership',
            options={'ordering': ('pk',)},
        ),
        migrations.RemoveConstraint(
            model_name='membership',
            name='one_role_a_site',
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(fields=('user', 'site', 'role'), name='each_role_once_a_site'),
        ),
    ]
