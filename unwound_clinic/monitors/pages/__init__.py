"""The pages of this wing; each lists its own addresses."""

from unwound_clinic.monitors.pages import api, file_import, knowing, monitors, moves, unassigned

urls = [*monitors.urls, *knowing.urls, *moves.urls, *unassigned.urls, *api.urls, *file_import.urls]
