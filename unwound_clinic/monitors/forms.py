"""Forms for monitors, and for files of readings."""

from __future__ import annotations

from zoneinfo import available_timezones

from django import forms

from unwound_clinic.models import Site


class MonitorForm(forms.Form):
    """The bed of a monitor, and the time zone of its clock."""

    bed = forms.CharField(
        max_length=40, required=False, help_text="As named in sessions; a bed named in a message takes precedence."
    )
    zone = forms.ChoiceField(label="Time zone of its clock", required=False)

    def __init__(self, site: Site, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        choices = [
            ("", f"same as the site ({site.timezone})"),
            *((id, id) for id in sorted(available_timezones())),
        ]
        self.fields["zone"].choices = choices  # type: ignore[attr-defined]


class NewMonitorForm(MonitorForm):
    """A monitor that has not sent anything yet."""

    name = forms.CharField(max_length=120, help_text="As named in its messages (MSH-3 and MSH-4), or as staff call it.")
    field_order = ("name", "bed", "zone")


class FileForm(forms.Form):
    """A table of readings, or a WFDB record."""

    table = forms.FileField(
        label="File",
        help_text="A table (CSV in UTF-8), or the header (.hea) of a WFDB record.",
    )
    signals = forms.FileField(label="Signal file (.dat) of a WFDB record", required=False)
    start = forms.DateTimeField(
        label="When a WFDB record begins",
        required=False,
        help_text="In the site's time zone. Published records have deliberately shifted dates, so no date is assumed.",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S"),
    )
