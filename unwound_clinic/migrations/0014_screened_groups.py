from django.db import migrations, models


class Migration(migrations.Migration):
    """A group answered with «none of these» is an entry; every entry made before keeps its kind and its meaning."""

    dependencies = [
        ('unwound_clinic', '0013_own_knowledge'),
    ]

    operations = [
        migrations.AlterField(
            model_name='entry',
            name='kind',
            field=models.CharField(choices=[('fact', 'fact'), ('trial', 'treatment tried'), ('answers', 'questionnaire'), ('medication', 'medicine'), ('allergy', 'allergy'), ('story', 'in own words'), ('contact', 'contact'), ('screened', 'none of these')], max_length=12),
        ),
    ]
