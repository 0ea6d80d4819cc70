"""The pages of this wing; each lists its own addresses."""

from unwound_clinic.follow_up.pages import adverse, clinic, door, outcome, own, patient, site

urls = [*own.urls, *patient.urls, *site.urls, *outcome.urls, *clinic.urls, *adverse.urls, *door.urls]
