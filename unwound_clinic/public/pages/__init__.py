"""The pages of the wing: the files for staff, the public pages, the self-check."""

from unwound_clinic.public.pages import check, clinic, knowledge, live, reading, search

urls = [*knowledge.urls, *check.urls, *search.urls, *clinic.urls, *live.urls, *reading.urls]
