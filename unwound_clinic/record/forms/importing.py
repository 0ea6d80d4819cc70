"""Forms of an import: the files of one record, and why one is undone."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat

from unwound.exchange import names
from unwound_clinic.record import importing

MOST_FILES = 40
"""A bulk export has one file for each type of resource, about twenty."""


class ChosenFiles(forms.ClearableFileInput):
    """A field for one file or several."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One file or several: a list of those that were chosen."""

    widget = ChosenFiles(attrs={"accept": ".json,.ndjson,.jsonl,.gz,.zip,.toml"})

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Each file; ValidationError, naming it, for one that is empty."""
        files = data if isinstance(data, list | tuple) else [data]
        return [super(FilesField, self).clean(file, initial) for file in files or [None]]


class ImportForm(forms.Form):
    """The files of one outside record."""

    record = FilesField(label="One patient's record", allow_empty_file=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["record"].help_text = (
            "FHIR R4 in JSON: a bundle, NDJSON, either also as .gz or .zip, or the several files of one export "
            f"together; or an Unwound case (TOML). At most {importing.limit() // importing.MEGABYTE} MB in all."
        )

    @property
    def chosen(self) -> list[str]:
        """The names of the files that were sent, to be shown where they cannot be read."""
        return [f"{called(file)} ({filesizeformat(file.size or 0)})" for file in self.files.getlist("record")]

    def clean_record(self) -> list[UploadedFile[Any]]:
        """Not more than is read at once, before anything is read."""
        files: list[UploadedFile[Any]] = self.cleaned_data["record"]
        size = sum(file.size or 0 for file in files)
        if len(files) > MOST_FILES:
            raise forms.ValidationError(f"{len(files)} files are more than one export has: at most {MOST_FILES}.")
        if size > importing.limit():
            raise forms.ValidationError(f"{importing.too_large(called(files[0]), size)}.")
        return files

    def read(self) -> list[tuple[str, bytes]]:
        """The files that were chosen, each with its name."""
        return [(called(file), file.read()) for file in self.cleaned_data["record"]]


def called(file: UploadedFile[Any]) -> str:
    """The name of a file as it may be shown and stored."""
    return names.clean(file.name or "")[-importing.NAME_CHARACTERS :] or "file"


class UndoForm(forms.Form):
    """Why an import is undone."""

    reason = forms.CharField(label="Reason", max_length=200)
