"""The form by which a copy of a record is handed out."""

from django import forms


class CopyForm(forms.Form):
    """Who asked for the copy, and how it was known that it is the patient."""

    why = forms.CharField(
        label="Who asked for it, and how you know who it is", max_length=300, help_text="It stands in the log."
    )
