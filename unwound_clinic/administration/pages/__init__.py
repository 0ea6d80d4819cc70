"""The pages of this wing; each lists its own addresses."""

from unwound_clinic.administration.pages import audit, checklist, knowledge, people, public_page, reviews, safety, setup

urls = [
    *people.urls, *audit.urls, *setup.urls, *checklist.urls, *knowledge.urls, *reviews.urls, *public_page.urls,
    *safety.urls,
]  # fmt: skip
