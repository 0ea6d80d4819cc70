"""The pages of the wing: the files for staff, the public pages, the self-check."""

from unwound_clinic.public.pages import check, clinic, knowledge, reading, search

urls = [*knowledge.urls, *check.urls, *search.urls, *clinic.urls, *reading.urls]
