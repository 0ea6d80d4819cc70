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
    dependencies = [("unwound_clinic", "0040_clinic_page_and_bills")]

    operations = [
        migrations.AlterField(
            model_name="entry",
            name="kind",
            field=models.CharField(choices=KINDS, max_length=12),
        ),
    ]
