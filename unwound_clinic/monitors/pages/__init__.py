"""The pages of this wing; each lists its own addresses."""

from unwound_clinic.monitors.pages import api, file_import, monitors, unassigned

urls = [*monitors.urls, *unassigned.urls, *api.urls, *file_import.urls]
