from django.db import migrations, models

KINDS = [
    ("fact", "fact"),
    ("trial", "treatment tried"),
    ("answers", "questionnaire"),
    ("medication", "medicine"),
    ("allergy", "allergy"),
    ("story", "in own words"),
    ("contact", "contact"),
    ("screened", "none of these"),
    ("pain", "pain"),
    ("elsewhere", "ketamine from elsewhere"),
    ("adverse", "adverse event"),
]


class Migration(migrations.Migration):
    dependencies = [("unwound_clinic", "0034_follow_up")]

    operations = [
        migrations.AlterField(
            model_name="entry",
            name="kind",
            field=models.CharField(choices=KINDS, max_length=12),
        ),
    ]
