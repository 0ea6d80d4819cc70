"""The pages of this wing; each lists its own addresses."""

from unwound_clinic.front.pages import patients, today

urls = [*today.urls, *patients.urls]
