"""The pages of this wing; each lists its own addresses."""

from unwound_clinic.front.pages import drafts, erasing, merging, patients, timeline, today

urls = [*today.urls, *drafts.urls, *patients.urls, *merging.urls, *timeline.urls, *erasing.urls]
