"""The pages of this wing; each lists its own addresses."""

from unwound_clinic.front.pages import drafts, erasing, merging, patients, today

urls = [*today.urls, *drafts.urls, *patients.urls, *merging.urls, *erasing.urls]
